import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Left free on the disk: a tenth of it within these bounds. perf writes its buffers when it is stopped (Debian's two CPUs: 48
 * MiB), and an untraced hot thread gives it 200 MB/s.
 */
const DISK_MARGIN = { least: 96e6, most: 512e6 };
/** Held for meta.json on a disk that fills up all the same: without it, the rest could not be read. */
const RESERVE = { name: 'reserve', bytes: 4_000_000 };

/** Too little is left for perf to write its buffers; also when nobody knows. */
export function isDiskShort(directory: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    const margin = Math.max(DISK_MARGIN.least, Math.min(DISK_MARGIN.most, (blocks * bsize) / 10));
    return bavail * bsize < margin;
  } catch {
    return true;
  }
}

/** Keeps room for meta.json, until it is freed. */
export function reserve(directory: string): void {
  writeFileSync(join(directory, RESERVE.name), Buffer.alloc(RESERVE.bytes));
}

export function freeReserve(directory: string): void {
  rmSync(join(directory, RESERVE.name), { force: true });
}
