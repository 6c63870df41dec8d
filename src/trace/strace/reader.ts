import { unquote } from './arguments.ts';
import type { StraceCall, StraceTally, StraceVisitor } from './call.ts';
import { parseExit, parseSignal } from './framed.ts';
import { LINE, LineReader, STAMP } from './line.ts';
import { isSame, latin1 } from './names.ts';
import { outOfStep } from './out-of-step.ts';
import { Tidy } from './tidy.ts';

export interface StraceReaderOptions {
  /** What stamps are counted from, in nanoseconds since 1970; without, the whole second of the first stamp. */
  readonly originNs?: bigint;
  /** The thread that lines without a number belong to: of `-ff`, each file is one thread's. */
  readonly tid?: number;
  /** Threads of which nothing that strace tells of calls is true (out-of-step.ts), until they end. */
  readonly outOfStep?: ReadonlySet<number>;
}

/**
 * What the stamps of a log count: `unix` (-ttt), `time-of-day` (-t, -tt: since midnight of the first day, local time of
 * who traced), `relative` (-r alone: since the first line), or `none`.
 */
export type StampKind = 'unix' | 'time-of-day' | 'relative' | 'none';

/** Counts beside those that all need. */
export interface StraceReaderTally extends StraceTally {
  /** Lines that told the beginning of a call alone, and the end of one alone. */
  readonly unfinished: number;
  readonly resumed: number;
  /** -k: lines of stacks. */
  readonly stackLines: number;
  /** Lines that went on with the one before: wrapped, or interrupted by the program's own output. */
  readonly joined: number;
  /** Lines longer than `LONGEST_LINE`, of which the middle was left out. */
  readonly cut: number;
  /** Calls by names that no architecture is known to have. */
  readonly unknownCalls: number;
  /** Lines of calls that were left out, of threads with which strace was out of step. */
  readonly outOfStep: number;
}

/** Of a longer line the middle is left out: the beginning and the end tell what call it was and how it ended. */
export const LONGEST_LINE = 1024 * 1024;
const KEPT_OF_END = 64 * 1024;
const KEPT_OF_START = LONGEST_LINE - KEPT_OF_END;

const NEWLINE = 10;
const NANOSECONDS = 1_000_000_000;
const DAY_NS = 86_400 * NANOSECONDS;
const EXAMPLES = 10;
const EXAMPLE_LENGTH = 200;
/** Below this share and number, unknown names are new calls; above it the text is another tool's. */
const FOREIGN_CALLS = 3;
const FOREIGN_SHARE = 0.1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Thread {
  readonly tid: number;
  comm: string | undefined;
  /** The same as the log has it: quoted as strings are in C. */
  quotedComm: string | undefined;
  open: Mutable<StraceCall> | undefined;
  outOfStep: boolean;
}

class Tally implements StraceReaderTally {
  lines = 0;
  calls = 0;
  signals = 0;
  exits = 0;
  messages = 0;
  summaryRows = 0;
  unfinishedLeft = 0;
  resumedAlone = 0;
  foreign = 0;
  refused = 0;
  refusedExamples: string[] = [];
  unfinished = 0;
  resumed = 0;
  stackLines = 0;
  joined = 0;
  cut = 0;
  unknownCalls = 0;
  outOfStep = 0;
}

/**
 * Reads the text of a strace log, in pieces of any size, and gives its records to a visitor in the order of its lines. All
 * flags are found out line by line. What it keeps is bounded: the call that each thread is in, one line of at most
 * `LONGEST_LINE`, and the lines that a wrapped record may still take.
 *
 * The callbacks run inside `feed` and `end`. While one runs, `elapsedNs` is that of its line. Strings of a record may hold
 * a kilobyte of the text around it: who keeps them for long pays that, no more.
 */
export class StraceReader {
  readonly #visitor: StraceVisitor;
  readonly #line = new LineReader();
  readonly #tally = new Tally();
  readonly #tidy: Tidy;
  readonly #threads = new Map<number, Thread>();
  readonly #defaultTid: number;
  readonly #outOfStep: Set<number>;
  /** The thread of the line before: the next line is often its, too. */
  #last: Thread | undefined;
  /** The thread whose call was last said to be unfinished. */
  #justBegun: Thread | undefined;
  /** The only thread there is: that of lines without a number. */
  #alone: Thread | undefined;

  #origin: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  #stampKind: StampKind = 'none';
  #dayNs = 0;
  #lastOfDayNs = 0;
  #stampNs = Number.NaN;
  #elapsedNs = Number.NaN;

