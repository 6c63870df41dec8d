import { sanitize } from '../../../term/sanitize.ts';
import type { GapEvent, StateEvent, SyscallEvent, TraceEvent, Waker } from '../../../trace/event.ts';
import { whoIs } from '../../../trace/who.ts';
import { isInterrupt } from '../interrupts.ts';
import { jsonLine, type LineFields } from '../json-line.ts';
import { ThreadNames } from '../names.ts';
import type { TraceHead, TraceOutput, Write } from '../output.ts';
import { type ArrowEnd, Flows } from './flows.ts';
import { instantOf } from './instants.ts';
import { gapTrack, isTask, RECORDING_PID, stateTrack } from './tracks.ts';

/**
 * Trace Event Format, the JSON of chrome://tracing that ui.perfetto.dev reads. Rules that its importer does not forgive:
 * times in microseconds (here with three decimals, from the origin on, since doubles lose nanoseconds of a long uptime);
 * slices of a track nest; an end of a flow lies in a slice; `dur` is there; pid and tid are unsigned 32-bit numbers.
 */
export function perfettoOutput(head: TraceHead, write: Write): TraceOutput {
  return new Perfetto(head, write);
}

/** The importer drops what has no name. */
const NAMELESS = '?';

class Perfetto implements TraceOutput {
  readonly #write: Write;
  readonly #names: ThreadNames;
  readonly #head: TraceHead;
  readonly #flows = new Flows((kind, from, to) => this.#arrow(kind, from, to));
  /** Until when each track is filled. */
  readonly #filled = new Map<number, number>();
  readonly #leaders = new Map<number, number>();
  #separator = '';
  #arrows = 0;
  #shortened = 0;
  #refused = 0;

  constructor(head: TraceHead, write: Write) {
    this.#head = head;
    this.#write = write;
    this.#names = new ThreadNames(head);
    write('{"displayTimeUnit":"ns","traceEvents":[\n');
  }

