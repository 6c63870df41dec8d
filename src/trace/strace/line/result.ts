import type { CallResult } from '../result.ts';
import {
  CLOSE,
  COLON,
  DASH,
  DOT,
  isText,
  LESS,
  LOWER_A,
  LOWER_G,
  MORE,
  NAME,
  NEWLINE,
  OPEN,
  QUOTE,
  SPACE,
  ZERO,
} from './characters.ts';
import type { Digits } from './digits.ts';
import { skipAngle } from './skip.ts';
import type { Texts } from './texts.ts';
import type { Words } from './words.ts';

/** Longer numbers lose their last bits, and must not lose more on the way. */
const MOST_DIGITS = 15;

/** How the call of a line ended: the same fields for each line, as lines are many. */
export class LineResult implements CallResult {
  value = Number.NaN;
  errno: string | undefined = undefined;
  text: string | undefined = undefined;
  durationNs = Number.NaN;
  lost: boolean = false;
  readonly #words: Words;
  readonly #texts: Texts;
  readonly #digits: Digits;

  constructor(words: Words, texts: Texts, digits: Digits) {
    this.#words = words;
    this.#texts = texts;
    this.#digits = digits;
  }

  /** Nothing is known: the call did not end. */
  clear(): void {
    this.value = Number.NaN;
    this.errno = undefined;
    this.text = undefined;
    this.durationNs = Number.NaN;
    this.lost = false;
  }

  set(result: CallResult): void {
    this.value = result.value;
    this.errno = result.errno;
    this.text = result.text;
    this.durationNs = result.durationNs;
    this.lost = result.lost;
  }

  /**
   * Reads from behind `= ` a plain number, also with what -y shows of it, an errno, words in parentheses or a duration.
   * Where it ends, which is a newline, or -1 for anything else, which is left to `parseResult`.
   */
  read(bytes: Buffer, from: number): number {
    let at = this.#number(bytes, from);
    if (at < 0) return -1;
    this.errno = undefined;
    this.text = undefined;
    this.durationNs = Number.NaN;
    this.lost = false;
    let code = bytes[at]!;
    if (code === LESS) {
      at = this.#shown(bytes, at, from);
      if (at < 0) return -1;
      code = bytes[at]!;
    }
    if (code === SPACE && bytes[at + 1] !== LESS) {
      at = this.#worded(bytes, at + 1);
      if (at < 0) return -1;
      code = bytes[at]!;
    }
    if (code === SPACE && bytes[at + 1] === LESS) {
      const start = at + 2;
      at = start;
      let seconds = 0;
      for (code = bytes[at]!; code >= ZERO && code < COLON; code = bytes[++at]!) {
        seconds = seconds * 10 + code - ZERO;
      }
      if (at === start || at - start > 9) return -1;
      this.#digits.fractionNs = 0;
      if (code === DOT) at = this.#digits.fraction(bytes, at + 1);
      if (at < 0 || bytes[at] !== MORE) return -1;
      this.durationNs = seconds * 1e9 + this.#digits.fractionNs;
      code = bytes[++at]!;
    }
    return code === NEWLINE ? at : -1;
  }

  /** The number: `0`, `-1`, `3`, `0x7f12`, `022`. */
  #number(bytes: Buffer, from: number): number {
    let at = from;
    let code = bytes[at]!;
    while (code === SPACE) code = bytes[++at]!;
    const negative = code === DASH;
    if (negative) code = bytes[++at]!;
    const digits = at;
    if (code === ZERO && bytes[at + 1] === 120 /* x */) {
      at = this.#hexadecimal(bytes, at + 2);
    } else {
      let value = 0;
      // umask tells its old mask in octal.
      const base = code === ZERO ? 8 : 10;
      const end = ZERO + base;
      for (; code >= ZERO && code < end; code = bytes[++at]!) value = value * base + code - ZERO;
      this.value = value;
    }
    if (at === digits || at - digits > MOST_DIGITS) return -1;
    if (negative) this.value = -this.value;
    return at;
  }

  #hexadecimal(bytes: Buffer, from: number): number {
    let at = from;
    let value = 0;
    for (; ; at++) {
      const code = bytes[at]!;
      if (code >= ZERO && code < COLON) value = value * 16 + code - ZERO;
      else if (code >= LOWER_A && code < LOWER_G) value = value * 16 + code - LOWER_A + 10;
      else break;
    }
    this.value = value;
    return at === from ? -1 : at;
  }

  /** `</etc/passwd>(deleted)` */
  #shown(bytes: Buffer, from: number, start: number): number {
    let at = skipAngle(bytes, from, start);
    if (at < 0) return -1;
    if (bytes[at] === OPEN && isText(bytes, at, '(deleted)')) at += 9;
    this.text = this.#texts.of(bytes, from, at);
    return at;
  }

  /** `EAGAIN (Resource temporarily unavailable)`, `(Timeout)` */
  #worded(bytes: Buffer, errno: number): number {
    let at = errno;
    let code = bytes[at]!;
    let hash = 0;
    for (; NAME[code] === 1; code = bytes[++at]!) hash = (Math.imul(hash, 31) + code) | 0;
    const errnoTo = at;
    if (at > errno) {
      if (bytes[errno] !== 69 /* E */ || code !== SPACE) return -1;
      code = bytes[++at]!;
    }
    if (code !== OPEN || this.text !== undefined) return -1;
    const text = at + 1;
    at = text;
    let textHash = 0;
    for (code = bytes[at]!; code !== CLOSE; code = bytes[++at]!) {
      if (code === NEWLINE || code === OPEN || code === QUOTE) return -1;
      textHash = (Math.imul(textHash, 31) + code) | 0;
    }
    if (errnoTo > errno) {
      this.errno = this.#words.hashed(bytes, errno, errnoTo, hash).text;
      this.text = this.#words.hashed(bytes, text, at, textHash).text;
    } else {
      this.text = this.#texts.of(bytes, text, at);
    }
    return at + 1;
  }
}
