import {
  BRACKET,
  BRACKET_END,
  CLOSE,
  COLON,
  DOT,
  LESS,
  LOWER_A,
  LOWER_G,
  MORE,
  NEWLINE,
  OPEN,
  PLUS,
  QUESTION,
  SPACE,
  ZERO,
} from './characters.ts';
import type { Digits } from './digits.ts';

/** PID_MAX_LIMIT is 2^22; `--absolute-timestamps=format:unix,precision:s` since 1973 has at least `UNIX_DIGITS`. */
const PID_DIGITS = 7;
const UNIX_DIGITS = 9;
const LONGEST_COMM = 256;

/** Which clock the stamp of a line shows. */
export const STAMP = { none: 0, unix: 1, timeOfDay: 2 } as const;

/** What strace writes in front of a record: whose it is, when it was, and what -n, -i and -r add. */
export class Prefix {
  /** 0 without a number. */
  tid = 0;
  /** The name beside the number, if there is one: `commTo` is 0 without. */
  commFrom = 0;
  commTo = 0;
  stamp: number = STAMP.none;
  /** Since 1970, or since midnight. */
  seconds = 0;
  nanoseconds = 0;
  /** -r: since the line before; NaN without. */
  deltaNs = Number.NaN;
  /** -n: the number of the call; -1 without. */
  nr = -1;
  readonly #digits: Digits;

  constructor(digits: Digits) {
    this.#digits = digits;
  }

  /** Reads the prefix of the line that begins at `from`. Where its body begins, or -1 where there is none. */
  read(bytes: Buffer, from: number): number {
    const body = this.#usual(bytes, from);
    return body < 0 ? this.#any(bytes, from) : body;
  }

