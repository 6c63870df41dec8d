import { type Calls, ThreadCalls } from '../../../../src/trace/correlate/offset/calls.ts';
import type { OffsetQuestion } from '../../../../src/trace/correlate/offset/find.ts';

/** Pseudo-random numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Program {
  /** Which call comes nth. */
  readonly key: (nth: number, chance: number) => number;
  readonly calls: number;
  readonly threads?: number;
}

export interface Seen {
  /** What the log's clock shows for a moment of perf's. */
  readonly clock: (at: number) => number;
  /** Share of its calls that a recording does not have. */
  readonly lost?: { readonly strace?: number; readonly perf?: number };
  /** Part of the program that each saw, by the number of the call. */
  readonly strace?: readonly [from: number, to: number];
  readonly perf?: readonly [from: number, to: number];
}

/** What strace and perf would have seen of a program. Of a real one, strace writes 13 to 36 μs before the call begins. */
export function seen(program: Program, how: Seen, seed = 1): OffsetQuestion {
  const chance = random(seed);
  const strace = new Map<number, ThreadCalls>();
  const perf = new Map<number, ThreadCalls>();
  let last = 0;
  for (let tid = 1; tid <= (program.threads ?? 1); tid++) {
    const ours = new ThreadCalls();
    const theirs = new ThreadCalls();
    let at = 1e6 * chance();
    for (let nth = 0; nth < program.calls; nth++) {
      const key = program.key(nth, chance());
      const stamp = at;
      const begin = stamp + 9000 + 40_000 * chance() ** 3;
      const end = begin + 1000 + (chance() < 0.05 ? 3e6 * chance() : 20_000 * chance());
      at = end + 20_000 + 200_000 * chance() ** 2;
      if (within(nth, how.strace) && !(chance() < (how.lost?.strace ?? 0))) {
        ours.keys.push(key);
        ours.begins.push(how.clock(stamp));
      }
      if (within(nth, how.perf) && !(chance() < (how.lost?.perf ?? 0))) {
        theirs.keys.push(key);
        theirs.begins.push(begin);
        theirs.ends.push(end);
      }
    }
    last = Math.max(last, at);
    strace.set(tid, ours);
    perf.set(tid, theirs);
  }
  return question(strace, perf, last);
}

function question(strace: Calls, perf: Calls, to: number): OffsetQuestion {
  return {
    strace,
    perf,
    straceKeys: new Set([...strace.values()].flatMap(({ keys }) => keys)),
    stamps: 'relative',
    straceOriginNs: 0n,
    perfOriginNs: 0n,
    otherCalls: 0,
    perfSpan: { from: 0, to },
    header: {},
  };
}

function within(nth: number, span: readonly [number, number] | undefined): boolean {
  return span === undefined || (nth >= span[0] && nth < span[1]);
}

/** The clock of a log of `-r` in microseconds: each line is cut, which is made up for by what is cut on average. */
export function cutByLines(shift: number, seed: number): (at: number) => number {
  const chance = random(seed);
  let lost = 0;
  return (at) => {
    lost += 500 - 1000 * chance();
    return at + shift + lost;
  };
}
