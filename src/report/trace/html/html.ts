import { clip, sanitize } from '../../../term/sanitize.ts';
import type { StateEvent, SyscallEvent, TraceEvent, Waker } from '../../../trace/event.ts';
import { Interned } from '../interned.ts';
import { isInterrupt } from '../interrupts.ts';
import { DURATION, KeptRows, START } from '../kept-rows.ts';
import { ThreadNames } from '../names.ts';
import type { TraceHead, TraceOutput, Write } from '../output.ts';
import { instantOf } from '../perfetto/instants.ts';
import type { TraceSummary } from '../summary.ts';
import type { PageAbout, PageGap, PageInstant, PageSpawn, PageSum } from './page/data.ts';
import {
  ASLEEP,
  BY_PERF,
  BY_STRACE,
  CALL_COLUMNS,
  callId,
  DIED,
  IDLE,
  NO_TEXT,
  ON_CPU,
  PREEMPTED,
  RUNNABLE,
  STATE_COLUMNS,
  STILL_OPEN,
  STOPPED,
  SUPERSEDED,
  stateId,
  TEXTS_ID,
  TRACER,
  UNINTERRUPTIBLE,
} from './page/data.ts';
import { pageBegin, pageEnd, writeData, writeJson } from './shell.ts';
import { pageSummary } from './summary.ts';
import { KnownThreads } from './threads.ts';
import { base64, VarintWriter } from './varint.ts';

/** What the page holds at most; of more calls and states it has the longest, and the sums of the rest. */
export interface PageLimits {
  readonly calls: number;
  readonly states: number;
  readonly instants: number;
  /** Signs of the texts of arguments and results, all together. */
  readonly textSigns: number;
}

const LIMITS: PageLimits = { calls: 500_000, states: 500_000, instants: 50_000, textSigns: 64_000_000 };

const MOST_NAMES = 10_000;
const MOST_STACKS = 50_000;
const MOST_WAKERS = 50_000;
const LONGEST_TEXT = 2000;

/** After DURATION and START. The rest of a row is in the order of the page's columns. */
const THREAD = 2;
const FIELDS = 3;
const CALL_WIDTH = FIELDS + CALL_COLUMNS.length - 2;
const STATE_WIDTH = FIELDS + STATE_COLUMNS.length - 2;
/** Place of the name or the code, which sums are told apart by. */
const WHAT = FIELDS;

/** One page of HTML with all of the trace in it: opens without a network, and lets nothing out. */
export function htmlOutput(head: TraceHead, write: Write, limits: Partial<PageLimits> = {}): TraceOutput {
  return new Html(head, write, { ...LIMITS, ...limits });
}

class Html implements TraceOutput {
  readonly #head: TraceHead;
  readonly #write: Write;
  readonly #limits: PageLimits;
  readonly #comms: ThreadNames;
  readonly #threads: KnownThreads;
  readonly #names = new Interned(MOST_NAMES);
  readonly #texts: Interned;
  readonly #results: Interned;
  readonly #errnos = new Interned(MOST_NAMES);
  readonly #frames = new Interned(MOST_STACKS);
  /** As the texts of places of frames. */
  readonly #stacks = new Interned(MOST_STACKS);
  readonly #wakers = new Interned(MOST_WAKERS);
  readonly #wakerList: Waker[] = [];
  readonly #leftCalls = new Map<string, PageSum>();
  readonly #leftStates = new Map<string, PageSum>();
  readonly #calls: KeptRows;
  readonly #states: KeptRows;
  readonly #instants: PageInstant[] = [];
  readonly #spawns: PageSpawn[] = [];
  readonly #gaps: PageGap[] = [];
  #instantsLeft = 0;
  #fromNs = Infinity;
  #toNs = -Infinity;

  constructor(head: TraceHead, write: Write, limits: PageLimits) {
    this.#head = head;
    this.#write = write;
    this.#limits = limits;
    this.#comms = new ThreadNames(head);
    this.#threads = new KnownThreads(head);
    this.#texts = new Interned(limits.calls, limits.textSigns);
    this.#results = new Interned(limits.calls, limits.textSigns / 4);
    this.#calls = new KeptRows(CALL_WIDTH, limits.calls, (row) => addTo(this.#leftCalls, row));
    this.#states = new KeptRows(STATE_WIDTH, limits.states, (row) => addTo(this.#leftStates, row));
  }

  event(event: TraceEvent): void {
    if (!Number.isFinite(event.startNs)) return;
    this.#comms.note(event);
    this.#threads.note(event);
    const duration = 'durationNs' in event && event.durationNs > 0 ? Math.round(event.durationNs) : 0;
    const start = Math.round(event.startNs);
    if (!Number.isFinite(duration)) return;
    this.#fromNs = Math.min(this.#fromNs, start);
    this.#toNs = Math.max(this.#toNs, start + duration);
    if (event.type === 'syscall') this.#call(event, start, duration);
    else if (event.type === 'state') this.#state(event, start, duration);
    else this.#happening(event, start, duration);
  }

