import type { Ns } from '../../event.ts';
import type { LineTimes } from '../strace-times.ts';

/** What is to be taken from a moment on the clock of a log to have the same moment on the clock of perf. */
export interface Shift {
  at(raw: number): number;
}

/** The same all the time. */
export function constantShift(nanoseconds: number): Shift {
  return { at: () => nanoseconds };
}

/** A moment on the clock of the log, and the shift there. */
export interface Knot {
  readonly raw: number;
  readonly shift: number;
}

/** For clocks that drift apart: straight lines between knots, the first and the last one beyond them. */
export class DriftingShift implements Shift {
  readonly #knots: readonly Knot[];
  /** The knot before the moment asked for last: the next one is most often near. */
  #near = 0;

  /** `knots`: at least one, in the order of their moments. */
  constructor(knots: readonly Knot[]) {
    this.#knots = knots;
  }

  at(raw: number): number {
    const knots = this.#knots;
    let near = this.#near;
    while (near > 0 && knots[near]!.raw > raw) near--;
    while (near + 1 < knots.length && knots[near + 1]!.raw <= raw) near++;
    this.#near = near;
    const before = knots[near]!;
    const after = knots[near + 1];
    if (after === undefined || raw <= before.raw) return before.shift;
    return before.shift + ((raw - before.raw) / (after.raw - before.raw)) * (after.shift - before.shift);
  }
}

/** Times of a log that is not on the clock of the trace. */
export class ShiftedTimes implements LineTimes {
  readonly #own: LineTimes;
  readonly #shift: Shift;

  constructor(own: LineTimes, shift: Shift) {
    this.#own = own;
    this.#shift = shift;
  }

  seen(stampNs: number, elapsedNs: number): void {
    this.#own.seen(stampNs, elapsedNs);
  }

  at(stampNs: number, elapsedNs: number): Ns {
    const raw = this.#own.at(stampNs, elapsedNs);
    return raw - this.#shift.at(raw);
  }
}

/** Stamps alone, whatever else the lines tell. */
export class StampTimes implements LineTimes {
  seen(): void {
    // Each stamp stands for itself.
  }

  at(stampNs: number): Ns {
    return stampNs;
  }
}

/** Half of what is cut off when a difference is printed in microseconds. */
const CUT_NS = 500;

/**
 * -r alone: time since the first line. Where the differences are printed in microseconds each is cut, by half a microsecond
 * on average, which adds up over the lines.
 */
export class RelativeTimes implements LineTimes {
  readonly #cutNs: number;
  #line = -1;

  constructor(inMicroseconds: boolean) {
    this.#cutNs = inMicroseconds ? CUT_NS : 0;
  }

  seen(): void {
    // Each line stands for itself.
  }

  at(_stampNs: number, elapsedNs: number): Ns {
    this.#line++;
    return elapsedNs + this.#line * this.#cutNs;
  }
}
