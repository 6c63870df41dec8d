import { PERF, type PerfHeader } from '../batch.ts';
import type { ByteSource } from '../byte-source.ts';
import { HostNumbers } from '../host-numbers.ts';
import { detached } from '../texts.ts';
import { type Frame, parseFrame } from './frame.ts';
import { type Head, parseTimedHead, parseUntimedHead } from './head.ts';
import { HeaderComments } from './header-comments.ts';
import { type Payload, readPayload, readTaskRecord } from './payload.ts';
import { TextSource } from './text-base.ts';

/** Lines before the first record in which a header is looked for. */
const MOST_PREAMBLE_LINES = 4096;

/** Different lines of call chains that are remembered. */
const CACHED_FRAMES = 1 << 15;

/** Longer ones, of programs with long templates, are read anew each time. */
const LONGEST_CACHED_FRAME = 512;

const MOST_FRAMES = 512;

/** A name of a thread may hold newlines: its record then goes on in lines that are no heads. */
const MOST_CONTINUATIONS = 4;

const TASK_RECORD = 'PERF_RECORD_';

/** An address and a name behind an event that has no call chain. */
const ADDRESS_BEHIND = /^\s*[0-9a-f]{4,16}\s+\S/;

/** With -F srcline each function is followed by its place in the source. */
const SOURCE_LINE = /^\s+[^\s:]+:\d+$/;

const STARTS_WITH_ADDRESS = /^\s*[0-9a-f]{1,16}\s+\S/;

/** Reads the text of perf script. */
export class ScriptReader extends TextSource {
  readonly #comments = new HeaderComments();
  readonly #frames = new Map<string, Frame>();
  readonly #numbers = new HostNumbers();
  readonly #lastOnCpu = new Map<number, number>();
  #head: Head | undefined;
  #rest = '';
  #continuations = 0;
  #chain: Frame[] = [];
  #timed: boolean = false;
  /** What stood on a line of its own: the first half of a name with a newline in it, or nothing of perf's. */
  #loose: string | undefined;
  readonly #header: PerfHeader;

