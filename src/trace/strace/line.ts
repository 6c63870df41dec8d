import { isSame, latin1, type Word, Words } from './names.ts';
import { type CallResult, parseResult } from './result.ts';

/** What a line turned out to be, or why it is none of strace's. */
export const LINE = {
  /** `name(args) = result`. */
  call: 1,
  /** `name(args <unfinished ...>`, `name(args <detached ...>`: it began. */
  begun: 2,
  /** `<... name resumed>rest) = result`, also with `<detached ...>` at its end. */
  resumed: 3,
  /** `--- SIGCHLD {…} ---` and `+++ exited with 0 +++`. */
  signal: 4,
  exit: 5,
  /** `[ Process PID=N runs in 32 bit mode. ]` behind a prefix. */
  message: 6,
  /** Begins like a record and does not end like one: cut, wrapped by a mailer, or interrupted by the program's output. */
  argsOpen: -1,
  resultOpen: -2,
  /** All there, but a piece that other records have may stand on the next line. */
  perhapsOpen: -3,
  none: -4,
} as const;

export type LineKind = (typeof LINE)[keyof typeof LINE];

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const OPEN = 40;
const CLOSE = 41;
const PLUS = 43;
const DASH = 45;
const DOT = 46;
const ZERO = 48;
const SLASH = 47;
const COLON = 58;
const LESS = 60;
const EQUALS = 61;
const MORE = 62;
const QUESTION = 63;
const BRACKET = 91;
const BACKSLASH = 92;
const BRACKET_END = 93;
/** The d of `<detached ...>`. */
const DETACHED = 100;

/** Letters, digits, `_` and `?`: what names of calls are made of. */
const NAME = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?') NAME[c.charCodeAt(0)] = 1;
/** What the search for the end of the arguments stops at. */
const STOP = new Uint8Array(256);
for (const c of '\n"()<') STOP[c.charCodeAt(0)] = 1;

/** What the search for the end of a string stops at. */
const QUOTED = new Uint8Array(256);
for (const c of '\n"\\') QUOTED[c.charCodeAt(0)] = 1;
/** What is looked at in what strace shows with a number. */
const SHOWN = new Uint8Array(256);
for (const c of '\n"\\<>[]') SHOWN[c.charCodeAt(0)] = 1;

const POWER_OF_TEN = Array.from({ length: 10 }, (_, power) => 10 ** power);
/** PID_MAX_LIMIT is 2^22; `--absolute-timestamps=format:unix,precision:s` since 1973 has at least this many digits. */
const PID_DIGITS = 7;
const UNIX_DIGITS = 9;

/** Numbers of calls are below. */
const NUMBERS = 512;
/** Some lines, and no more than may be kept for one of them. */
const BLOCK = 1024;

/** Which clock the stamp of a line shows. */
export const STAMP = { none: 0, unix: 1, timeOfDay: 2 } as const;

/**
 * Reads one line of a strace log. `read` looks at bytes only and leaves what it found in the fields, which hold until the
 * next call; nothing is made of them until the caller wants it. Everything here is one look at each byte.
 */
export class LineReader {
  readonly words = new Words();
  /** What the last line was. */
  kind: LineKind = LINE.none;
  /** What it is when all of it is there; `none` where nothing of it looks like a record. */
  whole: LineKind = LINE.none;
  /** Of the prefix: 0 without a number. */
  tid = 0;
  commFrom = 0;
  commTo = 0;
  stamp: number = STAMP.none;
  /** Since 1970, or since midnight. */
  seconds = 0;
  nanoseconds = 0;
  deltaNs = Number.NaN;
  nr = -1;
  /** Where the record begins behind its prefix. */
  body = 0;
  name: Word = { text: '', call: false };
  argsFrom = 0;
  argsTo = 0;
  /** How the call ended. */
  result = Number.NaN;
  resultText: string | undefined = undefined;
  errno: string | undefined = undefined;
  durationNs = Number.NaN;
  /** `?` and nothing else: it never returns. */
  lost: boolean = false;
  /** `<detached ...>`. */
  detached: boolean = false;
  /** Some record had a duration: one without may go on on the next line. */
  durationsSeen: boolean = false;

  /** -n: the name that a number last had. */
  readonly #byNumber: (Word | undefined)[] = new Array(NUMBERS).fill(undefined);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #block = '';
  #blockOf: Buffer | undefined;
  #blockFrom = 0;
  #lineFrom = 0;
  #blockTo = 0;

