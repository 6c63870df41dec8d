import { type Prefix, STAMP } from './line/prefix.ts';

/**
 * What the stamps of a log count: `unix` (-ttt), `time-of-day` (-t, -tt: since midnight of the first day, local time of
 * who traced), `relative` (-r alone: since the first line), or `none`.
 */
export type StampKind = 'unix' | 'time-of-day' | 'relative' | 'none';

const NANOSECONDS = 1_000_000_000;
const DAY_NS = 86_400 * NANOSECONDS;

/** The time that the lines of a log show. */
export class LogClock {
  kind: StampKind = 'none';
  /** Of the line that was read last, counted from `originNs` where stamps are `unix`. NaN without a stamp. */
  stampNs = Number.NaN;
  /**
   * The sum of all -r deltas up to the last line, which the first line begins with 0: a monotonic clock that does not step
   * with the wall clock. NaN without -r.
   */
  elapsedNs = Number.NaN;
  #origin: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  #dayNs = 0;
  #lastOfDayNs = 0;

  constructor(originNs: bigint | undefined) {
    if (originNs === undefined) return;
    this.#origin = {
      seconds: Number(originNs / BigInt(NANOSECONDS)),
      nanoseconds: Number(originNs % BigInt(NANOSECONDS)),
    };
  }

  /** What stamps of kind `unix` count from; undefined before the first. */
  get originNs(): bigint | undefined {
    const origin = this.#origin;
    return origin && BigInt(origin.seconds) * BigInt(NANOSECONDS) + BigInt(origin.nanoseconds);
  }

  /** A line with this prefix was read. */
  read(prefix: Prefix): void {
    if (prefix.stamp === STAMP.none) this.stampNs = Number.NaN;
    else this.#stamped(prefix);
    if (!Number.isNaN(prefix.deltaNs)) this.#relative(prefix);
  }

  /** A line came that long after the one before, whatever else it was. */
  elapse(deltaNs: number): void {
    // The first line's delta is to nothing.
    this.elapsedNs = Number.isNaN(this.elapsedNs) ? 0 : this.elapsedNs + deltaNs;
  }

  #stamped({ stamp, seconds, nanoseconds }: Prefix): void {
    if (stamp === STAMP.unix) {
      this.#origin ??= { seconds, nanoseconds: 0 };
      this.kind = 'unix';
      // Never as nanoseconds since 1970, which a number cannot hold.
      this.stampNs =
        (seconds - this.#origin.seconds) * NANOSECONDS + (nanoseconds - this.#origin.nanoseconds);
      return;
    }
    this.kind = 'time-of-day';
    const ofDay = seconds * NANOSECONDS + nanoseconds;
    // Lines come in order, but for a stepped clock: half a day back is the next day.
    if (ofDay < this.#lastOfDayNs - DAY_NS / 2) this.#dayNs += DAY_NS;
    else if (ofDay > this.#lastOfDayNs + DAY_NS / 2 && this.#dayNs > 0) this.#dayNs -= DAY_NS;
    this.#lastOfDayNs = ofDay;
    this.stampNs = this.#dayNs + ofDay;
  }

  #relative({ stamp, deltaNs }: Prefix): void {
    this.elapse(deltaNs);
    if (stamp !== STAMP.none) return;
    this.kind = 'relative';
    this.stampNs = this.elapsedNs;
  }
}