  /**
   * The prefix that a recording of our own has, `PID<comm> SECONDS.NANOSECONDS (+ SECONDS.NANOSECONDS) [NR] `, of which
   * all but pid and stamp may be missing. The same as `#any`, in half the time. Where the body begins, or -1 for another
   * prefix.
   */
  #usual(bytes: Buffer, from: number): number {
    let at = from;
    let code = bytes[at]!;
    let tid = 0;
    for (; code >= ZERO && code < COLON; code = bytes[++at]!) tid = (tid * 10 + code - ZERO) | 0;
    if (tid === 0 || at - from > PID_DIGITS) return -1;
    this.commTo = 0;
    if (code === LESS) {
      at = this.#comm(bytes, at + 1);
      if (at < 0) return -1;
    }
    if (bytes[at] !== SPACE) return -1;
    while (bytes[at] === SPACE) at++;
    const high = this.#digits.nine(at);
    if (high < 0) return -1;
    const low = bytes[at + 9]! - ZERO;
    if (low < 0 || low > 9 || bytes[at + 10] !== DOT) return -1;
    const nanoseconds = this.#digits.nine(at + 11);
    if (nanoseconds < 0 || bytes[at + 20] !== SPACE) return -1;
    at += 21;
    let deltaNs = Number.NaN;
    if (bytes[at] === OPEN && bytes[at + 1] === PLUS) {
      at += 2;
      while (bytes[at] === SPACE) at++;
      let seconds = 0;
      const first = at;
      for (code = bytes[at]!; code >= ZERO && code < COLON; code = bytes[++at]!) {
        seconds = (seconds * 10 + code - ZERO) | 0;
      }
      if (at === first || at - first > 9 || code !== DOT) return -1;
      const fraction = this.#digits.nine(at + 1);
      if (fraction < 0 || bytes[at + 10] !== CLOSE || bytes[at + 11] !== SPACE) return -1;
      deltaNs = seconds * 1e9 + fraction;
      at += 12;
    }
    this.nr = -1;
    code = bytes[at]!;
    if (code === BRACKET) {
      if (isProcessMessage(bytes, at)) return -1;
      at = this.#bracket(bytes, at + 1);
      if (at < 0 || bytes[at] !== SPACE) return -1;
      code = bytes[++at]!;
    }
    // More of a prefix: not the usual one.
    if (code === SPACE || code === BRACKET || code === OPEN || (code >= ZERO && code < COLON)) return -1;
    this.tid = tid;
    this.stamp = STAMP.unix;
    this.seconds = high * 10 + low;
    this.nanoseconds = nanoseconds;
    this.deltaNs = deltaNs;
    return code === NEWLINE ? -1 : at;
  }

  /** Any prefix: its pieces in the order in which they come. */
  #any(bytes: Buffer, from: number): number {
    this.tid = 0;
    this.commTo = 0;
    this.stamp = STAMP.none;
    this.deltaNs = Number.NaN;
    this.nr = -1;
    let at = from;
    for (;;) {
      let code = bytes[at]!;
      while (code === SPACE) code = bytes[++at]!;
      if (code >= ZERO && code < COLON) {
        at = this.#number(bytes, at);
      } else if (code === BRACKET) {
        if (bytes[at + 1] === 112 /* p */) at = this.#pid(bytes, at + 1);
        else if (isProcessMessage(bytes, at)) return at;
        else at = this.#bracket(bytes, at + 1);
      } else if (code === OPEN && bytes[at + 1] === PLUS) {
        at = this.#delta(bytes, at + 2);
      } else return code === NEWLINE ? -1 : at;
      if (at < 0 || bytes[at] !== SPACE) return -1;
      at++;
    }
  }

  /** A number at the front: a pid with or without name, or a stamp. Where it ends, or -1. */
  #number(bytes: Buffer, from: number): number {
    const start = this.#digits.nine(from);
    let at = start < 0 ? from : from + 9;
    let value = Math.max(start, 0);
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      value = value * 10 + (code - ZERO);
      code = bytes[++at]!;
    }
    const digits = at - from;
    if (code === DOT) {
      const end = this.#digits.fraction(bytes, at + 1);
      if (end < 0) return -1;
      if (digits >= UNIX_DIGITS) return this.#unix(value, digits, this.#digits.fractionNs) ? end : -1;
      if (!Number.isNaN(this.deltaNs)) return -1;
      this.deltaNs = value * 1e9 + this.#digits.fractionNs;
      return end;
    }
    if (code === COLON) return this.#timeOfDay(bytes, at, value, digits);
    if (code === LESS && digits <= 10 && this.tid === 0) {
      this.tid = value;
      return this.#comm(bytes, at + 1);
    }
    if (this.tid === 0 && this.stamp === STAMP.none && digits <= PID_DIGITS) {
      this.tid = value;
      return value === 0 ? -1 : at;
    }
    return this.#unix(value, digits, 0) ? at : -1;
  }

  /** Seconds since 1970; false where there was a stamp, or the number is none. */
  #unix(seconds: number, digits: number, nanoseconds: number): boolean {
    if (digits < UNIX_DIGITS || digits > 12 || this.stamp !== STAMP.none) return false;
    this.stamp = STAMP.unix;
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    return true;
  }

  /** `HH:MM:SS` with or without a fraction; `at` is at the first colon. */
  #timeOfDay(bytes: Buffer, at: number, hours: number, digits: number): number {
    const minutes = (bytes[at + 1]! - ZERO) * 10 + bytes[at + 2]! - ZERO;
    if (!(minutes >= 0 && minutes < 60) || bytes[at + 3] !== COLON) return -1;
    const seconds = (bytes[at + 4]! - ZERO) * 10 + bytes[at + 5]! - ZERO;
    // A leap second shows as 60.
    if (!(seconds >= 0 && seconds <= 60)) return -1;
    if (digits !== 2 || hours > 23 || this.stamp !== STAMP.none) return -1;
    this.stamp = STAMP.timeOfDay;
    this.seconds = hours * 3600 + minutes * 60 + seconds;
    this.nanoseconds = 0;
    if (bytes[at + 6] !== DOT) return at + 6;
    const end = this.#digits.fraction(bytes, at + 7);
    this.nanoseconds = this.#digits.fractionNs;
    return end;
  }

  /** `comm>`: strace escapes `<` and `>` in it. */
  #comm(bytes: Buffer, from: number): number {
    let at = from;
    for (;;) {
      const code = bytes[at]!;
      if (code === MORE) break;
      if (code === NEWLINE || at - from > LONGEST_COMM) return -1;
      at++;
    }
    this.commFrom = from;
    this.commTo = at;
    return at + 1;
  }

  /** `pid N]`, `pid N<comm>]` */
  #pid(bytes: Buffer, from: number): number {
    if (bytes[from + 1] !== 105 || bytes[from + 2] !== 100 || bytes[from + 3] !== SPACE || this.tid !== 0)
      return -1;
    let at = from + 3;
    while (bytes[at] === SPACE) at++;
    const digits = at;
    let value = 0;
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      value = value * 10 + code - ZERO;
      code = bytes[++at]!;
    }
    if (at === digits || at - digits > 10) return -1;
    if (code === LESS) at = this.#comm(bytes, at + 1);
    this.tid = value;
    return at >= 0 && bytes[at] === BRACKET_END ? at + 1 : -1;
  }

  /** `  15]`, `????]` (-n), or the instruction pointer of -i, which is as wide as an address. */
  #bracket(bytes: Buffer, from: number): number {
    let at = from;
    while (bytes[at] === SPACE) at++;
    const first = at;
    let value = 0;
    let decimal = true;
    for (;;) {
      const code = bytes[at]!;
      if (code >= ZERO && code < COLON) value = (value * 10 + code - ZERO) | 0;
      else if (code === QUESTION || (code >= LOWER_A && code < LOWER_G)) decimal = false;
      else break;
      at++;
    }
    const width = at - from;
    if (at === first || bytes[at] !== BRACKET_END || width > 16) return -1;
    if (width !== 8 && width !== 16) {
      if (decimal) this.nr = value;
      else if (bytes[first] !== QUESTION) return -1;
    }
    return at + 1;
  }

  /** `     0.000052123)` */
  #delta(bytes: Buffer, from: number): number {
    let at = from;
    while (bytes[at] === SPACE) at++;
    const first = at;
    let value = 0;
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      value = value * 10 + code - ZERO;
      code = bytes[++at]!;
    }
    if (at === first || at - first > 12) return -1;
    this.#digits.fractionNs = 0;
    if (code === DOT) at = this.#digits.fraction(bytes, at + 1);
    if (at < 0 || bytes[at] !== CLOSE) return -1;
    this.deltaNs = value * 1e9 + this.#digits.fractionNs;
    return at + 1;
  }
}

/** `[ Process PID=N runs in 32 bit mode. ]`: no piece of a prefix, but a body. */
function isProcessMessage(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === SPACE && bytes[at + 2] === 80; /* P */
}