  /** The next lines that are read are in these bytes, which do not change meanwhile. */
  over(bytes: Buffer): void {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#blockOf = bytes;
    this.#blockTo = 0;
  }

  /**
   * Bytes as text. Text is made of some lines at once and shared out, since to make it costs more per piece than per
   * byte: a piece that is kept keeps a block of `BLOCK`.
   */
  text(bytes: Buffer, from: number, to: number): string {
    if (bytes === this.#blockOf && to - from < BLOCK / 4) {
      if (from < this.#blockFrom || to > this.#blockTo) this.#nextBlock(bytes, from);
      return this.#block.substring(from - this.#blockFrom, to - this.#blockFrom);
    }
    return latin1(bytes, from, to);
  }

  #nextBlock(bytes: Buffer, from: number): void {
    // What is in front of it on its line is often wanted next.
    this.#blockFrom = from - this.#lineFrom < BLOCK / 2 ? this.#lineFrom : from;
    this.#blockTo = Math.min(this.#blockFrom + BLOCK, bytes.length);
    this.#block = latin1(bytes, this.#blockFrom, this.#blockTo);
  }

  /**
   * Reads the line that begins at `from`; it must end in a newline. The index behind that newline, or -1: then `kind`
   * says why, and the caller has to find the end of the line.
   */
  read(bytes: Buffer, from: number): number {
    this.#lineFrom = from;
    let body = this.#usualPrefix(bytes, from);
    if (body < 0) body = this.#prefix(bytes, from);
    this.body = body;
    this.kind = LINE.none;
    this.whole = LINE.none;
    if (body < 0) return -1;
    const first = bytes[body]!;
    if (first === LESS) return this.#resumed(bytes, body);
    if (first === DASH || first === PLUS) return this.#framed(bytes, body, first);
    if (first === BRACKET) return this.#bracketed(bytes, body);
    return this.#called(bytes, body);
  }

