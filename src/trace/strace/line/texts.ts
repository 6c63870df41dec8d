import { latin1 } from './words.ts';

/** Some lines, and no more than may be kept for one of them. */
const BLOCK = 1024;

/**
 * Bytes as texts. They are made of some lines at once and shared out, since to make one costs more per piece than per
 * byte: a piece that is kept keeps a block of `BLOCK`.
 */
export class Texts {
  /** Where the line begins that is read now: what is in front of a piece on its line is often wanted next. */
  lineFrom = 0;
  #block = '';
  #of: Buffer | undefined;
  #from = 0;
  #to = 0;

  /** The next pieces are of these bytes, which do not change meanwhile. */
  over(bytes: Buffer): void {
    this.#of = bytes;
    this.#to = 0;
  }

  of(bytes: Buffer, from: number, to: number): string {
    if (bytes === this.#of && to - from < BLOCK / 4) {
      if (from < this.#from || to > this.#to) this.#next(bytes, from);
      return this.#block.substring(from - this.#from, to - this.#from);
    }
    return latin1(bytes, from, to);
  }

  #next(bytes: Buffer, from: number): void {
    this.#from = from - this.lineFrom < BLOCK / 2 ? this.lineFrom : from;
    this.#to = Math.min(this.#from + BLOCK, bytes.length);
    this.#block = latin1(bytes, this.#from, this.#to);
  }
}
