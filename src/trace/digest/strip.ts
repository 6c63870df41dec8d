import type { Ns, ThreadState } from '../event.ts';

/** What a piece of a time line shows: of strace alone also that a thread was in a call, running or not. */
export type StripState = ThreadState | 'in-call';

const STATES: readonly StripState[] = ['running', 'runnable', 'blocked', 'stopped', 'ptrace', 'in-call'];
const BUCKETS = 256;

/** One thread's time line in a fixed number of buckets, however long the trace gets: when it is full, pairs are joined. */
export class Strip {
  #bucketNs = 1_000_000;
  readonly #times: readonly Float64Array[] = STATES.map(() => new Float64Array(BUCKETS));

  add(state: StripState, from: Ns, durationNs: number): void {
    if (!(durationNs > 0)) return;
    const start = Math.max(0, from);
    const to = from + durationNs;
    while (to > this.#bucketNs * BUCKETS) this.#double();
    const times = this.#times[STATES.indexOf(state)]!;
    for (let at = start; at < to; ) {
      const bucket = Math.min(BUCKETS - 1, Math.floor(at / this.#bucketNs));
      const end = Math.min(to, (bucket + 1) * this.#bucketNs);
      times[bucket]! += end - at;
      if (end <= at) break;
      at = end;
    }
  }

  /** The state that filled most of each of `columns` equal parts of [from, to]; undefined where nothing is known. */
  columns(columns: number, from: Ns, to: Ns): (StripState | undefined)[] {
    return Array.from({ length: columns }, (_, column) => {
      const start = from + ((to - from) * column) / columns;
      const end = from + ((to - from) * (column + 1)) / columns;
      return this.#most(start, end);
    });
  }

  #most(start: Ns, end: Ns): StripState | undefined {
    let best: StripState | undefined;
    let most = 0;
    for (const [index, state] of STATES.entries()) {
      let sum = 0;
      const first = Math.max(0, Math.floor(start / this.#bucketNs));
      for (let bucket = first; bucket < BUCKETS && bucket * this.#bucketNs < end; bucket++) {
        const from = bucket * this.#bucketNs;
        const share = (Math.min(end, from + this.#bucketNs) - Math.max(start, from)) / this.#bucketNs;
        if (share > 0) sum += this.#times[index]![bucket]! * share;
      }
      if (sum > most) {
        most = sum;
        best = state;
      }
    }
    return best;
  }

  #double(): void {
    for (const times of this.#times) {
      for (let bucket = 0; bucket < BUCKETS / 2; bucket++)
        times[bucket] = times[bucket * 2]! + times[bucket * 2 + 1]!;
      times.fill(0, BUCKETS / 2);
    }
    this.#bucketNs *= 2;
  }
}
