import type { StraceVisitor } from './call.ts';
import { parseExit, parseSignal } from './framed.ts';
import { LINE, LineReader } from './line/line.ts';
import { isSame, latin1 } from './line/words.ts';
import { LogClock, type StampKind } from './log-clock.ts';
import { type LogThread, LogThreads } from './log-threads.ts';
import { outOfStep } from './out-of-step.ts';
import { finish, newCall, resume } from './read-call.ts';
import { type StraceReaderTally, Tally } from './tally.ts';
import { Tidy } from './tidy.ts';
import { unquote } from './unquote.ts';
import { LONGEST_LINE, WholeLines, withoutMiddle } from './whole-lines.ts';

/** What the log itself does not tell. */
export interface StraceReaderOptions {
  /** What stamps are counted from, in nanoseconds since 1970; without, the whole second of the first stamp. */
  readonly originNs?: bigint;
  /** The thread that lines without a number belong to: of `-ff`, each file is one thread's. */
  readonly tid?: number;
  /** Threads of which nothing that strace tells of calls is true (out-of-step.ts), until they end. */
  readonly outOfStep?: ReadonlySet<number>;
}

const NEWLINE = 10;

/**
 * Reads the text of a strace log, in pieces of any size, and gives its records to a visitor in the order of its lines. All
 * flags are found out line by line. What it keeps is bounded: the call that each thread is in, one line of at most
 * `LONGEST_LINE`, and the lines that a wrapped record may still take.
 *
 * The callbacks run inside `feed` and `end`. While one runs, `elapsedNs` is that of its line. Strings of a record may hold
 * a kilobyte of the text around it: who keeps them for long pays that, no more.
 */
