import { LINE, type LineReader } from './line/line.ts';
import { STAMP } from './line/prefix.ts';
import { parseResult } from './result.ts';

/** Where the lines go that are not a whole record by themselves. */
export interface TidySink {
  /** `LineReader` holds a record of `Tidy.bytes`, which began on that line. */
  record(line: number): void;
  message(text: string): void;
  summaryRow(): void;
  stackLine(): void;
  foreign(lines: number): void;
  /** `deltaNs`: its -r, which the clock of those goes on by all the same; NaN without. */
  refused(text: string, deltaNs: number): void;
  /** `) = 0`, the end of a record without its beginning; tells whether it was known which. */
  headless(text: string, line: number): boolean;
  joined(lines: number): void;
}

/** So much a record may go on over further lines. */
const MOST_LINES = 64;
/** The whole is read again with each line. */
const MOST_WORK = 4 * 1024 * 1024;
/** `<... name resumed>` and others in the last places where a result may begin. */
const MOST_TRIES = 4;

/** `strace: Process 12 attached with 3 threads`, of 4.x `Process 12 attached (waiting for parent)`, and the like. */
const MESSAGE =
  /^(?:strace: .*|\[ Process PID=\d+ runs in .* mode\. \]|Process \d+ (?:attached|detached|suspended|resumed)\b.*)$/;
/** The same behind a record that it interrupts. */
const GLUED_MESSAGE =
  /(?:strace: pid \d+: (?:entering|exiting), ptrace_syscall_info\.op == \d|(?:strace: )?Process \d+ (?:attached(?: with \d+ threads)?(?: \([\w ]+\))?|detached|suspended|resumed(?: \([\w ]+\))?))$/;
/** ` > /usr/lib/libc.so.6(__write+0x17) [0xf9b37]` of -k. */
const STACK_LINE = /^ ?> .{0,4096}\[0x[0-9a-f]+\]$/;
const SUMMARY_HEAD =
  /^(?:System call usage summary for .*:|(?:(?:% time|seconds|usecs\/call|calls|errors|syscall|shortest|longest)\s*){2,})$/;
const SUMMARY_RULE = /^-{4,}(?: +-{4,})+$/;
const SUMMARY_ROW = /^(?:[\d.]+\s.*\s[\w?]+|[\w?]+\s.*\s[\d.]+)$/;
/** Where a record begins behind other text: the program's output, or what a system log puts in front of its lines. */
const BEGINS_LATE = /\[pid +\d+(?:<[^<>]{0,64}>)?\] |(?<=\w\[\d{1,10}\]: )/;
/** How a record ends whose beginning is on no line here. */
const HEADLESS = /\) += (?:-?\d|0x[0-9a-f]|\?)/;
const RESULT_BEGINS = /\) *= /g;
/** What strace writes like functions inside of arguments. */
const MACRO =
  /^(?:makedev|hto[nh][sl]|nto[h][sl]|inet_\w+|if_nametoindex|_IOC?W?R?|W[A-Z]+|MS_\w+|KEYCTL_\w+|MKDEV|IP\w*)$/;
