import { Correlator } from './correlate/correlator.ts';
import { BOTH, PERF_ONLY } from './correlate/events.ts';
import { merge } from './correlate/merge.ts';
import type { SyscallNaming } from './correlate/options.ts';
import { PerfCursor } from './correlate/perf-cursor.ts';
import type { CorrelationQuality } from './correlate/quality.ts';
import { StraceCursor, type StraceLog } from './correlate/strace-cursor.ts';
import { StraceTimes } from './correlate/strace-times.ts';
import type { Ns, SyscallEvent, TraceEvent, TraceSink } from './event.ts';
import { Hold } from './hold.ts';
import type { PerfSource } from './perf/batch.ts';
import type { RecordedTask } from './recording.ts';

/** The recordings of one trace, and what is known of how they were made. */
export interface AnalyseInput {
  /** Logs of strace; several for `-ff`. Their readers were given an origin such that stamps are Ns of the trace, or they bring times of their own. */
  readonly strace: readonly StraceLog[];
  /** `host`: only its wake-ups count. */
  readonly perf: readonly { readonly source: PerfSource; readonly role: 'tree' | 'host' }[];
  readonly tasks: readonly RecordedTask[];
  readonly perfWindow?: { readonly from: Ns; readonly to: Ns };
  readonly blind: readonly number[];
  readonly filtered: boolean;
  readonly syscallName: SyscallNaming;
  /** perf told who got and left the CPU: without, nobody knows how long a call slept. */
  readonly scheduled: boolean;
  /** perf told nothing else: no calls. */
  readonly switchesOnly?: boolean;
  /** The last moment of the recording, where that is known beside its events. */
  readonly endNs?: Ns;
  readonly clock: { readonly offsetNs?: bigint; readonly errorNs?: number };
  /** The thread of a command that was held until all was recording: see Hold. */
  readonly heldTid?: number;
  /** Which calls were asked for; those that perf alone has beside them are told to whom they serve otherwise. Default: all. */
  readonly shows?: (name: string) => boolean;
  readonly sinks: readonly TraceSink[];
}

/** What is known of the whole when all was read. */
export interface Analysed {
  /** Null when only one of the two recorded. */
  readonly correlation: CorrelationQuality | null;
  /** First and last moment that an event tells of. */
  readonly from: Ns;
  readonly to: Ns;
  readonly events: number;
  /** strace's own messages, the first of them. */
  readonly messages: readonly string[];
}

const MOST_MESSAGES = 100;

/** Reads all recordings once, from the first event to the last, and gives what they tell together to the sinks. */
export function analyse(input: AnalyseInput): Analysed {
  const run = analysing(input);
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

/** The same, stopping now and then: for who wants to listen to signals meanwhile. */
export function* analysing(input: AnalyseInput): Generator<undefined, Analysed> {
  const fan = new Fan(input.sinks, new Hold(input.heldTid), input.endNs !== undefined, input.shows);
  const messages: string[] = [];
  const hasPerf = input.perf.some(({ role }) => role === 'tree');
  const switchesOnly = input.switchesOnly ?? false;
  const correlator = new Correlator({
    sink: fan,
    syscallName: input.syscallName,
    hasStrace: input.strace.length > 0,
    hasPerf,
    trees: input.perf.filter(({ role }) => role === 'tree').map(({ source }) => source),
    blind: new Set(input.blind),
    filtered: input.filtered,
    scheduled: input.scheduled,
    switchesOnly,
    ...(input.endNs === undefined ? {} : { endNs: input.endNs }),
    ...(input.perfWindow === undefined ? {} : { perfWindow: input.perfWindow }),
  });
  for (const task of input.tasks) correlator.introduce(task);
  const message = (text: string): void => {
    if (messages.length < MOST_MESSAGES) messages.push(text);
  };
  yield* merge([
    ...input.strace.map((log) => new StraceCursor(log, log.times ?? new StraceTimes(0), correlator, message)),
    ...input.perf.map(
      ({ source, role }) =>
        new PerfCursor(source, ({ batch, row }) =>
          role === 'tree' ? correlator.treeRow(batch!, row, source) : correlator.hostRow(batch!, row, source),
        ),
    ),
  ]);
  correlator.finish();
  return {
    correlation:
      hasPerf && !switchesOnly && input.strace.length > 0
        ? { ...correlator.result(input.clock), ...(fan.held === 0 ? {} : { ofHold: fan.held }) }
        : null,
    from: fan.from === Number.POSITIVE_INFINITY ? 0 : fan.from,
    to: Math.max(fan.to, 0),
    events: fan.events,
    messages,
  };
}

/** Gives each event to all sinks, and notes the time that they span. */
class Fan implements TraceSink {
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;
  events = 0;
  /** Calls that both saw of the shell that held the command. */
  held = 0;
  readonly #sinks: readonly TraceSink[];

  readonly #hold: Hold;
  readonly #shows: (name: string) => boolean;
  readonly #bounded: boolean;

  /** `bounded`: of a recording of our own, which begins at 0, and not with its first event. */
  constructor(
    sinks: readonly TraceSink[],
    hold: Hold,
    bounded: boolean,
    shows: (name: string) => boolean = () => true,
  ) {
    this.#bounded = bounded;
    this.#shows = shows;
    this.#sinks = sinks;
    this.#hold = hold;
  }

  event(event: TraceEvent): void {
    if (this.#hold.has(event)) {
      if (event.type === 'syscall' && event.sources === BOTH) this.held++;
      return;
    }
    if (event.type === 'syscall' && event.sources === PERF_ONLY && !this.#shows(event.name)) {
      for (const sink of this.#sinks) sink.beside?.(event);
      return;
    }
    // The recorders begin one after the other: what ended before the recording began is no time of it.
    if (this.#isBefore(event)) {
      for (const sink of this.#sinks) sink.beside?.(event);
      return;
    }
    this.events++;
    const end = endOf(event);
    if (event.startNs < this.from && isInTrace(event)) this.from = event.startNs;
    if (end > this.to) this.to = end;
    for (const sink of this.#sinks) sink.event(event);
  }

  #isBefore(event: TraceEvent): event is SyscallEvent {
    return this.#bounded && event.type === 'syscall' && event.startNs < 0 && endOf(event) <= 0;
  }
}

function endOf(event: TraceEvent): Ns {
  return event.startNs + ('durationNs' in event ? event.durationNs : 0);
}

/** What was there before is told at 0 or earlier; but a call or a signal at 0 is the first of a log. */
function isInTrace({ type, startNs }: TraceEvent): boolean {
  return startNs > 0 || (startNs === 0 && (type === 'syscall' || type === 'signal'));
}
