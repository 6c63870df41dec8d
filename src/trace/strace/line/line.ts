import { type CallResult, parseResult } from '../result.ts';
import {
  BRACKET,
  BRACKET_END,
  CLOSE,
  COLON,
  DASH,
  DOT,
  EQUALS,
  isText,
  LESS,
  NAME,
  NEWLINE,
  OPEN,
  oneOf,
  PLUS,
  QUESTION,
  QUOTE,
  SPACE,
  ZERO,
} from './characters.ts';
import { Digits } from './digits.ts';
import { Prefix } from './prefix.ts';
import { LineResult } from './result.ts';
import { isDetached, openMark, skipAngle, skipString } from './skip.ts';
import { Texts } from './texts.ts';
import { isSame, latin1, type Word, Words } from './words.ts';

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

/** What the search for the end of the arguments stops at. */
const STOP = oneOf('\n"()<');
/** Numbers of calls are below. */
const NUMBERS = 512;
const LONGEST_NAME = 64;
/** Of a log without numbers: of strace -ff there are thousands. */
const NONE: (Word | undefined)[] = [];

/**
 * Reads one line of a strace log. `read` looks at bytes only and leaves what it found in the fields, which hold until the
 * next call; nothing is made of them until the caller wants it. Everything here is one look at each byte.
 */
export class LineReader {
  readonly words = new Words();
  readonly #texts = new Texts();
  readonly #digits = new Digits();
  /** What stands in front of the record. */
  readonly prefix = new Prefix(this.#digits);
  /** What the last line was. */
  kind: LineKind = LINE.none;
  /** What it is when all of it is there; `none` where nothing of it looks like a record. */
  whole: LineKind = LINE.none;
  /** Where the record begins behind its prefix. */
  body = 0;
  name: Word = { text: '', call: false };
  argsFrom = 0;
  argsTo = 0;
  /** How the call ended. */
  readonly result = new LineResult(this.words, this.#texts, this.#digits);
  /** `<detached ...>`. */
  detached: boolean = false;
  /** Some record had a duration: one without may go on on the next line. */
  durationsSeen: boolean = false;

  /** -n: the name that a number last had. */
  #byNumber: (Word | undefined)[] = NONE;

  /** The next lines that are read are in these bytes, which do not change meanwhile. */
  over(bytes: Buffer): void {
    this.#digits.over(bytes);
    this.#texts.over(bytes);
  }

  /** Bytes of the line as text: it may keep a kilobyte of what stands around it. */
  text(bytes: Buffer, from: number, to: number): string {
    return this.#texts.of(bytes, from, to);
  }

  /**
   * Reads the line that begins at `from`; it must end in a newline. The index behind that newline, or -1: then `kind`
   * says why, and the caller has to find the end of the line.
   */
  read(bytes: Buffer, from: number): number {
    this.#texts.lineFrom = from;
    const body = this.prefix.read(bytes, from);
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

  /** `name(…` */
  #called(bytes: Buffer, from: number): number {
    const { nr } = this.prefix;
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
    if (code !== OPEN || at === from || at - from > LONGEST_NAME) return -1;
    if (bytes[from]! >= ZERO && bytes[from]! < COLON) return -1;
    this.name = this.words.hashed(bytes, from, at, hash);
    if (nr >= 0 && nr < NUMBERS) {
      if (this.#byNumber === NONE) this.#byNumber = new Array(NUMBERS).fill(undefined);
      this.#byNumber[nr] = this.name;
    }
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
    if (at - from - 5 > LONGEST_NAME || at === from + 5 || !isText(bytes, at, ' resumed>')) return -1;
    this.name = this.words.hashed(bytes, from + 5, at, hash);
    at += 9;
    // strace 4.x of calls that do not return: `<... exit_group resumed> = ?`
    if (bytes[at] === SPACE && bytes[at + 1] === EQUALS && bytes[at + 2] === SPACE) {
      this.argsFrom = at;
      this.argsTo = at;
      this.whole = LINE.resumed;
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
    this.detached = isDetached(bytes, at);
    this.result.clear();
    this.kind = kind === LINE.call ? LINE.begun : kind;
    return at + mark + 1;
  }

  /** The record that was read last has no more than this: a call that began, or the end of one without its result. */
  cutOff(): void {
    this.result.clear();
    this.detached = false;
    this.kind = this.whole === LINE.call ? LINE.begun : this.whole;
  }

  /** The arguments of the record that was read last end here, and so it ended. */
  ended(argsTo: number, result: CallResult): void {
    this.argsTo = argsTo;
    this.detached = false;
    this.result.set(result);
    this.kind = this.whole;
  }

  /** From behind `= `. */
  #result(bytes: Buffer, from: number, kind: LineKind): number {
    const { result } = this;
    this.detached = false;
    if (bytes[from] === QUESTION && bytes[from + 1] === NEWLINE && this.durationsSeen) {
      result.clear();
      result.lost = true;
      this.kind = kind;
      return from + 2;
    }
    const end = result.read(bytes, from);
    if (end < 0) return this.#odd(bytes, from, kind);
    if (!Number.isNaN(result.durationNs)) this.durationsSeen = true;
    else if (this.durationsSeen || (result.value === -1 && result.errno === undefined)) {
      this.kind = LINE.perhapsOpen;
      return -1;
    }
    this.kind = kind;
    return end + 1;
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