  finish(summary: TraceSummary): void {
    if (this.#toNs < this.#fromNs) [this.#fromNs, this.#toNs] = [0, 0];
    const tree = this.#threads.inTree();
    // From the place of being seen to the row in the page.
    const rowOf = new Int32Array(tree.length);
    for (const [row, { place }] of tree.entries()) rowOf[place] = row;
    this.#write(pageBegin(this.#title()));
    writeJson(this.#write, TEXTS_ID, this.#texts.texts);
    const calls = this.#calls.grouped(THREAD);
    const states = this.#states.grouped(THREAD);
    const callsOf = counted(this.#calls, calls, tree.length);
    const statesOf = counted(this.#states, states, tree.length);
    const order = (rows: Uint32Array, counts: Uint32Array) =>
      byTree(
        rows,
        counts,
        tree.map(({ place }) => place),
      );
    this.#columns(this.#calls, order(calls, callsOf), CALL_COLUMNS.map(callId));
    this.#columns(this.#states, order(states, statesOf), STATE_COLUMNS.map(stateId));
    const { list } = this.#threads;
    const threads = tree.map(({ place, depth }) => ({
      pid: list[place]!.pid,
      tid: list[place]!.tid,
      name: sanitize(this.#comms.of(list[place]!.tid)),
      depth,
      calls: callsOf[place]!,
      states: statesOf[place]!,
      end: list[place]!.end,
    }));
    this.#write(pageEnd(this.#about(summary, threads, rowOf)));
  }

  #title(): string {
    const { command, target } = this.#head;
    return sanitize(command === undefined ? `${target.comm} (${target.pid})` : command.join(' '));
  }

  #about(summary: TraceSummary, threads: PageAbout['threads'], rowOf: Int32Array): PageAbout {
    const { clock, toolVersion, recordedAt } = this.#head;
    const from = BigInt(this.#fromNs);
    const row = (place: number) => rowOf[place] ?? -1;
    const sums = (left: Map<string, PageSum>) =>
      [...left.values()].map((sum) => ({ ...sum, thread: row(sum.thread) }));
    return {
      version: toolVersion,
      title: this.#title(),
      recordedAt: recordedAt === undefined ? undefined : sanitize(recordedAt),
      monotonicNs: String(clock.originNs + from),
      realtimeNs: clock.offsetNs === undefined ? undefined : String(clock.originNs + clock.offsetNs + from),
      lengthNs: this.#toNs - this.#fromNs,
      threads,
      names: this.#names.texts,
      results: this.#results.texts,
      errnos: this.#errnos.texts,
      frames: this.#frames.texts,
      stacks: this.#stacks.texts.map((numbers) => numbers.split(' ').map(Number)),
      wakers: this.#wakerList.map(({ tid, comm, how, during, outside }) => ({
        thread: isInterrupt(how) ? -1 : row(this.#threads.find(tid)),
        interrupt: isInterrupt(how),
        tid,
        comm: sanitize(comm),
        how,
        during: during === undefined ? undefined : sanitize(during),
        outside,
      })),
      instants: this.#instants.map((instant) => ({
        ...instant,
        thread: row(instant.thread),
        at: instant.at - this.#fromNs,
      })),
      spawns: this.#spawns.map(({ parent, child, at, call }) => ({
        parent: row(parent),
        child: row(child),
        at: at - this.#fromNs,
        call,
      })),
      gaps: this.#gaps.map((gap) => ({ ...gap, thread: row(gap.thread), at: gap.at - this.#fromNs })),
      left: {
        callsFromNs: this.#calls.completeFrom,
        statesFromNs: this.#states.completeFrom,
        instants: this.#instantsLeft,
        otherThreads: this.#threads.refused,
        calls: sums(this.#leftCalls),
        states: sums(this.#leftStates),
      },
      summary: pageSummary(summary, this.#fromNs),
    };
  }

  #call(event: SyscallEvent, start: number, duration: number): void {
    const thread = this.#threads.of(event);
    if (thread < 0) return;
    const text = this.#texts.number(clip(sanitize(event.args), LONGEST_TEXT)) + 1;
    const result = event.result === undefined ? '' : String(event.result);
    const means = event.resultText === undefined ? '' : ` (${event.resultText})`;
    const error = event.errno === undefined ? '' : ` ${event.errno}`;
    this.#calls.add([
      duration,
      start,
      thread,
      this.#names.number(sanitize(event.name)) + 1,
      text,
      this.#results.number(clip(sanitize(`${result}${error}${means}`), LONGEST_TEXT)) + 1,
      event.errno === undefined ? 0 : this.#errnos.number(sanitize(event.errno)) + 1,
      flagsOf(event) | (text === 0 ? NO_TEXT : 0),
      orNone(event.straceNs),
      orNone(event.onCpuNs),
      orNone(event.runnableNs),
      orNone(event.blockedNs),
      orNone(event.ptraceNs),
      this.#waker(event.waker),
      this.#stack(event.stack),
    ]);
  }

  #state(event: StateEvent, start: number, duration: number): void {
    const thread = this.#threads.of(event);
    if (thread < 0) return;
    const during = event.during === undefined ? 0 : this.#names.number(sanitize(event.during)) + 1;
    const fields = [codeOf(event), during, this.#waker(event.waker), this.#stack(event.stack)];
    this.#states.add([duration, start, thread, ...fields]);
  }

  #happening(event: Exclude<TraceEvent, SyscallEvent | StateEvent>, start: number, duration: number): void {
    if (this.#instants.length + this.#spawns.length + this.#gaps.length >= this.#limits.instants) {
      this.#instantsLeft += 1;
      return;
    }
    const ofAll = event.type === 'gap' && event.tid === 0;
    const thread = ofAll ? -1 : this.#threads.of(event);
    if (thread < 0 && !ofAll) return;
    if (event.type === 'gap') {
      const lost = event.lost === undefined ? '' : `, ${event.lost} lost`;
      const text = sanitize(`${event.sources.join(', ')}: ${event.why}${lost}`);
      this.#gaps.push({ thread, at: start, duration, text });
    } else if (event.type === 'spawn') {
      const child = this.#threads.of({ pid: event.childPid, tid: event.childTid });
      if (child >= 0)
        this.#spawns.push({ parent: thread, child, at: start, call: sanitize(event.call ?? '') });
    } else {
      const { name, args } = instantOf(event);
      const more = Object.entries(args)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, clip(String(value), LONGEST_TEXT)] as const);
      this.#instants.push({ kind: event.type, thread, at: start, text: clip(name, LONGEST_TEXT), more });
    }
  }

  #waker(waker: Waker | undefined): number {
    if (waker === undefined) return 0;
    const number = this.#wakers.number(
      JSON.stringify([waker.tid, waker.comm, waker.how, waker.during, waker.outside]),
    );
    if (number === this.#wakerList.length) this.#wakerList.push(waker);
    return number + 1;
  }

  #stack(stack: readonly string[] | undefined): number {
    if (stack === undefined || stack.length === 0) return 0;
    const numbers = stack.map((frame) => this.#frames.number(sanitize(frame)));
    return numbers.includes(-1) ? 0 : this.#stacks.number(numbers.join(' ')) + 1;
  }

  /** Writes each column of these rows in this order. */
  #columns(rows: KeptRows, order: Uint32Array, ids: readonly string[]): void {
    for (const [column, id] of ids.entries()) {
      const bytes = new VarintWriter();
      let thread = -1;
      let last = 0;
      for (const row of order) {
        if (column > 0) {
          bytes.add(column === 1 ? rows.at(row, DURATION) : rows.at(row, FIELDS + column - 2));
          continue;
        }
        if (rows.at(row, THREAD) !== thread) last = this.#fromNs;
        thread = rows.at(row, THREAD);
        bytes.add(rows.at(row, START) - last);
        last = rows.at(row, START);
      }
      writeData(this.#write, id, base64(bytes.bytes));
    }
  }
}

