import { sanitize } from '../../../term/sanitize.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../../trace/event.ts';
import { safeValue } from '../../json-text.ts';
import { Interned } from '../interned.ts';
import { DURATION, KeptRows, START } from '../kept-rows.ts';
import { ThreadNames } from '../names.ts';
import type { TraceHead, TraceOutput, Write } from '../output.ts';
import { type Layer, overlaid } from './overlay.ts';

/** Calls and states that are kept of a trace; of more, the longest. */
const MOST_SLICES = 500_000;
const MOST_FRAMES = 50_000;
const MOST_STACKS = 100_000;

/** The frame of what there is no room for. */
const OTHER = 0;

const TID = 2;
const STACK = 3;
const WIDTH = 4;

/**
 * The file format of speedscope.app: a profile of each thread, in which time goes to the right and below a system call
 * stands what the thread did in it: on a CPU, runnable, or blocked, with the kernel's functions it slept in.
 */
export function speedscopeOutput(
  head: TraceHead,
  write: Write,
  mostSlices: number = MOST_SLICES,
): TraceOutput {
  return new Speedscope(head, write, mostSlices);
}

class Speedscope implements TraceOutput {
  readonly #head: TraceHead;
  readonly #write: Write;
  readonly #names: ThreadNames;
  readonly #frames = new Interned(MOST_FRAMES);
  /** Stacks of frames, as the texts of their numbers. */
  readonly #stacks = new Interned(MOST_STACKS);
  readonly #left = new Map<number, number>();
  readonly #calls: KeptRows;
  readonly #states: KeptRows;
  readonly #leaders = new Map<number, number>();

  constructor(head: TraceHead, write: Write, mostSlices: number) {
    this.#head = head;
    this.#write = write;
    this.#names = new ThreadNames(head);
    this.#frames.number('other');
    const givesUp = (row: Float64Array) => this.#left.set(row[TID]!, (this.#left.get(row[TID]!) ?? 0) + 1);
    this.#calls = new KeptRows(WIDTH, mostSlices / 2, givesUp);
    this.#states = new KeptRows(WIDTH, mostSlices / 2, givesUp);
  }

  event(event: TraceEvent): void {
    this.#names.note(event);
    if (event.type === 'syscall') this.#keep(this.#calls, event, [event.name]);
    else if (event.type === 'state') this.#keep(this.#states, event, stateFrames(event));
  }

  finish(): void {
    const name = `${this.#head.target.pid} ${sanitize(this.#head.target.comm)}`;
    this.#write(`{"$schema":"https://www.speedscope.app/file-format-schema.json",`);
    this.#write(`"exporter":"procdiag ${this.#head.toolVersion}","name":${safeValue(name)},"profiles":[`);
    const calls = this.#calls.grouped(TID);
    const states = this.#states.grouped(TID);
    const tids = [...this.#leaders.keys()].sort((a, b) => a - b);
    let separator = '\n';
    let call = 0;
    let state = 0;
    for (const tid of tids) {
      const callsEnd = this.#endOf(this.#calls, calls, call, tid);
      const statesEnd = this.#endOf(this.#states, states, state, tid);
      this.#write(separator);
      this.#profile(
        tid,
        this.#layer(this.#calls, calls.subarray(call, callsEnd)),
        this.#layer(this.#states, states.subarray(state, statesEnd)),
      );
      separator = ',\n';
      call = callsEnd;
      state = statesEnd;
    }
    const frames = this.#frames.texts.map((frame) => `{"name":${safeValue(frame)}}`);
    this.#write(`\n],"shared":{"frames":[${frames.join(',\n')}]}}\n`);
  }

  #keep(rows: KeptRows, event: SyscallEvent | StateEvent, frames: readonly string[]): void {
    const start = Math.round(event.startNs);
    const duration = Math.round(event.durationNs);
    if (!(duration > 0) || !Number.isFinite(start)) return;
    this.#leaders.set(event.tid, event.pid);
    const numbers = frames.map((frame) => this.#frame(frame));
    const known = this.#stacks.number(numbers.join(' '));
    // The stack alone is given up where there are too many.
    const stack = known >= 0 ? known : this.#stacks.number(String(numbers[0]));
    if (stack >= 0) rows.add([duration, start, event.tid, stack]);
  }

  #frame(name: string): number {
    return Math.max(OTHER, this.#frames.number(sanitize(name)));
  }

  #endOf(rows: KeptRows, order: Uint32Array, from: number, tid: number): number {
    let end = from;
    while (end < order.length && rows.at(order[end]!, TID) === tid) end++;
    return end;
  }

  #layer(rows: KeptRows, order: Uint32Array): Layer {
    return {
      length: order.length,
      fromNs: (at) => rows.at(order[at]!, START),
      toNs: (at) => rows.at(order[at]!, START) + rows.at(order[at]!, DURATION),
      frames: (at) => this.#stacks.texts[rows.at(order[at]!, STACK)]!.split(' ').map(Number),
    };
  }

  #profile(tid: number, calls: Layer, states: Layer): void {
    const left = this.#left.get(tid);
    const pid = this.#leaders.get(tid)!;
    const short = left === undefined ? '' : ` (without the ${left} shortest calls and states)`;
    const process = pid === tid ? '' : ` of ${pid}`;
    const name = sanitize(`${tid} ${this.#names.of(tid)}${process}${short}`);
    let separator = '';
    let start: number | undefined;
    let end = 0;
    this.#write(`{"type":"evented","name":${safeValue(name)},"unit":"nanoseconds","events":[`);
    overlaid(calls, states, (opens, frame, at) => {
      this.#write(`${separator}{"type":"${opens ? 'O' : 'C'}","frame":${frame},"at":${at}}`);
      separator = ',';
      start ??= at;
      end = at;
    });
    this.#write(`],"startValue":${start ?? 0},"endValue":${end}}`);
  }
}

function stateFrames({ state, kernelState, preempted, stack }: StateEvent): readonly string[] {
  if (state === 'running') return ['on CPU'];
  if (state === 'runnable') return [preempted === true ? 'runnable (preempted)' : 'runnable'];
  if (state === 'ptrace') return ['in a stop of the tracer'];
  if (state === 'stopped') return ['stopped'];
  return [`blocked (${kernelState ?? '?'})`, ...[...(stack ?? [])].reverse()];
}
