import type { StraceLog } from '../../src/trace/correlate/strace-cursor.ts';
import type { StraceVisitor } from '../../src/trace/strace/call.ts';
import { StraceReader } from '../../src/trace/strace/reader.ts';

/** A log of strace as text, read by the real reader in pieces of `size` bytes; stamps count from 0 (`0.000001000`). */
export function straceLog(
  lines: readonly string[],
  size = 64 * 1024,
  originNs = 1_000_000_000_000_000_000n,
): StraceLog {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
  let reader: StraceReader | undefined;
  let next = 0;
  return {
    get elapsedNs() {
      return reader?.elapsedNs ?? Number.NaN;
    },
    read(visitor: StraceVisitor) {
      reader ??= new StraceReader(visitor, { originNs });
      if (next >= bytes.length) {
        reader.end();
        return false;
      }
      reader.feed(bytes.subarray(next, next + size));
      next += size;
      return true;
    },
  };
}

/** `12 1000000000.000005000 [ 0] read(3, "x", 1) = 1 <0.000001>`: a line at so many nanoseconds after the origin. */
export function at(tid: number, ns: number, body: string): string {
  return `${tid} ${1_000_000_000 + Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, '0')} ${body}`;
}
