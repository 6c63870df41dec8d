import { writeAll } from '../term/write.ts';

/** Where nobody watches, a line in so many seconds. */
const LINE_EVERY_MS = 10_000;

/** One line on stderr that says how far a long run is: renewed in place on a terminal, else told now and then. */
export class Progress {
  readonly #inPlace: boolean;
  #shown: boolean = false;
  #last = 0;

  /** `isTerminal`: of stderr. */
  constructor(isTerminal: boolean) {
    this.#inPlace = isTerminal;
  }

  show(text: string, nowMs: number): void {
    if (this.#inPlace) {
      writeAll(2, `\r\u001b[K${text}`);
      this.#shown = true;
    } else if (nowMs - this.#last >= LINE_EVERY_MS) {
      this.#last = nowMs;
      writeAll(2, `procdiag: ${text}\n`);
    }
  }

  /** Takes the line away, for what is told next. */
  end(): void {
    if (this.#shown) writeAll(2, '\r\u001b[K');
    this.#shown = false;
  }
}