  /**
   * The prefix that a recording of our own has, `PID<comm> SECONDS.NANOSECONDS (+ SECONDS.NANOSECONDS) [NR] `, of which
   * all but pid and stamp may be missing. The same as `#prefix`, which reads any, in half the time. Where the body begins,
   * or -1 for another prefix.
   */
  #usualPrefix(bytes: Buffer, from: number): number {
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
    const high = this.#nineDigits(at);
    if (high < 0) return -1;
    const low = bytes[at + 9]! - ZERO;
    if (low < 0 || low > 9 || bytes[at + 10] !== DOT) return -1;
    const nanoseconds = this.#nineDigits(at + 11);
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
      const fraction = this.#nineDigits(at + 1);
      if (fraction < 0 || bytes[at + 10] !== CLOSE || bytes[at + 11] !== SPACE) return -1;
      deltaNs = seconds * 1e9 + fraction;
      at += 12;
    }
    this.nr = -1;
    code = bytes[at]!;
    if (code === BRACKET) {
      if (bytes[at + 1] === SPACE && bytes[at + 2] === 80 /* [ Process PID= */) return -1;
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

  /** The prefix: where the body begins, or -1. */
  #prefix(bytes: Buffer, from: number): number {
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
        const next = bytes[at + 1]!;
        if (next === 112 /* p */) at = this.#pid(bytes, at + 1);
        else if (next === SPACE && bytes[at + 2] === 80 /* [ Process PID= */) return at;
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
    const start = this.#nineDigits(from);
    let at = start < 0 ? from : from + 9;
    let value = Math.max(start, 0);
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      value = value * 10 + (code - ZERO);
      code = bytes[++at]!;
    }
    const digits = at - from;
    if (code === DOT) {
      const end = this.#fraction(bytes, at + 1);
      if (end < 0) return -1;
      if (digits >= UNIX_DIGITS) {
        if (this.stamp !== STAMP.none || digits > 12) return -1;
        this.stamp = STAMP.unix;
        this.seconds = value;
        this.nanoseconds = this.#fractionNs;
      } else {
        if (!Number.isNaN(this.deltaNs)) return -1;
        this.deltaNs = value * 1e9 + this.#fractionNs;
      }
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
    if (digits < UNIX_DIGITS || digits > 12 || this.stamp !== STAMP.none) return -1;
    this.stamp = STAMP.unix;
    this.seconds = value;
    this.nanoseconds = 0;
    return at;
  }

  #fractionNs = 0;

  /**
   * The number that nine digits make, or -1 where there are less. Four at a time: one by one, each would wait for the one
   * before, and stamps are most of a line's digits.
   */
  #nineDigits(at: number): number {
    const view = this.#view;
    if (at + 9 > view.byteLength) return -1;
    const high = view.getInt32(at, true);
    const low = view.getInt32(at + 4, true);
    const last = view.getUint8(at + 8) - ZERO;
    // A digit is 0x30 to 0x39: its upper half is 3, also with 6 added.
    const other =
      ((high & 0xf0f0f0f0) ^ 0x30303030) |
      ((low & 0xf0f0f0f0) ^ 0x30303030) |
      (((high + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030) |
      (((low + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030);
    if (other !== 0 || last < 0 || last > 9) return -1;
    return (fourDigits(high) * 10_000 + fourDigits(low)) * 10 + last;
  }

  /** Up to nine digits behind a dot, into `#fractionNs`. */
  #fraction(bytes: Buffer, from: number): number {
    const all = this.#nineDigits(from);
    if (all >= 0) {
      this.#fractionNs = all;
      const behind = bytes[from + 9]!;
      return behind >= ZERO && behind < COLON ? -1 : from + 9;
    }
    let value = 0;
    let at = from;
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      // Eight digits fit 32 bits; more are refused below.
      value = (value * 10 + code - ZERO) | 0;
      code = bytes[++at]!;
    }
    const digits = at - from;
    if (digits === 0 || digits > 8) return -1;
    this.#fractionNs = value * POWER_OF_TEN[9 - digits]!;
    return at;
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
    const end = this.#fraction(bytes, at + 7);
    this.nanoseconds = this.#fractionNs;
    return end;
  }

  /** `comm>`: strace escapes `<` and `>` in it. */
  #comm(bytes: Buffer, from: number): number {
    let at = from;
    for (;;) {
      const code = bytes[at]!;
      if (code === MORE) break;
      if (code === NEWLINE || at - from > 256) return -1;
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
      else if (code === QUESTION || (code >= 97 && code <= 102)) decimal = false;
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
    this.#fractionNs = 0;
    if (code === DOT) at = this.#fraction(bytes, at + 1);
    if (at < 0 || bytes[at] !== CLOSE) return -1;
    this.deltaNs = value * 1e9 + this.#fractionNs;
    return at + 1;
  }

  /** `name(…` */
  #called(bytes: Buffer, from: number): number {
    const { nr } = this;
    const usual = nr >= 0 && nr < NUMBERS ? this.#byNumber[nr] : undefined;
    if (usual !== undefined) {
      const end = from + usual.text.length;
      if (bytes[end] === OPEN && isSame(usual.text, bytes, from, end)) {
        this.name = usual;
        return this.#rest(bytes, end + 1, LINE.call);
      }
    }
    let hash = 0;
    let at = from;
    let code = bytes[at]!;
    while (NAME[code] === 1) {
      hash = (Math.imul(hash, 31) + code) | 0;
      code = bytes[++at]!;
    }
    if (code !== OPEN || at === from || at - from > 64) return -1;
    if (bytes[from]! >= ZERO && bytes[from]! < COLON) return -1;
    this.name = this.words.hashed(bytes, from, at, hash);
    if (nr >= 0 && nr < NUMBERS) this.#byNumber[nr] = this.name;
    return this.#rest(bytes, at + 1, LINE.call);
  }

  /** `<... name resumed>…` */
  #resumed(bytes: Buffer, from: number): number {
    if (
      bytes[from + 1] !== DOT ||
      bytes[from + 2] !== DOT ||
      bytes[from + 3] !== DOT ||
      bytes[from + 4] !== SPACE
    ) {
      return -1;
    }
    let hash = 0;
    let at = from + 5;
    let code = bytes[at]!;
    while (NAME[code] === 1) {
      hash = (Math.imul(hash, 31) + code) | 0;
      code = bytes[++at]!;
    }
    if (at - from - 5 > 64 || at === from + 5 || !isText(bytes, at, ' resumed>')) return -1;
    this.name = this.words.hashed(bytes, from + 5, at, hash);
    at += 9;
    // strace 4.x of calls that do not return: `<... exit_group resumed> = ?`
    if (bytes[at] === SPACE && bytes[at + 1] === EQUALS && bytes[at + 2] === SPACE) {
      this.argsFrom = at;
      this.argsTo = at;
      return this.#result(bytes, at + 3, LINE.resumed);
    }
    return this.#rest(bytes, at, LINE.resumed);
  }

  /** From behind the opening parenthesis: the end of the arguments, and the result. */
  #rest(bytes: Buffer, from: number, kind: LineKind): number {
    this.argsFrom = from;
    this.whole = kind;
    let depth = 1;
    let at = from;
    // One that has no end is enough: to look for it again from each of them would be the square of the work.
    let angles = true;
    for (;;) {
      let code = bytes[at]!;
      while (STOP[code] === 0) code = bytes[++at]!;
      if (code === QUOTE) {
        at = skipString(bytes, at + 1);
        if (bytes[at] === NEWLINE) break;
        at++;
      } else if (code === OPEN) {
        depth++;
        at++;
      } else if (code === CLOSE) {
        if (--depth === 0) return this.#equals(bytes, at, kind);
        at++;
      } else if (code === LESS) {
        const mark = openMark(bytes, at);
        if (mark > 0) return this.#unfinished(bytes, at, at, kind, mark);
        const end: number = angles ? skipAngle(bytes, at, from) : -1;
        angles = end > 0;
        at = angles ? end : at + 1;
      } else break;
    }
    this.kind = LINE.argsOpen;
    return -1;
  }

  /** From the closing parenthesis on: `)    = 0`. */
  #equals(bytes: Buffer, close: number, kind: LineKind): number {
    this.argsTo = close;
    let at = close + 1;
    let code = bytes[at]!;
    while (code === SPACE) code = bytes[++at]!;
    if (code === EQUALS) {
      code = bytes[at + 1]!;
      if (code === SPACE) return this.#result(bytes, at + 2, kind);
      if (code !== NEWLINE) return -1;
    } else if (code === LESS) {
      const mark = openMark(bytes, at);
      return mark > 0 ? this.#unfinished(bytes, at, close, kind, mark) : -1;
    } else if (code !== NEWLINE) return -1;
    this.kind = LINE.resultOpen;
    return -1;
  }

  /** `<unfinished ...>` or `<detached ...>` at the end of a line. */
  #unfinished(bytes: Buffer, at: number, argsTo: number, kind: LineKind, mark: number): number {
    this.argsTo = argsTo === at && bytes[at - 1] === SPACE && at > this.argsFrom ? at - 1 : argsTo;
    this.detached = bytes[at + 1] === DETACHED;
    this.#nothing();
    this.kind = kind === LINE.call ? LINE.begun : kind;
    return at + mark + 1;
  }

  /** The record that was read last has no more than this: a call that began, or the end of one without its result. */
  cutOff(): void {
    this.#nothing();
    this.detached = false;
    this.kind = this.whole === LINE.call ? LINE.begun : this.whole;
  }

  /** The arguments of the record that was read last end here, and so it ended. */
  ended(argsTo: number, result: CallResult): void {
    this.argsTo = argsTo;
    this.detached = false;
    this.result = result.value;
    this.errno = result.errno;
    this.resultText = result.text;
    this.durationNs = result.durationNs;
    this.lost = result.lost;
    this.kind = this.whole;
  }

  #nothing(): void {
    this.result = Number.NaN;
    this.resultText = undefined;
    this.errno = undefined;
    this.durationNs = Number.NaN;
    this.lost = false;
  }

  /** From behind `= `. What is not a plain number, with an errno or a duration, is left to `parseResult`. */
  #result(bytes: Buffer, from: number, kind: LineKind): number {
    this.detached = false;
    this.lost = false;
    let at = from;
    let code = bytes[at]!;
    while (code === SPACE) code = bytes[++at]!;
    if (code === QUESTION && bytes[at + 1] === NEWLINE && this.durationsSeen) {
      this.#nothing();
      this.whole = kind;
      this.kind = kind;
      this.lost = true;
      return at + 2;
    }
    const negative = code === DASH;
    if (negative) code = bytes[++at]!;
    let value = 0;
    const digits = at;
    if (code === ZERO) {
      code = bytes[++at]!;
      if (code === 120 /* x */) {
        code = bytes[++at]!;
        for (;;) {
          if (code >= ZERO && code < COLON) value = value * 16 + code - ZERO;
          else if (code >= 97 && code <= 102) value = value * 16 + code - 87;
          else break;
          code = bytes[++at]!;
        }
        if (at === digits + 2) return this.#odd(bytes, from, kind);
      } else {
        // umask tells its old mask in octal.
        for (; code >= ZERO && code < 56; code = bytes[++at]!) value = value * 8 + code - ZERO;
      }
    } else {
      for (; code >= ZERO && code < COLON; code = bytes[++at]!) value = value * 10 + code - ZERO;
      if (at === digits) return this.#odd(bytes, from, kind);
    }
    // Longer numbers lose their last bits, and must not lose more on the way.
    if (at - digits > 15) return this.#odd(bytes, from, kind);
    this.result = negative ? -value : value;
    this.errno = undefined;
    this.resultText = undefined;
    this.durationNs = Number.NaN;
    if (code === LESS) {
      const shown = at;
      at = skipAngle(bytes, at, from);
      if (at < 0) return this.#odd(bytes, from, kind);
      if (bytes[at] === OPEN && isText(bytes, at, '(deleted)')) at += 9;
      this.resultText = this.text(bytes, shown, at);
      code = bytes[at]!;
    }
    if (code === SPACE && bytes[at + 1] !== LESS) {
      const errno = at + 1;
      at = errno;
      let hash = 0;
      for (code = bytes[at]!; NAME[code] === 1; code = bytes[++at]!) hash = (Math.imul(hash, 31) + code) | 0;
      const errnoTo = at;
      if (at > errno && (bytes[errno] !== 69 /* E */ || code !== SPACE)) return this.#odd(bytes, from, kind);
      if (at > errno) code = bytes[++at]!;
      if (code !== OPEN || this.resultText !== undefined) return this.#odd(bytes, from, kind);
      const text = at + 1;
      at = text;
      let textHash = 0;
      for (code = bytes[at]!; code !== CLOSE; code = bytes[++at]!) {
        if (code === NEWLINE || code === OPEN || code === QUOTE) return this.#odd(bytes, from, kind);
        textHash = (Math.imul(textHash, 31) + code) | 0;
      }
      if (errnoTo > errno) {
        this.errno = this.words.hashed(bytes, errno, errnoTo, hash).text;
        this.resultText = this.words.hashed(bytes, text, at, textHash).text;
      } else {
        this.resultText = this.text(bytes, text, at);
      }
      code = bytes[++at]!;
    }
    if (code === SPACE && bytes[at + 1] === LESS) {
      const seconds = at + 2;
      at = seconds;
      let whole = 0;
      for (code = bytes[at]!; code >= ZERO && code < COLON; code = bytes[++at]!)
        whole = whole * 10 + code - ZERO;
      if (at === seconds || at - seconds > 9) return this.#odd(bytes, from, kind);
      this.#fractionNs = 0;
      if (code === DOT) at = this.#fraction(bytes, at + 1);
      if (at < 0 || bytes[at] !== MORE || bytes[at + 1] !== NEWLINE) return this.#odd(bytes, from, kind);
      this.durationNs = whole * 1e9 + this.#fractionNs;
      this.durationsSeen = true;
      this.kind = kind;
      return at + 2;
    }
    if (code !== NEWLINE) return this.#odd(bytes, from, kind);
    this.whole = kind;
    if (this.durationsSeen || (this.result === -1 && this.errno === undefined)) {
      this.kind = LINE.perhapsOpen;
      return -1;
    }
    this.kind = kind;
    return at + 1;
  }

  /** Results in words: `?`, descriptors with paths, `(flags O_RDONLY)`, `(Timeout)`, injected ones. */
  #odd(bytes: Buffer, from: number, kind: LineKind): number {
    const end = bytes.indexOf(NEWLINE, from);
    const found = parseResult(latin1(bytes, from, end));
    this.kind = LINE.none;
    if (found === undefined) return -1;
    if (found === 'open') {
      this.kind = LINE.resultOpen;
      return -1;
    }
    this.ended(this.argsTo, found);
    this.kind = LINE.none;
    if (!Number.isNaN(found.durationNs)) this.durationsSeen = true;
    else if (this.durationsSeen ? !Number.isNaN(found.value) : found.lost) {
      this.kind = LINE.perhapsOpen;
      return -1;
    }
    this.kind = kind;
    return end + 1;
  }

  /** `--- … ---`, `+++ … +++` */
  #framed(bytes: Buffer, from: number, mark: number): number {
    if (bytes[from + 1] !== mark || bytes[from + 2] !== mark || bytes[from + 3] !== SPACE) return -1;
    const end = bytes.indexOf(NEWLINE, from);
    this.argsFrom = from + 4;
    this.argsTo = end - 4;
    if (isText(bytes, from + 4, 'SIG')) this.whole = LINE.signal;
    const whole =
      this.argsTo > this.argsFrom &&
      bytes[end - 1] === mark &&
      bytes[end - 2] === mark &&
      bytes[end - 3] === mark &&
      bytes[end - 4] === SPACE;
    if (!whole) {
      if (this.whole === LINE.signal) this.kind = LINE.argsOpen;
      return -1;
    }
    this.kind = mark === DASH ? LINE.signal : LINE.exit;
    return end + 1;
  }

  /** `[ Process PID=N runs in 32 bit mode. ]` */
  #bracketed(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(NEWLINE, from);
    if (bytes[end - 1] !== BRACKET_END) return -1;
    this.argsFrom = from;
    this.argsTo = end;
    this.kind = LINE.message;
    return end + 1;
  }
}

