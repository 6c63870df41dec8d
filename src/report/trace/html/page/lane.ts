import { MaxTree } from './max-tree.ts';

/** Slices of one thread in the order of their begins, as places [first, first + count) of columns that all threads share. */
export class Lane {
  readonly first: number;
  readonly count: number;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #longest: MaxTree;

  constructor(start: Float64Array, end: Float64Array, first: number, count: number) {
    this.first = first;
    this.count = count;
    this.#start = start.subarray(first, first + count);
    // Ends have to be in order for the search: of slices that overlap (which a thread's do not), the latest end counts.
    this.#end = end.slice(first, first + count);
    const durations = new Float64Array(count);
    let latest = -Infinity;
    for (let at = 0; at < count; at++) {
      durations[at] = this.#end[at]! - this.#start[at]!;
      latest = Math.max(latest, this.#end[at]!);
      this.#end[at] = latest;
    }
    this.#longest = new MaxTree(durations);
  }

  /** The first place whose slice ends after that time; the end of the lane when none does. */
  endingAfter(time: number): number {
    return this.first + firstAbove(this.#end, time);
  }

  /** The first place whose slice begins at that time or later. */
  beginningFrom(time: number): number {
    return this.first + firstFrom(this.#start, time);
  }

  /** The longest slice in places [from, to); -1: there is none. */
  longest(from: number, to: number): number {
    const place = this.#longest.largest(from - this.first, to - this.first);
    return place < 0 ? -1 : place + this.first;
  }

  /** The slice around that moment; -1: none. */
  around(time: number): number {
    const place = this.endingAfter(time);
    const local = place - this.first;
    return local < this.count && this.#start[local]! <= time ? place : -1;
  }

  get end(): number {
    return this.first + this.count;
  }
}

/** The first place in an ascending list that holds more than `value`. */
function firstAbove(list: Float64Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first place in an ascending list that holds `value` or more. */
function firstFrom(list: Float64Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