  constructor(source: ByteSource, originNs: bigint) {
    super(source, originNs);
    let lines = 0;
    while (!this.#head && lines < MOST_PREAMBLE_LINES && this.step()) lines += 1;
    this.#header = this.#comments.header;
  }

  get header(): PerfHeader {
    return this.#header;
  }

  protected take(line: string): void {
    const head = parseTimedHead(line);
    if (head) {
      this.#timed = true;
      this.#begin(head);
    } else if (line.trim() === '') this.#end();
    else if (line.startsWith('#')) {
      this.tally.comments += 1;
      this.#comments.take(line);
    } else this.#takeOther(line);
  }

  protected finish(): void {
    this.#end();
    this.#dropLoose();
  }

  #takeOther(line: string): void {
    const inRecord = this.#head !== undefined;
    if (inRecord && STARTS_WITH_ADDRESS.test(line) && this.#frame(line)) return;
    if (!this.#timed) {
      const head = parseUntimedHead(line);
      if (head) {
        this.#begin(head);
        return;
      }
    }
    if (inRecord && this.#continues(line)) return;
    if (inRecord && !SOURCE_LINE.test(line) && this.#frame(line)) return;
    if (this.#chain.length > 0) {
      // Of a line that mail has wrapped, or of -F srcline: the chain may go on behind it.
      if (!SOURCE_LINE.test(line)) this.foreign(line);
      return;
    }
    this.#end();
    this.#dropLoose();
    this.#loose = line;
  }

  #begin(head: Head): void {
    this.#end();
    // A short line in front of a head is the first half of the name in it.
    if (this.#loose !== undefined && this.#loose.length < 16 && head.time) this.#loose = undefined;
    this.#dropLoose();
    this.#head = head;
    this.#rest = head.rest;
    this.#continuations = 0;
    this.#chain = [];
    this.tally.records += 1;
    if (!head.event.startsWith(TASK_RECORD)) this.tally.samples += 1;
  }

  #dropLoose(): void {
    if (this.#loose !== undefined) this.foreign(this.#loose);
    this.#loose = undefined;
  }

  /** Whether the line is the rest of a record that was cut by a newline within a name. */
  #continues(line: string): boolean {
    if (this.#chain.length > 0 || this.#continuations >= MOST_CONTINUATIONS) return false;
    if (this.#payload() !== undefined) return false;
    this.#continuations += 1;
    this.#rest += `\n${line}`;
    return true;
  }

  #frame(line: string): boolean {
    let frame = this.#frames.get(line);
    if (!frame) {
      const parsed = parseFrame(line);
      if (!parsed) return false;
      frame = { name: detached(parsed.name), kernel: parsed.kernel };
      if (this.#frames.size >= CACHED_FRAMES) this.#frames.clear();
      if (line.length <= LONGEST_CACHED_FRAME) this.#frames.set(detached(line), frame);
    }
    this.tally.frames += 1;
    if (this.#chain.length < MOST_FRAMES) this.#chain.push(frame);
    return true;
  }

  /** undefined: it cannot be read; null: nothing that has a row of its own. */
  #payload(): Payload | undefined | null {
    const { event, time } = this.#head!;
    if (!event.startsWith(TASK_RECORD)) return readPayload(event, this.#rest);
    return readTaskRecord(event, this.#rest, !time || (time.seconds === 0 && time.nanoseconds === 0));
  }

  /** The record is complete: it becomes a row. */
  #end(): void {
    const head = this.#head;
    if (!head) return;
    const payload = this.#payload();
    const chain = this.#chain;
    this.#head = undefined;
    this.#chain = [];
    const time = head.time ? this.ns(head.time.seconds, head.time.nanoseconds) : Number.NaN;
    const before = this.#lastOnCpu.get(head.cpu);
    if (!Number.isNaN(time)) this.#lastOnCpu.set(head.cpu, time);
    if (payload === undefined) this.refuse(`${head.event}: ${this.#rest}`);
    else if (payload) this.#row(head, payload, chain, time, before);
    else if (head.event.startsWith(TASK_RECORD)) this.tally.passedOver += 1;
    else this.#sampleRow(head, chain, time);
  }

  #sampleRow(head: Head, chain: Frame[], time: number): void {
    if (chain.length === 0 && ADDRESS_BEHIND.test(this.#rest)) {
      const frame = parseFrame(this.#rest);
      if (frame) chain.push({ name: detached(frame.name), kernel: frame.kernel });
    }
    const row = this.rows.add(PERF.sample, time, head.pid, head.tid, head.cpu);
    const { columns } = this.rows;
    columns.a[row] = head.period;
    columns.text[row] = this.texts.intern(head.event);
    columns.stack[row] = this.stacks.intern(chain.map(({ name }) => name));
  }

  #row(
    head: Head,
    payload: Payload,
    chain: readonly Frame[],
    time: number,
    before: number | undefined,
  ): void {
    const pid = payload.kind === PERF.switch ? head.pid : (payload.pid ?? head.pid);
    const tid =
      payload.kind === PERF.switch ? this.#leaving(head.tid, payload.tid) : (payload.tid ?? head.tid);
    // Where the head tells no number, the payload's stands for it.
    const host = head.tid > 0 ? (payload.host ?? -1) : -1;
    this.#numbers.learn(host, head.tid);
    const row = this.rows.add(payload.kind, time, pid, tid, head.cpu);
    const { columns } = this.rows;
    columns.host[row] = host;
    columns.a[row] = payload.a ?? 0;
    columns.b[row] = payload.kind === PERF.lost ? (before ?? columns.at[row]!) : (payload.b ?? 0);
    if (payload.text !== undefined) columns.text[row] = this.texts.intern(payload.text);
    columns.argHex[row] = payload.args;
    if (chain.length > 0) {
      const kernel = chain.filter((frame) => frame.kernel);
      columns.stack[row] = this.stacks.intern(kernel.map(({ name }) => name));
    }
  }

  /** Who leaves the CPU: by the head, but one that has ended has no number there any more. */
  #leaving(tid: number, host: number | undefined): number {
    if (tid >= 0 || host === undefined) return tid;
    return this.#numbers.ranAs(host);
  }
}
