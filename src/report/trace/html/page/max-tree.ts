/** Finds the place of the largest of neighbouring numbers in logarithmic time: a tree of winners. */
export class MaxTree {
  readonly #values: Float64Array;
  readonly #tree: Int32Array;
  readonly #leaves: number;

  constructor(values: Float64Array) {
    this.#values = values;
    this.#leaves = values.length;
    this.#tree = new Int32Array(2 * values.length);
    for (let at = 0; at < this.#leaves; at++) this.#tree[this.#leaves + at] = at;
    for (let at = this.#leaves - 1; at > 0; at--)
      this.#tree[at] = this.#better(this.#tree[2 * at]!, this.#tree[2 * at + 1]!);
  }

  /** The place of the largest in [from, to), the first of equals; -1 of an empty range. */
  largest(from: number, to: number): number {
    let best = -1;
    let low = from + this.#leaves;
    let high = to + this.#leaves;
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) best = this.#better(best, this.#tree[low++]!);
      if (high & 1) best = this.#better(best, this.#tree[--high]!);
    }
    return best;
  }

  #better(a: number, b: number): number {
    if (a < 0) return b;
    const difference = this.#values[a]! - this.#values[b]!;
    return difference > 0 || (difference === 0 && a < b) ? a : b;
  }
}
