import { readFileSync } from 'node:fs';

/** What programs/truth.c has written of itself. */
export interface Entry {
  readonly what: string;
  readonly tid: number;
  readonly number: number;
  readonly before: bigint;
  readonly after: bigint;
}

export function entriesIn(log: string): Entry[] {
  return readFileSync(log, 'latin1')
    .trim()
    .split('\n')
    .map((line) => {
      const [what = '', tid, number, before, after] = line.split(' ');
      return {
        what,
        tid: Number(tid),
        number: Number(number),
        before: BigInt(before!),
        after: BigInt(after!),
      };
    });
}
