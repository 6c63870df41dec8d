import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../../perf/byte-source.ts';

/** A file as a byte source, read when asked. Throws what open(2) and read(2) do. */
export function openFileBytes(path: string): ByteSource & { close(): void } {
  const descriptor = openSync(path, 'r');
  return {
    size: fstatSync(descriptor).size,
    read(position, target) {
      let filled = 0;
      while (filled < target.length) {
        const got = readSync(descriptor, target, filled, target.length - filled, position + filled);
        if (got === 0) break;
        filled += got;
      }
      return filled;
    },
    close: () => closeSync(descriptor),
  };
}