export class StraceReader {
  /** The log ends in the middle of a record. Known at its end. */
  isCut: boolean = false;
  readonly #visitor: StraceVisitor;
  readonly #line = new LineReader();
  readonly #tally = new Tally();
  readonly #tidy: Tidy;
  readonly #clock: LogClock;
  readonly #threads: LogThreads;
  readonly #wholeLines = new WholeLines({
    lines: (bytes, from, to) => this.#lines(bytes, from, to),
    cutLine: (bytes) => this.#cutLine(bytes),
  });
  /** The thread whose call was last said to be unfinished. */
  #justBegun: LogThread | undefined;

  constructor(visitor: StraceVisitor, options: StraceReaderOptions = {}) {
    this.#visitor = visitor;
    this.#clock = new LogClock(options.originNs);
    this.#threads = new LogThreads(options.tid ?? 0, options.outOfStep);
    this.#tidy = new Tidy(this.#line, {
      record: (line) => this.#record(this.#tidy.bytes, line),
      message: (text) => this.#message(text, this.#threads.of(0).tid),
      summaryRow: () => void this.#tally.summaryRows++,
      stackLine: () => void this.#tally.stackLines++,
      foreign: (lines) => {
        this.#tally.foreign += lines;
      },
      refused: (text, deltaNs) => {
        if (!Number.isNaN(deltaNs)) this.#clock.elapse(deltaNs);
        this.#tally.refuse(text);
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
    return this.#clock.kind;
  }

  /** What stamps of kind `unix` count from; undefined before the first. */
  get originNs(): bigint | undefined {
    return this.#clock.originNs;
  }

  /** The sum of all -r deltas up to the last line (`LogClock.elapsedNs`). NaN without -r. */
  get elapsedNs(): number {
    return this.#clock.elapsedNs;
  }

  /**
   * Why this is no strace log, in a sentence; undefined when it is one, or may become one. Ask after `end`.
   */
  refusal(): string | undefined {
    return this.#tally.refusal();
  }

  /** Takes the next bytes of the log. They are not kept. */
  feed(chunk: Uint8Array): void {
    this.#wholeLines.feed(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  /** No more bytes come: the last line may lack its newline, and what is unfinished stays so. */
  end(): void {
    this.#wholeLines.end((line, cut) => {
      this.#line.over(line);
      this.isCut = cut || this.#line.read(line, 0) < 0;
    });
    this.#tidy.flush();
    this.#tally.unfinishedLeft += this.#threads.end();
  }

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
    if (to - from > LONGEST_LINE) {
      this.#cutLine(withoutMiddle(bytes, from, to));
      return;
    }
    this.#tally.lines++;
    this.#tidy.line(bytes, from, to, this.#tally.lines);
  }

  #cutLine(bytes: Buffer): void {
    this.#tally.lines++;
    this.#tally.cut++;
    this.#tidy.line(bytes, 0, bytes.length, this.#tally.lines);
  }

  /** What `#line` has read out of `bytes` becomes events. */
  #record(bytes: Buffer, number: number): void {
    const { prefix, kind } = this.#line;
    this.#clock.read(prefix);
    const thread = this.#threads.of(prefix.tid);
    if (prefix.commTo > 0) this.#named(thread, bytes);
    switch (kind) {
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
        this.#message(latin1(bytes, this.#line.argsFrom, this.#line.argsTo), thread.tid);
    }
  }

  #named(thread: LogThread, bytes: Buffer): void {
    const { commFrom, commTo } = this.#line.prefix;
    if (thread.quotedComm !== undefined && isSame(thread.quotedComm, bytes, commFrom, commTo)) return;
    thread.quotedComm = this.#line.words.get(bytes, commFrom, commTo).text;
    thread.comm = unquote(thread.quotedComm);
  }

  #call(thread: LogThread, bytes: Buffer, number: number): void {
    const line = this.#line;
    if (thread.outOfStep) {
      this.#tally.outOfStep++;
      return;
    }
    this.#tally.calls++;
    if (!line.name.call) this.#tally.unknownCall(line.name.text);
    if (thread.open) this.#left(thread);
    const call = newCall(thread.tid, thread.comm, line, bytes, this.#clock.stampNs, number);
    if (call.state === 'open') {
      this.#tally.unfinished++;
      thread.open = call;
      this.#justBegun = thread;
      this.#visitor.begun(call);
      return;
    }
    this.#visitor.begun(call);
    this.#visitor.ended(call, this.#clock.stampNs);
  }

  #left(thread: LogThread): void {
    this.#tally.unfinishedLeft++;
    thread.open = undefined;
  }

  #resumed(thread: LogThread, bytes: Buffer, number: number): void {
    const line = this.#line;
    if (thread.outOfStep) {
      this.#tally.outOfStep++;
      return;
    }
    this.#tally.resumed++;
    const call = this.#threads.takeOpen(thread, line.name.text);
    if (call === undefined) {
      this.#tally.resumedAlone++;
      if (thread.open) this.#left(thread);
      if (!this.#visitor.resumedAlone) return;
      const alone = newCall(thread.tid, thread.comm, line, bytes, Number.NaN, number);
      finish(alone, line);
      this.#visitor.resumedAlone(alone, this.#clock.stampNs);
      return;
    }
    resume(call, line, bytes);
    this.#visitor.ended(call, this.#clock.stampNs);
  }

  #signal(thread: LogThread, bytes: Buffer): void {
    const { argsFrom, argsTo } = this.#line;
    const signal = parseSignal(this.#line.text(bytes, argsFrom, argsTo), thread.tid, this.#clock.stampNs);
    if (signal === undefined) {
      this.#tally.refuse(latin1(bytes, argsFrom - 4, argsTo + 4));
      return;
    }
    this.#tally.signals++;
    this.#visitor.signal(signal);
  }

  #exit(thread: LogThread, bytes: Buffer): void {
    const { argsFrom, argsTo } = this.#line;
    const exit = parseExit(
      this.#line.words.get(bytes, argsFrom, argsTo).text,
      thread.tid,
      this.#clock.stampNs,
    );
    if (exit === undefined) {
      this.#tally.refuse(latin1(bytes, argsFrom - 4, argsTo + 4));
      return;
    }
    this.#tally.exits++;
    if (thread.open) {
      const call = thread.open;
      thread.open = undefined;
      call.state = exit.supersededBy === undefined ? 'no-return' : 'superseded';
      this.#visitor.ended(call, this.#clock.stampNs);
    }
    this.#visitor.exit(exit);
    this.#threads.forget(thread);
    if (exit.supersededBy !== undefined) this.#threads.supersede(thread.tid, exit.supersededBy);
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
    const thread = this.#threads.leaveOut(tid);
    if (thread?.open) this.#left(thread);
  }
}
