/** Of a longer line the middle is left out: the beginning and the end tell what call it was and how it ended. */
export const LONGEST_LINE = 1024 * 1024;
const KEPT_OF_END = 64 * 1024;
const KEPT_OF_START = LONGEST_LINE - KEPT_OF_END;
/** What is kept of a line whose end has not come. */
const ROOM = LONGEST_LINE + KEPT_OF_END;

const NEWLINE = 10;

/** Takes lines, each with its newline. Their bytes hold until it returns. */
export interface LineSink {
  lines(bytes: Buffer, from: number, to: number): void;
  /** A single line that was longer than `LONGEST_LINE`, without its middle. */
  cutLine(bytes: Buffer): void;
}

/** Puts lines together out of pieces of a file that begin and end anywhere. */
export class WholeLines {
  readonly #sink: LineSink;
  /** The beginning of a line whose end has not come yet: `#length` bytes, and `#lost` that are left out behind its start. */
  #kept: Buffer = Buffer.alloc(0);
  #length = 0;
  #lost = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes. They are not kept. */
  feed(bytes: Buffer): void {
    let from = 0;
    if (this.#length > 0) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) {
        this.#keep(bytes, 0, bytes.length);
        return;
      }
      this.#keep(bytes, 0, newline + 1);
      this.#complete();
      from = newline + 1;
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last >= from) this.#sink.lines(bytes, from, last + 1);
    const rest = Math.max(last + 1, from);
    if (rest < bytes.length) this.#keep(bytes, rest, bytes.length);
  }

  /**
   * No more bytes come: the last line may lack its newline, which is added. `look` may see it before the sink gets it,
   * and whether its middle was left out.
   */
  end(look: (bytes: Buffer, cut: boolean) => void): void {
    if (this.#length === 0) return;
    this.#keep(Buffer.from('\n'), 0, 1);
    look(this.#kept, this.#lost > 0);
    this.#complete();
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#length === ROOM) {
        // The last bytes so far move to where the last bytes stand.
        this.#kept.copy(this.#kept, KEPT_OF_START, ROOM - KEPT_OF_END, ROOM);
        this.#length = LONGEST_LINE;
        this.#lost += KEPT_OF_END;
      }
      const count = Math.min(to - at, ROOM - this.#length);
      this.#reserve(this.#length + count);
      bytes.copy(this.#kept, this.#length, at, at + count);
      this.#length += count;
      at += count;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#kept.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(ROOM, Math.max(4096, length * 2)));
    this.#kept.copy(grown, 0, 0, this.#length);
    this.#kept = grown;
  }

  #complete(): void {
    const length = this.#length;
    const lost = this.#lost;
    this.#length = 0;
    this.#lost = 0;
    if (lost === 0) {
      this.#sink.lines(this.#kept, 0, length);
      return;
    }
    this.#kept.copy(this.#kept, KEPT_OF_START, length - KEPT_OF_END, length);
    this.#sink.cutLine(this.#kept.subarray(0, Math.min(length, LONGEST_LINE)));
  }
}

/** A line that is too long, without its middle. */
export function withoutMiddle(bytes: Buffer, from: number, to: number): Buffer {
  const kept = Buffer.allocUnsafe(LONGEST_LINE);
  bytes.copy(kept, 0, from, from + KEPT_OF_START);
  bytes.copy(kept, KEPT_OF_START, to - KEPT_OF_END, to);
  return kept;
}