/** What may stand alone on the line behind a record. */
const ERRNO_LINE = /^E[A-Z0-9]+ \(/;
const DURATION_LINE = /^(?:<\d+\.\d+>|\(.*)$/;
/** Calls by which a program's own output gets between what strace writes. */
const WRITES = /^(?:p?write(?:v2?|64)?|pwritev|send(?:to|msg)?|splice|tee|vmsplice|copy_file_range|ioctl)$/;

/** `^C`: the terminal shows the key that ended it all. */
const ECHO = /^\^[A-Z\\]/;
const NO_BREAK_SPACE = '\u00c2\u00a0';

interface Waiting {
  /** The first line alone, and all so far. */
  readonly head: string;
  text: string;
  readonly kind: number;
  readonly line: number;
  lines: number;
  readonly stamped: boolean;
  readonly writes: boolean;
  /** A message cut it off in the middle of a line: it goes on without a space. */
  glued: boolean;
}

/**
 * The lines of a log that are no plain records: quoted and indented ones, messages, stacks, summaries, program output, and
 * records that a mailer or the program's output broke into several lines. A broken one waits here for its rest.
 */
export class Tidy {
  /** What the record given last was read from. */
  bytes: Buffer = Buffer.alloc(256);
  readonly #reader: LineReader;
  readonly #sink: TidySink;
  #waiting: Waiting | undefined;
  #inSummary: boolean = false;

  constructor(reader: LineReader, sink: TidySink) {
    this.#reader = reader;
    this.#sink = sink;
  }

  /** A record waits for its rest: the next line must come here. */
  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Takes the line `from` to `to`, its newline included, which is the `number`th. */
  line(bytes: Buffer, from: number, to: number, number: number): void {
    const text = withSpaces(bytes.toString('latin1', from, to - 1)).trimEnd();
    if (STACK_LINE.test(text)) {
      this.flush();
      this.#sink.stackLine();
      return;
    }
    const body = unquoted(text);
    if (this.#apart(body)) return;
    const waiting = this.#waiting;
    if (waiting !== undefined && this.#continues(waiting, body, text)) return;
    this.flush();
    this.#begin(body, number);
  }

  /** What waits gets nothing more: it is what it is. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    if (waiting.lines > 1) this.#sink.foreign(waiting.lines - 1);
    this.#settle(waiting.head, waiting.line);
  }

  /** Messages, summaries, empty lines: neither a record nor the rest of one. */
  #apart(body: string): boolean {
    if (body === '') {
      this.#inSummary = false;
      const { writes = false, lines = 0 } = this.#waiting ?? {};
      if (writes && lines < MOST_LINES) {
        this.#waiting!.lines++;
        return true;
      }
      this.flush();
      this.#sink.foreign(1);
      return true;
    }
    if (MESSAGE.test(body)) {
      if (this.#waiting?.kind === LINE.perhapsOpen) this.flush();
      this.#sink.message(body);
      return true;
    }
    const head = SUMMARY_HEAD.test(body);
    if (!(head || SUMMARY_RULE.test(body) || (this.#inSummary && SUMMARY_ROW.test(body)))) {
      this.#inSummary = false;
      return false;
    }
    if (!head && !this.#inSummary) return false;
    this.#inSummary = true;
    this.flush();
    this.#sink.summaryRow();
    return true;
  }

  /** Tells whether `body` goes on with what waits; then it is used up. */
  #continues(waiting: Waiting, body: string, text: string): boolean {
    if (waiting.kind === LINE.perhapsOpen) {
      const fits = ERRNO_LINE.test(body) || DURATION_LINE.test(body);
      if (!fits || this.#read(`${waiting.text} ${body}`) < 0) return false;
      return this.#join(waiting);
    }
    if (this.#isNew(waiting, body)) return false;
    if (waiting.lines >= MOST_LINES || waiting.text.length * waiting.lines > MOST_WORK) return false;
    const spaced = !waiting.glued || text.endsWith(` ${body}`);
    waiting.text += spaced && !waiting.text.endsWith(' ') ? ` ${body}` : body;
    waiting.glued = false;
    waiting.lines++;
    const message = GLUED_MESSAGE.exec(waiting.text);
    if (message) {
      waiting.text = waiting.text.slice(0, message.index);
      waiting.glued = true;
      this.#sink.message(message[0]);
      return true;
    }
    const reader = this.#reader;
    const next = this.#read(waiting.text);
    if (next > 0 || reader.kind === LINE.perhapsOpen) {
      if (next < 0) reader.kind = reader.whole;
      return this.#join(waiting);
    }
    if (waiting.writes && this.#leniently(waiting.text)) return this.#join(waiting);
    return true;
  }

  #join(waiting: Waiting): boolean {
    const added = waiting.kind === LINE.perhapsOpen ? waiting.lines : waiting.lines - 1;
    this.#waiting = undefined;
    this.#sink.joined(added);
    this.#sink.record(waiting.line);
    return true;
  }

  /** A line that begins a record of its own ends the waiting. */
  #isNew(waiting: Waiting, body: string): boolean {
    const reader = this.#reader;
    const whole = this.#read(body) > 0;
    if (waiting.stamped && !this.#stamped()) return false;
    if (!whole && reader.whole === LINE.none) return false;
    if (reader.whole !== LINE.call) return true;
    return reader.name.call || (whole && !MACRO.test(reader.name.text)) || this.#prefixed();
  }

  /** A line with nothing before it. */
  #begin(body: string, line: number): void {
    const reader = this.#reader;
    if (this.#read(body) > 0) {
      this.#sink.record(line);
      return;
    }
    const { kind, whole } = reader;
    const writes = whole === LINE.call && reader.name.call && WRITES.test(reader.name.text);
    const known = whole !== LINE.call || reader.name.call || this.#prefixed() || kind === LINE.perhapsOpen;
    const likely = whole !== LINE.none && known;
    if (likely && (kind !== LINE.none || writes)) {
      if (writes && kind !== LINE.perhapsOpen && this.#leniently(body)) {
        this.#sink.record(line);
        return;
      }
      this.#wait(body, kind === LINE.none ? LINE.argsOpen : kind, line, writes);
      return;
    }
    if (likely && this.#leniently(body)) {
      this.#sink.record(line);
      return;
    }
    this.#other(body, line, whole !== LINE.none);
  }

  #wait(body: string, kind: number, line: number, writes: boolean): void {
    const stamped = this.#stamped();
    const message = kind === LINE.perhapsOpen ? null : GLUED_MESSAGE.exec(body);
    const head = message ? body.slice(0, message.index) : body;
    this.#waiting = { head, text: head, kind, line, lines: 1, stamped, writes, glued: message !== null };
    if (message) this.#sink.message(message[0]);
  }

  /** A line that begins no record, or one that cannot be read. */
  #other(body: string, line: number, begins: boolean): void {
    const { body: at } = this.#reader;
    const { stamp, deltaNs } = this.#reader.prefix;
    const late = BEGINS_LATE.exec(body);
    if (late && late.index > 0 && this.#read(body.slice(late.index)) > 0) {
      this.#sink.record(line);
      return;
    }
    if (body.startsWith(')') && HEADLESS.test(body) && this.#sink.headless(body, line)) return;
    if (begins || HEADLESS.test(body) || (at > 0 && stamp !== STAMP.none)) this.#sink.refused(body, deltaNs);
    else this.#sink.foreign(1);
  }

  /** The best that can be made of a record whose end is missing. */
  #settle(text: string, line: number): void {
    const reader = this.#reader;
    if (this.#read(text) > 0) {
      this.#sink.record(line);
      return;
    }
    const { kind, whole } = reader;
    if (kind === LINE.perhapsOpen) {
      reader.kind = whole;
      this.#sink.record(line);
      return;
    }
    if (kind === LINE.resultOpen && this.#read(`${text})`) > 0) {
      this.#sink.record(line);
      return;
    }
    if (this.#leniently(text)) {
      this.#sink.record(line);
      return;
    }
    if (kind === LINE.none) {
      this.#sink.refused(text, reader.prefix.deltaNs);
      return;
    }
    this.#read(text);
    if (kind === LINE.argsOpen) reader.argsTo = text.length;
    reader.cutOff();
    this.#sink.record(line);
  }

  /**
   * Reads a record whose parentheses do not match, since other text got into it: its result is what stands last behind
   * `) = `.
   */
  #leniently(text: string): boolean {
    const ends: number[] = [];
    for (const { index } of text.matchAll(RESULT_BEGINS)) ends.push(index);
    for (const close of ends.slice(-MOST_TRIES).reverse()) {
      const result = parseResult(text.slice(text.indexOf('=', close) + 1));
      if (result === undefined || result === 'open') continue;
      this.#read(text);
      const reader = this.#reader;
      if (close < reader.argsFrom || reader.whole === LINE.none) return false;
      reader.ended(close, result);
      return true;
    }
    return false;
  }

  #prefixed(): boolean {
    return this.#stamped() || this.#reader.prefix.nr >= 0;
  }

  #stamped(): boolean {
    const { stamp, deltaNs } = this.#reader.prefix;
    return stamp !== STAMP.none || !Number.isNaN(deltaNs);
  }

  /** Reads a line that somebody has put together. */
  read(text: string): boolean {
    return this.#read(text) > 0;
  }

  #read(text: string): number {
    const { length } = text;
    if (this.bytes.length <= length) this.bytes = Buffer.allocUnsafeSlow(length * 2 + 1);
    this.bytes.write(text, 'latin1');
    this.bytes[length] = 10;
    this.#reader.over(this.bytes);
    return this.#reader.read(this.bytes, 0);
  }
}

/** strace writes ASCII: no-break spaces (here in UTF-8) come from the page or mail that a log was copied from. */
function withSpaces(text: string): string {
  return text.includes(NO_BREAK_SPACE) ? text.replaceAll(NO_BREAK_SPACE, ' ') : text;
}

/** Without the marks of quoting (`>> `, `| `) and the indentation in front. */
function unquoted(text: string): string {
  let at = ECHO.test(text) ? 2 : 0;
  while (at < text.length && ' \t>|'.includes(text[at]!)) at++;
  return at === 0 ? text : text.slice(at);
}