/** The number of four digits that lie in memory the first one first. */
function fourDigits(word: number): number {
  const digits = word & 0x0f0f0f0f;
  const pairs = (digits * 10 + (digits >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

function isText(bytes: Buffer, from: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false;
  return true;
}

/** From behind a quote: where the closing one is, or the newline that came first. */
function skipString(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    let code = bytes[at]!;
    while (QUOTED[code] === 0) code = bytes[++at]!;
    if (code !== BACKSLASH) return at;
    at += bytes[at + 1] === NEWLINE ? 1 : 2;
  }
}

/**
 * How long `<unfinished ...>`, `<detached ...>` or `<pid changed to N ...>` (an execve by a thread that is not the leader)
 * is at the end of a line; 0 for anything else.
 */
function openMark(bytes: Buffer, at: number): number {
  const next = bytes[at + 1];
  if (next === 117) return bytes[at + 16] === NEWLINE && isText(bytes, at, '<unfinished ...>') ? 16 : 0;
  if (next === DETACHED) return bytes[at + 14] === NEWLINE && isText(bytes, at, '<detached ...>') ? 14 : 0;
  if (next !== 112 || !isText(bytes, at, '<pid changed to ')) return 0;
  let end = at + 16;
  while (bytes[end]! >= ZERO && bytes[end]! < COLON) end++;
  return isText(bytes, end, ' ...>\n') ? end + 5 - at : 0;
}

/**
 * At a `<` among arguments: behind the path, socket or name that strace shows with a number (`3</etc/passwd>`,
 * `AT_FDCWD</>`, `1</dev/null<char 1:3>>`, `5<TCP:[1.2.3.4:5->6.7.8.9:10]>`), whose text may hold parentheses; else just
 * behind it. -1 where it has no end on this line.
 */
function skipAngle(bytes: Buffer, at: number, from: number): number {
  const before = at > from ? bytes[at - 1]! : 0;
  const shown = (before >= ZERO && before < COLON) || before === 68; /* AT_FDCWD */
  if (!shown) return at + 1;
  const first = bytes[at + 1]!;
  if (first === LESS) return at + 2;
  let depth = 1;
  // Arrows are in the brackets of sockets; `passwd-` is a name.
  let brackets = first === SLASH ? Number.NaN : 0;
  for (let end = at + 1; ; end++) {
    let code = bytes[end]!;
    while (SHOWN[code] === 0) code = bytes[++end]!;
    if (code === NEWLINE) return -1;
    if (code === LESS) depth++;
    else if (code === BRACKET) brackets++;
    else if (code === BRACKET_END) brackets--;
    else if (code === MORE) {
      if (!(brackets > 0 && bytes[end - 1] === DASH) && --depth === 0) return end + 1;
    } else if (code === BACKSLASH) {
      if (bytes[end + 1] !== NEWLINE) end++;
    } else {
      end = skipString(bytes, end + 1);
      if (bytes[end] === NEWLINE) return -1;
    }
  }
}