  /** The beginning of a line whose end has not come yet. */
  #tail: Buffer = Buffer.alloc(0);
  #tailLength = 0;
  #tailLost = 0;

  constructor(visitor: StraceVisitor, options: StraceReaderOptions = {}) {
    this.#visitor = visitor;
    this.#defaultTid = options.tid ?? 0;
    this.#outOfStep = new Set(options.outOfStep);
    const { originNs } = options;
    if (originNs !== undefined) {
      this.#origin = {
        seconds: Number(originNs / BigInt(NANOSECONDS)),
        nanoseconds: Number(originNs % BigInt(NANOSECONDS)),
      };
    }
    this.#tidy = new Tidy(this.#line, {
      record: (line) => this.#record(this.#tidy.bytes, line),
      message: (text) => this.#message(text, this.#threadOf(0).tid),
      summaryRow: () => void this.#tally.summaryRows++,
      stackLine: () => void this.#tally.stackLines++,
      foreign: (lines) => {
        this.#tally.foreign += lines;
      },
      refused: (text, deltaNs) => {
        if (!Number.isNaN(deltaNs)) this.#elapse(deltaNs);
        this.#refuse(text);
      },
      headless: (text, line) => this.#headless(text, line),
      joined: (lines) => {
        this.#tally.joined += lines;
      },
    });
  }

  get tally(): StraceReaderTally {
    return this.#tally;
  }

  get stampKind(): StampKind {
    return this.#stampKind;
  }

  /** What stamps of kind `unix` count from; undefined before the first. */
  get originNs(): bigint | undefined {
    const origin = this.#origin;
    return origin && BigInt(origin.seconds) * BigInt(NANOSECONDS) + BigInt(origin.nanoseconds);
  }

  /**
   * The sum of all -r deltas up to the last line, which the first line begins with 0: a monotonic clock that does not step
   * with the wall clock. NaN without -r.
   */
  get elapsedNs(): number {
    return this.#elapsedNs;
  }

  /**
   * Why this is no strace log, in a sentence; undefined when it is one, or may become one. Ask after `end`.
   */
  refusal(): string | undefined {
    const { calls, unknownCalls, resumedAlone, signals, exits, summaryRows, lines } = this.#tally;
    if (calls + resumedAlone + signals + exits + summaryRows === 0) {
      return `no strace records in ${lines} ${lines === 1 ? 'line' : 'lines'}`;
    }
    if (unknownCalls >= FOREIGN_CALLS && unknownCalls > calls * FOREIGN_SHARE) {
      return (
        `not (only) a strace log: ${unknownCalls} of ${calls} calls are no system calls ` +
        `(${this.#foreignNames.join(', ')}): library calls, as ltrace prints them?`
      );
    }
    return undefined;
  }

  /** The log ends in the middle of a record. Known at its end. */
  isCut: boolean = false;
  readonly #foreignNames: string[] = [];

  /** Takes the next bytes of the log. They are not kept. */
  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    if (this.#tailLength > 0 || this.#tailLost > 0) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) {
        this.#keep(bytes, 0, bytes.length);
        return;
      }
      this.#keep(bytes, 0, newline + 1);
      this.#endTail();
      from = newline + 1;
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last >= from) this.#lines(bytes, from, last + 1);
    const rest = Math.max(last + 1, from);
    if (rest < bytes.length) this.#keep(bytes, rest, bytes.length);
  }

  /** No more bytes come: the last line may lack its newline, and what is unfinished stays so. */
  end(): void {
    if (this.#tailLength > 0 || this.#tailLost > 0) {
      this.#keep(Buffer.from('\n'), 0, 1);
      this.#line.over(this.#tail);
      this.isCut = this.#tailLost > 0 || this.#line.read(this.#tail, 0) < 0;
      this.#endTail();
    }
    this.#tidy.flush();
    for (const { open } of this.#threads.values()) if (open) this.#tally.unfinishedLeft++;
    this.#threads.clear();
    this.#last = undefined;
  }

  /** Whole lines, each with its newline. */
  #lines(bytes: Buffer, from: number, to: number): void {
    let at = from;
    this.#line.over(bytes);
    while (at < to) {
      if (!this.#tidy.waiting) {
        const next = this.#line.read(bytes, at);
        if (next > 0 && next - at <= LONGEST_LINE) {
          this.#tally.lines++;
          this.#record(bytes, this.#tally.lines);
          at = next;
          continue;
        }
      }
      const newline = bytes.indexOf(NEWLINE, at);
      this.#untidy(bytes, at, newline + 1);
      this.#line.over(bytes);
      at = newline + 1;
    }
  }

  #untidy(bytes: Buffer, from: number, to: number): void {
    this.#tally.lines++;
    if (to - from <= LONGEST_LINE) {
      this.#tidy.line(bytes, from, to, this.#tally.lines);
      return;
    }
    const kept = Buffer.allocUnsafe(LONGEST_LINE);
    bytes.copy(kept, 0, from, from + KEPT_OF_START);
    bytes.copy(kept, KEPT_OF_START, to - KEPT_OF_END, to);
    this.#tally.cut++;
    this.#tidy.line(kept, 0, LONGEST_LINE, this.#tally.lines);
  }

  /** Adds to the line whose end has not come: its start and its last bytes. */
  #keep(bytes: Buffer, from: number, to: number): void {
    const room = LONGEST_LINE + KEPT_OF_END;
    let at = from;
    while (at < to) {
      if (this.#tailLength === room) {
        // The last bytes so far move to where the last bytes stand.
        this.#tail.copy(this.#tail, KEPT_OF_START, room - KEPT_OF_END, room);
        this.#tailLength = LONGEST_LINE;
        this.#tailLost += KEPT_OF_END;
      }
      const count = Math.min(to - at, room - this.#tailLength);
      this.#reserve(this.#tailLength + count, room);
      bytes.copy(this.#tail, this.#tailLength, at, at + count);
      this.#tailLength += count;
      at += count;
    }
  }

  #reserve(length: number, most: number): void {
    if (length <= this.#tail.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(most, Math.max(4096, length * 2)));
    this.#tail.copy(grown, 0, 0, this.#tailLength);
    this.#tail = grown;
  }

  #endTail(): void {
    const length = this.#tailLength;
    const lost = this.#tailLost;
    this.#tailLength = 0;
    this.#tailLost = 0;
    if (lost === 0) {
      this.#lines(this.#tail, 0, length);
      return;
    }
    const kept = Math.min(length, LONGEST_LINE);
    this.#tail.copy(this.#tail, KEPT_OF_START, length - KEPT_OF_END, length);
    this.#tally.lines++;
    this.#tally.cut++;
    this.#tidy.line(this.#tail, 0, kept, this.#tally.lines);
  }

  // —— records ——

  /** What `#line` has read out of `bytes` becomes events. */
  #record(bytes: Buffer, number: number): void {
    const line = this.#line;
    if (line.stamp !== STAMP.none) this.#stamped();
    else this.#stampNs = Number.NaN;
    if (!Number.isNaN(line.deltaNs)) this.#relative(line.deltaNs);
    const thread = this.#threadOf(line.tid);
    if (line.commTo > 0) this.#named(thread, bytes);
    switch (line.kind) {
      case LINE.call:
      case LINE.begun:
        this.#call(thread, bytes, number);
        break;
      case LINE.resumed:
        this.#resumed(thread, bytes, number);
        break;
      case LINE.signal:
        this.#signal(thread, bytes);
        break;
      case LINE.exit:
        this.#exit(thread, bytes);
        break;
      default:
        this.#message(latin1(bytes, line.argsFrom, line.argsTo), thread.tid);
    }
  }

  #stamped(): void {
    const { stamp, seconds, nanoseconds } = this.#line;
    if (stamp === STAMP.unix) {
      this.#origin ??= { seconds, nanoseconds: 0 };
      this.#stampKind = 'unix';
      // Never as nanoseconds since 1970, which a number cannot hold.
      this.#stampNs =
        (seconds - this.#origin.seconds) * NANOSECONDS + (nanoseconds - this.#origin.nanoseconds);
      return;
    }
    this.#stampKind = 'time-of-day';
    const ofDay = seconds * NANOSECONDS + nanoseconds;
    // Lines come in order, but for a stepped clock: half a day back is the next day.
    if (ofDay < this.#lastOfDayNs - DAY_NS / 2) this.#dayNs += DAY_NS;
    else if (ofDay > this.#lastOfDayNs + DAY_NS / 2 && this.#dayNs > 0) this.#dayNs -= DAY_NS;
    this.#lastOfDayNs = ofDay;
    this.#stampNs = this.#dayNs + ofDay;
  }

  #relative(deltaNs: number): void {
    this.#elapse(deltaNs);
    if (this.#line.stamp !== STAMP.none) return;
    this.#stampKind = 'relative';
    this.#stampNs = this.#elapsedNs;
  }

  #elapse(deltaNs: number): void {
    // The first line's delta is to nothing.
    this.#elapsedNs = Number.isNaN(this.#elapsedNs) ? 0 : this.#elapsedNs + deltaNs;
  }

  #threadOf(tid: number): Thread {
    if (this.#last !== undefined && this.#last.tid === tid) return this.#last;
    if (tid === 0 && this.#alone !== undefined) return this.#alone;
    return this.#otherThread(tid);
  }

  #otherThread(number: number): Thread {
    const tid = number === 0 ? this.#numberless() : number;
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      thread = {
        tid,
        comm: undefined,
        quotedComm: undefined,
        open: undefined,
        outOfStep: this.#outOfStep.has(tid),
      };
      // A thread without number that is in no call will be seen under its number.
      if (number !== 0 && this.#threads.get(0)?.open === undefined) this.#threads.delete(0);
      this.#threads.set(tid, thread);
      this.#alone = undefined;
    }
    if (number !== 0) this.#last = thread;
    else if (this.#threads.size === 1) this.#alone = thread;
    return thread;
  }

  /** Whose a line without a number is: strace leaves it out while it traces one thread only. */
  #numberless(): number {
    if (this.#defaultTid !== 0) return this.#defaultTid;
    if (this.#threads.size !== 1) return 0;
    const [only] = this.#threads.keys();
    return only!;
  }

  #named(thread: Thread, bytes: Buffer): void {
    const { commFrom, commTo } = this.#line;
    if (thread.quotedComm !== undefined && isSame(thread.quotedComm, bytes, commFrom, commTo)) return;
    thread.quotedComm = this.#line.words.get(bytes, commFrom, commTo).text;
    thread.comm = unquote(thread.quotedComm);
  }

  #call(thread: Thread, bytes: Buffer, number: number): void {
    const line = this.#line;
    if (thread.outOfStep) {
      this.#tally.outOfStep++;
      return;
    }
    this.#tally.calls++;
    if (!line.name.call) this.#unknown(line.name.text);
    if (thread.open) this.#left(thread);
    const call = newCall(thread, line, bytes, this.#stampNs, number);
    if (call.state === 'open') {
      this.#tally.unfinished++;
      thread.open = call;
      this.#justBegun = thread;
      this.#visitor.begun(call);
      return;
    }
    this.#visitor.begun(call);
    this.#visitor.ended(call, this.#stampNs);
  }

  #unknown(name: string): void {
    this.#tally.unknownCalls++;
    if (this.#foreignNames.length < FOREIGN_CALLS && !this.#foreignNames.includes(name)) {
      this.#foreignNames.push(name);
    }
  }

  #left(thread: Thread): void {
    this.#tally.unfinishedLeft++;
    thread.open = undefined;
  }

  #resumed(thread: Thread, bytes: Buffer, number: number): void {
    const line = this.#line;
    if (thread.outOfStep) {
      this.#tally.outOfStep++;
      return;
    }
    this.#tally.resumed++;
    const call = this.#openOf(thread, line.name.text);
    if (call === undefined) {
      this.#tally.resumedAlone++;
      if (thread.open) this.#left(thread);
      if (!this.#visitor.resumedAlone) return;
      const alone = newCall(thread, line, bytes, Number.NaN, number);
      finish(alone, line);
      this.#visitor.resumedAlone(alone, this.#stampNs);
      return;
    }
    call.args = joinedArguments(call.args, line.text(bytes, line.argsFrom, line.argsTo));
    finish(call, line);
    this.#visitor.ended(call, this.#stampNs);
  }

  /** Takes the call that is resumed out of its thread. */
  #openOf(thread: Thread, name: string): Mutable<StraceCall> | undefined {
    const owner = thread.open ? thread : this.#formerlyNumberless(thread);
    const call = owner?.open;
    if (owner === undefined || call === undefined || call.name !== name) return undefined;
    owner.open = undefined;
    if (owner !== thread) this.#forget(owner);
    return call;
  }

  /** A thread gets its number when a second one comes to be traced. */
  #formerlyNumberless(thread: Thread): Thread | undefined {
    return thread.tid === 0 || this.#defaultTid !== 0 ? undefined : this.#threads.get(0);
  }

  #signal(thread: Thread, bytes: Buffer): void {
    const { argsFrom, argsTo } = this.#line;
    const signal = parseSignal(this.#line.text(bytes, argsFrom, argsTo), thread.tid, this.#stampNs);
    if (signal === undefined) {
      this.#refuse(latin1(bytes, argsFrom - 4, argsTo + 4));
      return;
    }
    this.#tally.signals++;
    this.#visitor.signal(signal);
  }

  #exit(thread: Thread, bytes: Buffer): void {
    const { argsFrom, argsTo } = this.#line;
    const exit = parseExit(this.#line.words.get(bytes, argsFrom, argsTo).text, thread.tid, this.#stampNs);
    if (exit === undefined) {
      this.#refuse(latin1(bytes, argsFrom - 4, argsTo + 4));
      return;
    }
    this.#tally.exits++;
    if (thread.open) {
      const call = thread.open;
      thread.open = undefined;
      call.state = exit.supersededBy === undefined ? 'no-return' : 'superseded';
      this.#visitor.ended(call, this.#stampNs);
    }
    this.#visitor.exit(exit);
    this.#forget(thread);
    if (exit.supersededBy !== undefined) this.#supersede(thread.tid, exit.supersededBy);
  }

  #forget(thread: Thread): void {
    // Its number may become another's.
    if (thread.outOfStep) this.#outOfStep.delete(thread.tid);
    this.#threads.delete(thread.tid);
    this.#last = undefined;
    this.#alone = undefined;
  }

  /** The thread that called execve goes on under the leader's number, its call still open. */
  #supersede(leader: number, caller: number): void {
    const former = this.#threads.get(caller);
    if (former === undefined) return;
    this.#forget(former);
    this.#threads.set(leader, { ...former, tid: leader });
  }

  /** -z and -Z leave `<... name resumed>` out: what follows an unfinished call at once is its end. */
  #headless(text: string, number: number): boolean {
    const thread = this.#justBegun;
    const call = thread?.open;
    if (thread === undefined || call === undefined || call.line !== number - 1) return false;
    if (!this.#tidy.read(`<... ${call.name} resumed>${text}`)) return false;
    this.#resumed(thread, this.#tidy.bytes, number);
    return true;
  }

  #message(text: string, tid: number): void {
    this.#tally.messages++;
    for (const pid of outOfStep(text)) this.#leaveOut(pid);
    this.#visitor.message(text, tid);
  }

  #leaveOut(tid: number): void {
    this.#outOfStep.add(tid);
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    thread.outOfStep = true;
    if (thread.open) this.#left(thread);
  }

  #refuse(text: string): void {
    this.#tally.refused++;
    if (this.#tally.refusedExamples.length < EXAMPLES) {
      this.#tally.refusedExamples.push(text.slice(0, EXAMPLE_LENGTH));
    }
  }
}