  event(event: TraceEvent): void {
    for (const tid of this.#names.note(event)) if (this.#leaders.has(tid)) this.#name(tid);
    if (event.type === 'gap') this.#gap(event);
    else if (!isTask(event.pid) || !isTask(event.tid)) this.#refused += 1;
    else if (event.type === 'syscall') this.#syscall(event);
    else if (event.type === 'state') this.#state(event);
    else this.#happening(event);
  }

  finish(): void {
    this.#flows.finish();
    const { clock, target, recordedAt, toolVersion } = this.#head;
    const about = jsonLine({
      tool: `procdiag ${toolVersion}`,
      target: `${target.pid} ${sanitize(target.comm)}`,
      recordedAt,
      clock: 'CLOCK_MONOTONIC',
      originNs: String(clock.originNs),
      realtimeOffsetNs: clock.offsetNs === undefined ? undefined : String(clock.offsetNs),
      arrowsLeftOut: this.#flows.leftOut,
      slicesShortened: this.#shortened,
      eventsRefused: this.#refused,
    });
    this.#write(`\n],"otherData":${about}}\n`);
  }

  #syscall(event: SyscallEvent): void {
    this.#slice(event, event.tid, 'syscall', event.name, {
      args: sanitize(event.args),
      result: event.open ?? event.result,
      errno: event.errno,
      means: event.resultText === undefined ? undefined : sanitize(event.resultText),
      sources: event.sources.join('+'),
      onCpuNs: event.onCpuNs,
      runnableNs: event.runnableNs,
      blockedNs: event.blockedNs,
      ptraceNs: event.ptraceNs,
      straceNs: event.straceNs,
      waker: wakerText(event.waker),
      stack: stackText(event.stack),
    });
  }

  #state(event: StateEvent): void {
    const { state, kernelState, during, waker, stack, preempted } = event;
    const name = state === 'blocked' && kernelState !== undefined ? `blocked (${kernelState})` : state;
    const fields = { during, preempted, waker: wakerText(waker), stack: stackText(stack) };
    this.#slice(event, stateTrack(event.tid), 'state', name, fields);
    if (waker === undefined || isInterrupt(waker.how)) return;
    if (waker.tid === event.tid || waker.tid === 0 || !isTask(waker.tid)) return;
    this.#flows.add('wake', waker.tid, event.tid, Math.round(event.startNs + event.durationNs));
  }

  #happening(event: Exclude<TraceEvent, SyscallEvent | StateEvent | GapEvent>): void {
    this.#know(event.pid, event.tid);
    const { name, args } = instantOf(event);
    this.#put(
      { ph: 'i', s: 't', cat: event.type, name: name || NAMELESS, pid: event.pid, tid: event.tid },
      event.startNs,
      {
        args,
      },
    );
    if (event.type === 'spawn' && isTask(event.childTid) && isTask(event.childPid)) {
      this.#know(event.childPid, event.childTid);
      this.#flows.add('spawn', event.tid, event.childTid, Math.round(event.startNs));
    }
  }

  #gap(event: GapEvent): void {
    const ofAll = event.tid === 0;
    if (!ofAll && !(isTask(event.pid) && isTask(event.tid))) return;
    const track = gapTrack(event.tid);
    const pid = ofAll ? RECORDING_PID : event.pid;
    if (ofAll && !this.#filled.has(track)) {
      this.#meta('process_name', pid, track, 'the recording itself');
      this.#meta('thread_name', pid, track, 'gaps');
    }
    if (!ofAll) this.#know(event.pid, event.tid);
    const name = `gap: ${event.sources.join(', ')}`;
    this.#slice({ ...event, pid }, track, 'gap', name, { why: sanitize(event.why), lost: event.lost });
  }

  #slice(
    event: { pid: number; tid: number; startNs: number; durationNs: number },
    track: number,
    cat: string,
    name: string,
    args: LineFields,
  ): void {
    if (event.tid !== 0) this.#know(event.pid, event.tid);
    const filled = this.#filled.get(track) ?? -Infinity;
    const start = Math.round(event.startNs);
    const toNs = Math.round(event.startNs + event.durationNs);
    const fromNs = Math.max(start, filled);
    if (!Number.isFinite(fromNs) || toNs < fromNs) {
      this.#refused += 1;
      return;
    }
    if (fromNs > start) this.#shortened += 1;
    this.#filled.set(track, toNs);
    const head = { ph: 'X', cat, name: sanitize(name) || NAMELESS, pid: event.pid, tid: track };
    this.#put(head, fromNs, { dur: toNs - fromNs, args });
    // What nobody saw is no place for an arrow.
    if (cat !== 'gap') this.#flows.written({ pid: event.pid, tid: event.tid, track, fromNs, toNs });
  }

  #arrow(kind: string, from: ArrowEnd, to: ArrowEnd): void {
    const id = ++this.#arrows;
    const both = { cat: kind, name: kind, id };
    this.#put({ ph: 's', ...both, pid: from.pid, tid: from.track }, from.atNs, {});
    this.#put({ ph: 'f', bp: 'e', ...both, pid: to.pid, tid: to.track }, to.atNs, {});
  }

  /** Writes the names of a thread that is seen for the first time. */
  #know(pid: number, tid: number): void {
    if (this.#leaders.has(tid)) return;
    this.#leaders.set(tid, pid);
    this.#name(tid);
  }

  #name(tid: number): void {
    const pid = this.#leaders.get(tid)!;
    const name = sanitize(this.#names.of(tid));
    if (tid === pid) this.#meta('process_name', pid, tid, name);
    this.#meta('thread_name', pid, tid, name);
    this.#meta('thread_name', pid, stateTrack(tid), `${name} state`);
  }

  #meta(what: 'process_name' | 'thread_name', pid: number, tid: number, name: string): void {
    this.#line(jsonLine({ ph: 'M', name: what, pid, tid, args: { name } }));
  }

  /** Times as digits: a product with 0.001 would not be exact. */
  #put(head: LineFields, atNs: number, { dur, args }: { dur?: number; args?: LineFields }): void {
    const times = `"ts":${microseconds(atNs)}${dur === undefined ? '' : `,"dur":${microseconds(dur)}`}`;
    const details = args === undefined ? '' : `,"args":${jsonLine(args)}`;
    this.#line(`${jsonLine(head).slice(0, -1)},${times}${details}}`);
  }

  #line(text: string): void {
    this.#write(`${this.#separator}${text}`);
    this.#separator = ',\n';
  }
}

/** `8817152.420` of 8817152420 ns. */
export function microseconds(ns: number): string {
  const whole = Math.abs(Math.round(ns));
  const sign = ns < 0 && whole > 0 ? '-' : '';
  return `${sign}${Math.floor(whole / 1000)}.${String(whole % 1000).padStart(3, '0')}`;
}

function wakerText(waker: Waker | undefined): string | undefined {
  if (waker === undefined) return undefined;
  if (isInterrupt(waker.how)) return `an interrupt (${waker.how})`;
  const during = waker.during === undefined ? '' : ` in ${waker.during}`;
  return sanitize(`${whoIs(waker)}${during} (${waker.how})`);
}

function stackText(stack: readonly string[] | undefined): string | undefined {
  return stack === undefined ? undefined : sanitize(stack.join(' < '));
}
