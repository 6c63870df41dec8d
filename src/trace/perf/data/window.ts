import type { ByteSource } from '../byte-source.ts';

/** A record has at most 64 kB, so that any of them lies whole in one window. */
const WINDOW_BYTES = 1 << 18;

/** A part of a file in memory, moved along as its records are read. */
export class Window {
  readonly #bytes = new Uint8Array(WINDOW_BYTES);
  readonly view = new DataView(this.#bytes.buffer);
  #base = 0;
  #length = 0;

  /** Forgets what it holds: it is going to be used for another part. */
  clear(): void {
    this.#length = 0;
  }

  /** Where in `view` the `need` bytes at `position` are; -1 when `end`, or the file's, comes before. */
  locate(source: ByteSource, position: number, need: number, end: number): number {
    const at = position - this.#base;
    if (at >= 0 && at + need <= this.#length) return at;
    this.#base = position;
    const room = Math.max(0, Math.min(WINDOW_BYTES, end - position));
    this.#length = source.read(position, this.#bytes.subarray(0, room));
    return need <= this.#length ? 0 : -1;
  }
}