/** A literal: what a class with fields would cost for each record is felt. */
function newCall(
  thread: Thread,
  read: LineReader,
  bytes: Buffer,
  stampNs: number,
  line: number,
): Mutable<StraceCall> {
  const name = read.name.text;
  const whole = read.kind === LINE.call;
  const args = read.argsTo > read.argsFrom ? read.text(bytes, read.argsFrom, read.argsTo) : '';
  return {
    tid: thread.tid,
    comm: thread.comm,
    stampNs,
    deltaNs: read.deltaNs,
    nr: read.nr,
    name,
    args: name === 'write' ? withoutOutput(args) : args,
    result: whole ? read.result : Number.NaN,
    resultText: whole ? read.resultText : undefined,
    errno: whole ? read.errno : undefined,
    durationNs: whole ? read.durationNs : Number.NaN,
    state: whole ? (read.lost ? 'no-return' : 'done') : read.detached ? 'detached' : 'open',
    resuming: name === 'restart_syscall' ? RESUMING.exec(args)?.[1] : undefined,
    line,
  };
}

/** The call ended as the line says. */
function finish(call: Mutable<StraceCall>, read: LineReader): void {
  if (read.detached) {
    call.state = 'detached';
    return;
  }
  call.result = read.result;
  call.resultText = read.resultText;
  call.errno = read.errno;
  call.durationNs = read.durationNs;
  call.state = read.lost ? 'no-return' : 'done';
}

/** The count that ends the arguments of write, and behind it what the program wrote to the same terminal. */
const WRITTEN = /^-?\d+(?:<[^"]*>)?, "(?:[^"\\]|\\.)*"(?:\.\.\.)?, \d+(?=[^\dx,])/;

function withoutOutput(args: string): string {
  if (args === '') return args;
  const last = args.charCodeAt(args.length - 1);
  return last >= 48 && last < 58 ? args : (WRITTEN.exec(args)?.[0] ?? args);
}

const RESUMING = /^<\.\.\. resuming interrupted ([\w?]+) \.\.\.>/;

/** strace 4.x puts a space in front of the second half, newer ones let it begin where the first one ended. */
function joinedArguments(first: string, second: string): string {
  if (second === '' || second === ' ') return first;
  if (first === '') return second.trimStart();
  if (second.startsWith(' ') && first.endsWith(' ')) return first + second.slice(1);
  return first + second;
}
