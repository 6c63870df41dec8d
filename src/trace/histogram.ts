/** Steps a doubling of the value is parted into: a quantile is off by less than 3 %. */
const STEPS = 32;
const OCTAVES = 64;

/**
 * A distribution of durations in bounded memory: counts by size, each class about 2 % wide. Smallest, largest, sum and
 * count are exact.
 */
export class Histogram {
  readonly #counts = new Float64Array(STEPS * OCTAVES);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Values below 1 (also negative ones) share the lowest class. */
  add(value: number): void {
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const index = value < 1 ? 0 : Math.floor(Math.log2(value) * STEPS) + 1;
    this.#counts[Math.min(index, STEPS * OCTAVES - 1)]!++;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** 0 when empty. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  /** 0 when empty. */
  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }

  /** The value that a `share` (0 to 1) of all values does not exceed; 0 when empty. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index]!;
      if (seen >= wanted) {
        const upper = index === 0 ? 1 : 2 ** (index / STEPS);
        return Math.min(Math.max(upper, this.#min), this.#max);
      }
    }
    return this.max;
  }
}
