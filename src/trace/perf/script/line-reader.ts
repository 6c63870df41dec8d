import type { ByteSource } from '../byte-source.ts';

const CHUNK_BYTES = 1 << 20;

/** A longer line is none of perf's; it is given in pieces, so that memory stays bounded. */
const LONGEST_LINE = 1 << 16;

/** Lines of a text of any size, as latin1: one character a byte. */
export class LineReader {
  readonly #source: ByteSource;
  readonly #bytes = Buffer.alloc(CHUNK_BYTES);
  #position = 0;
  #chunk = '';
  #at = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next line, without its end; undefined when there are no more. It is a slice of a large string: copy to keep it. */
  next(): string | undefined {
    let end = this.#chunk.indexOf('\n', this.#at);
    if (end < 0) {
      this.#refill();
      end = this.#chunk.indexOf('\n', this.#at);
      if (end < 0) {
        if (this.#at >= this.#chunk.length) return undefined;
        end = this.#chunk.length;
      }
    }
    const start = this.#at;
    if (end - start > LONGEST_LINE) {
      this.#at = start + LONGEST_LINE;
      return this.#chunk.slice(start, this.#at);
    }
    this.#at = end + 1;
    const last = end > start && this.#chunk.charCodeAt(end - 1) === 13 ? end - 1 : end;
    return this.#chunk.slice(start, last);
  }

  /** Puts more text behind what is left of it, if there is not a line's worth already. */
  #refill(): void {
    const left = this.#chunk.slice(this.#at);
    if (left.length > LONGEST_LINE) return;
    const got = this.#source.read(this.#position, this.#bytes);
    this.#position += got;
    this.#chunk = left + this.#bytes.toString('latin1', 0, got);
    this.#at = 0;
  }
}