function addTo(left: Map<string, PageSum>, row: Float64Array): void {
  const thread = row[THREAD]!;
  const what = row[WHAT]!;
  const key = `${thread} ${what}`;
  const sum = left.get(key) ?? { thread, what, count: 0, ns: 0 };
  left.set(key, { thread, what, count: sum.count + 1, ns: sum.ns + row[DURATION]! });
}

/** How many rows each thread has. */
function counted(rows: KeptRows, order: Uint32Array, threads: number): Uint32Array {
  const counts = new Uint32Array(threads);
  for (const row of order) counts[rows.at(row, THREAD)]! += 1;
  return counts;
}

/** Rows that are ordered by place, in the order of the tree. */
function byTree(order: Uint32Array, counts: Uint32Array, places: readonly number[]): Uint32Array {
  const begins = new Uint32Array(counts.length);
  for (let place = 1; place < counts.length; place++) begins[place] = begins[place - 1]! + counts[place - 1]!;
  const ordered = new Uint32Array(order.length);
  let at = 0;
  for (const place of places) {
    ordered.set(order.subarray(begins[place]!, begins[place]! + counts[place]!), at);
    at += counts[place]!;
  }
  return ordered;
}

const OPEN_FLAGS = { died: DIED, 'end-of-trace': STILL_OPEN, superseded: SUPERSEDED } as const;

function flagsOf({ sources, open }: SyscallEvent): number {
  const strace = sources.includes('strace') ? BY_STRACE : 0;
  const perf = sources.includes('perf') ? BY_PERF : 0;
  return strace | perf | (open === undefined ? 0 : OPEN_FLAGS[open]);
}

/** One more than the time; 0: nobody knows it. */
function orNone(ns: number | undefined): number {
  return ns === undefined || !(ns >= 0) || ns === Infinity ? 0 : Math.round(ns) + 1;
}

const CODES = { running: ON_CPU, runnable: RUNNABLE, blocked: ASLEEP, stopped: STOPPED, ptrace: TRACER };

function codeOf({ state, kernelState, preempted }: StateEvent): number {
  if (state === 'runnable' && preempted === true) return PREEMPTED;
  if (state === 'blocked' && kernelState === 'D') return UNINTERRUPTIBLE;
  if (state === 'blocked' && kernelState === 'I') return IDLE;
  return CODES[state];
}
