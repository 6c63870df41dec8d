/** Columns that every row begins with. */
export const DURATION = 0;
export const START = 1;

const FIRST_ROOM = 1024;

/** Is told of rows that are given up: a view of the row, valid during the call. */
export type GivesUp = (row: Float64Array) => void;

/**
 * Rows of numbers in little memory. When there are too many, the longer half stays: what took long is what somebody will
 * look for. Which rows stay depends on nothing but the rows.
 */
export class KeptRows {
  readonly width: number;
  length = 0;
  #data: Float64Array;
  readonly #most: number;
  readonly #givesUp: GivesUp;
  /** Rows of at most this duration are no longer taken. */
  #tooShort = -1;

  constructor(width: number, most: number, givesUp: GivesUp) {
    this.width = width;
    this.#most = Math.max(2, most);
    this.#givesUp = givesUp;
    this.#data = new Float64Array(width * FIRST_ROOM);
  }

  /** The duration from which on all rows are there; 0: none was given up. */
  get completeFrom(): number {
    return this.#tooShort < 0 ? 0 : this.#tooShort + 1;
  }

  add(row: readonly number[]): void {
    if (row[DURATION]! <= this.#tooShort) {
      this.#givesUp(Float64Array.from(row));
      return;
    }
    if (this.length === this.#most) this.#halve();
    if ((this.length + 1) * this.width > this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.set(row, this.length * this.width);
    this.length += 1;
  }

  at(row: number, column: number): number {
    return this.#data[row * this.width + column]!;
  }

  /** Row numbers by the values of that column, the smallest first, and of each value by START. */
  grouped(column: number): Uint32Array {
    const counts = new Map<number, number>();
    for (let row = 0; row < this.length; row++) {
      const value = this.at(row, column);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const begins = new Map<number, number>();
    let begin = 0;
    for (const [value, count] of [...counts].sort(([a], [b]) => a - b)) {
      begins.set(value, begin);
      begin += count;
    }
    const next = new Map(begins);
    const order = new Uint32Array(this.length);
    for (let row = 0; row < this.length; row++) {
      const at = next.get(this.at(row, column))!;
      order[at] = row;
      next.set(this.at(row, column), at + 1);
    }
    // Rows of a thread come nearly always in order.
    for (const [value, from] of begins) this.#sortByStart(order.subarray(from, next.get(value)));
    return order;
  }

  #sortByStart(rows: Uint32Array): void {
    for (let at = 1; at < rows.length; at++)
      if (this.at(rows[at - 1]!, START) > this.at(rows[at]!, START)) {
        rows.sort((a, b) => this.at(a, START) - this.at(b, START) || a - b);
        return;
      }
  }

  #halve(): void {
    const durations = Float64Array.from({ length: this.length }, (_, row) => this.at(row, DURATION)).sort();
    const median = durations[Math.floor(this.length / 2)]!;
    // Where half of all are equally long and none is longer, the first of them have to do.
    const someAreLonger = durations[this.length - 1]! > median;
    this.#tooShort = someAreLonger ? median : this.#tooShort;
    const room = Math.floor(this.#most / 2);
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      const view = this.#data.subarray(row * this.width, (row + 1) * this.width);
      if (someAreLonger ? view[DURATION]! > median : kept < room) {
        this.#data.set(view, kept * this.width);
        kept += 1;
      } else this.#givesUp(view);
    }
    this.length = kept;
  }
}
