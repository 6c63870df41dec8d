import type { Ns } from '../event.ts';

/** How a number moved over the run. */
export interface TrendSummary {
  readonly start: number;
  readonly min: number;
  readonly max: number;
  readonly end: number;
  /** Slope of the lows, per second: what is made and unmade again does not raise them. */
  readonly perSecond: number;
  /** The low of each quarter. */
  readonly lows: readonly [number, number, number, number];
  /**
   * `rising`: each quarter's low above the one before, to the end. `plateau`: risen, and no more in the last half.
   * `steady`: comes back to where it was. `falling`.
   */
  readonly shape: 'rising' | 'plateau' | 'steady' | 'falling';
}

/** Even, so that pairs can be merged. */
const BUCKETS = 64;
const FIRST_WIDTH_NS = 1_000_000;
/** Of the time, as one part of so many. */
const LAST_BIT = 16;

/** A number that changes at moments, in memory that does not grow: lows of at most 64 equal spans, which widen with the run. */
export class Trend {
  readonly #fromNs: Ns;
  readonly start: number;
  #value: number;
  #min: number;
  #max: number;
  #width = FIRST_WIDTH_NS;
  #lows: number[];

  constructor(fromNs: Ns, value: number) {
    this.#fromNs = fromNs;
    this.start = value;
    this.#value = value;
    this.#min = value;
    this.#max = value;
    this.#lows = [value];
  }

  get value(): number {
    return this.#value;
  }

  /** Moments may come slightly out of order. */
  set(atNs: Ns, value: number): void {
    this.#reach(atNs);
    this.#value = value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const last = this.#lows.length - 1;
    if (value < (this.#lows[last] ?? value)) this.#lows[last] = value;
  }

  /** Ends at `atNs`. */
  summary(atNs: Ns): TrendSummary {
    this.#reach(atNs);
    return this.#summary(this.#lows, this.#value);
  }

  /** The same of one that takes itself apart at its end, as programs do: without the last bit of its time. */
  summaryBeforeEnd(atNs: Ns): TrendSummary {
    this.#reach(atNs);
    const lows = this.#lows.slice(
      0,
      Math.max(1, this.#lows.length - Math.ceil(this.#lows.length / LAST_BIT)),
    );
    return this.#summary(lows, lows.at(-1) ?? this.#value);
  }

  #summary(lows: readonly number[], end: number): TrendSummary {
    const quarters = quartersOf(lows);
    return {
      start: this.start,
      min: this.#min,
      max: this.#max,
      end,
      perSecond: slope(lows, this.#width),
      lows: quarters,
      shape: shapeOf(quarters, this.start, end),
    };
  }

  /** Spans without a change keep the value. */
  #reach(atNs: Ns): void {
    let index = Math.floor((atNs - this.#fromNs) / this.#width);
    while (index >= BUCKETS) {
      this.#lows = this.#lows.flatMap((low, i, all) =>
        i % 2 === 0 ? [Math.min(low, all[i + 1] ?? low)] : [],
      );
      this.#width *= 2;
      index = Math.floor((atNs - this.#fromNs) / this.#width);
    }
    while (this.#lows.length <= index) this.#lows.push(this.#value);
  }
}

function quartersOf(lows: readonly number[]): [number, number, number, number] {
  const low = (quarter: number) => {
    const from = Math.floor((quarter * lows.length) / 4);
    const to = Math.max(from + 1, Math.floor(((quarter + 1) * lows.length) / 4));
    return Math.min(...lows.slice(from, to));
  };
  return [low(0), low(1), low(2), low(3)];
}

function shapeOf([a, b, c, d]: readonly number[], start: number, end: number): TrendSummary['shape'] {
  if (a === undefined || b === undefined || c === undefined || d === undefined) return 'steady';
  if (a < b && b < c && c < d) return 'rising';
  if (d > a && end >= d) return 'plateau';
  return end < start && d < a ? 'falling' : 'steady';
}

/** Least squares. */
function slope(values: readonly number[], widthNs: number): number {
  const n = values.length;
  if (n < 2) return 0;
  const middle = (n - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let over = 0;
  let under = 0;
  for (const [i, value] of values.entries()) {
    over += (i - middle) * (value - mean);
    under += (i - middle) ** 2;
  }
  return Math.round((over / under / (widthNs / 1e9)) * 1000) / 1000;
}
