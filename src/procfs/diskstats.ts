import { decimal, lines, words } from './text.ts';

/** A line of /proc/diskstats, Documentation/admin-guide/iostats.rst. Counted since boot but for `inflight`. */
export interface DiskStat {
  readonly major: number;
  readonly minor: number;
  readonly name: string;
  readonly readsCompleted: number;
  readonly writesCompleted: number;
  /** Requests under way now. */
  readonly inflight: number;
  /** Milliseconds with at least one request under way. */
  readonly busyMs: number;
}

/** Lines that do not parse are left out. */
export function parseDiskstats(text: string): DiskStat[] {
  const disks: DiskStat[] = [];
  for (const line of lines(text)) {
    const parts = words(line);
    const name = parts[2];
    const field = (n: number) => decimal(parts[n - 1]);
    const [major, minor, readsCompleted, writesCompleted] = [field(1), field(2), field(4), field(8)];
    const [inflight, busyMs] = [field(12), field(13)];
    if (name === undefined || major === undefined || minor === undefined) continue;
    if (readsCompleted === undefined || writesCompleted === undefined) continue;
    if (inflight === undefined || busyMs === undefined) continue;
    disks.push({ major, minor, name, readsCompleted, writesCompleted, inflight, busyMs });
  }
  return disks;
}
