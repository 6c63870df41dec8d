import type { Ns } from '../event.ts';

/** Brings the stamps of a log to the clock of the trace. */
export interface LineTimes {
  /** To be told of each stamped line as it is read. Either may be NaN: the log does not have it. */
  seen(stampNs: number, elapsedNs: number): void;
  /** Asked once for each of these lines, in their order. NaN where the line has no time at all. */
  at(stampNs: number, elapsedNs: number): Ns;
}

/** Lines whose two clocks are compared to find where the relative one begins. */
const BASE_LINES = 63;

/**
 * Brings strace's stamps to the trace's clock. Where the log has both wall-clock stamps and `-r` (CLOCK_MONOTONIC
 * differences, exact to the nanosecond), time is the sum of the differences, which no step of the wall clock moves; the
 * stamps only tell where it begins. The first line's difference is read late (a cold libc), so the median over the first
 * lines counts.
 */
export class StraceTimes implements LineTimes {
  readonly #offset: number;
  #bases: number[] = [];
  #base: number | undefined;

  /** `offset`: what to take from a stamp (Ns of the reader) to have Ns of the trace; 0 for a log alone. */
  constructor(offset: number) {
    this.#offset = offset;
  }

  seen(stampNs: number, elapsedNs: number): void {
    if (this.#base !== undefined || this.#bases.length >= BASE_LINES) return;
    const base = stampNs - this.#offset - elapsedNs;
    if (!Number.isNaN(base)) this.#bases.push(base);
  }

  at(stampNs: number, elapsedNs: number): Ns {
    if (Number.isNaN(elapsedNs)) return stampNs - this.#offset;
    if (this.#base === undefined) {
      const sorted = this.#bases.toSorted((a, b) => a - b);
      // A log with -r alone begins at 0.
      this.#base = sorted[sorted.length >> 1] ?? 0;
      this.#bases = [];
    }
    return this.#base + elapsedNs;
  }
}
