import type { Ns, StateEvent, TraceEvent, TraceSink } from '../event.ts';
import type { TraceFinding } from '../finding.ts';
import type { RecordedTask } from '../recording.ts';
import { time } from './numbers.ts';

/** A time in which a thread was stopped by SIGSTOP or its like. */
export interface Stop {
  readonly pid: number;
  readonly tid: number;
  /** `SIGSTOP`; undefined where only its state tells. */
  readonly signal?: string;
  /** It was stopped when the recording began. */
  readonly before: boolean;
  readonly fromNs: Ns;
  /** Undefined: it was stopped still when the recording ended. */
  readonly toNs?: Ns;
  /** When it began in the trace, and how long it lasted there. */
  readonly atSeconds: number;
  readonly seconds: number;
}

type Told = Omit<Stop, 'atSeconds' | 'seconds'>;

interface Open {
  readonly pid: number;
  /** By strace's word; undefined: /proc alone told it. */
  signal: string | undefined;
  readonly before: boolean;
  readonly fromNs: Ns;
  /** The scheduler has told its time. */
  scheduled?: boolean;
}

const MOST = 1000;
const NS = 1e9;
/** Stopped so long at the end, somebody has forgotten it. */
const LONG_SECONDS = 1;
const MOST_FINDINGS = 3;

/** Who is stopped, from when to when: by /proc before the recording, by strace's word, by the scheduler's. */
export class Stops implements TraceSink {
  readonly #open = new Map<number, Open>();
  readonly #over: Told[] = [];
  /** Threads that strace told something of at the very begin: in a log without times that is all of it. */
  readonly #busy = new Set<number>();
  readonly #straced: boolean;
  readonly #account: (state: StateEvent) => void;

  /** `straced`: strace tells who goes on; `account`: takes a stop that the scheduler has not told, when it is over. */
  constructor(tasks: readonly RecordedTask[], straced: boolean, account: (state: StateEvent) => void) {
    this.#straced = straced;
    this.#account = account;
    for (const { pid, tid, stopped } of tasks)
      if (stopped === true && this.#open.size < MOST)
        this.#open.set(tid, { pid, signal: undefined, before: true, fromNs: 0 });
  }

  event(event: TraceEvent): void {
    const { tid, pid, startNs } = event;
    if (event.type === 'signal' && event.stopped) {
      const open = this.#open.get(tid);
      if (open !== undefined) open.signal ??= event.signal;
      else if (this.#open.size < MOST)
        this.#open.set(tid, {
          pid,
          signal: event.signal,
          // What it tells when it attaches was so before.
          before: startNs <= 0 && !this.#busy.has(tid) && this.#busy.size < MOST,
          fromNs: Math.max(0, startNs),
        });
      return;
    }
    if (event.type === 'state' && event.state === 'stopped') {
      const open = this.#open.get(tid);
      if (open?.signal !== undefined && startNs + event.durationNs > open.fromNs) {
        // strace says by what, and the scheduler how long.
        if (startNs > open.fromNs && open.scheduled !== true) this.#tell(pid, tid, open, startNs);
        open.scheduled = true;
        return;
      }
      this.#close(tid, startNs);
      if (this.#over.length < MOST)
        this.#over.push({ pid, tid, before: false, fromNs: startNs, toNs: startNs + event.durationNs });
      return;
    }
    if (startNs <= 0 && event.type === 'syscall' && this.#busy.size < MOST) this.#busy.add(tid);
    const open = this.#open.size > 0 ? this.#open.get(tid) : undefined;
    if (open !== undefined && (goesOn(event) || this.#isScheduled(event, open))) this.#close(tid, startNs);
  }

  /** Where strace is not there to tell of a SIGCONT, whoever gets a CPU, or is in a call that began since, has gone on. */
  #isScheduled({ type, startNs }: TraceEvent, { signal, fromNs }: Open): boolean {
    return (
      !this.#straced && signal === undefined && startNs > fromNs && (type === 'state' || type === 'syscall')
    );
  }

  /** All of them, in the order of their begins; from when to when the trace goes. */
  finish(startNs: Ns, endNs: Ns): Stop[] {
    for (const [tid, open] of this.#open) {
      const { pid, signal, before, fromNs, scheduled } = open;
      if (endNs > fromNs && scheduled !== true) this.#tell(pid, tid, open, endNs);
      this.#over.push({ pid, tid, ...(signal === undefined ? {} : { signal }), before, fromNs });
    }
    this.#open.clear();
    return this.#over
      .map((stop) => {
        const from = Math.max(stop.fromNs, startNs);
        return {
          ...stop,
          atSeconds: (from - startNs) / NS,
          seconds: Math.max(0, (stop.toNs ?? endNs) - from) / NS,
        };
      })
      .sort((a, b) => a.fromNs - b.fromNs);
  }

  #close(tid: number, at: Ns): void {
    const open = this.#open.get(tid);
    if (open === undefined || at <= open.fromNs) return;
    this.#open.delete(tid);
    const { pid, signal, before, fromNs, scheduled } = open;
    if (scheduled !== true) this.#tell(pid, tid, open, at);
    if (this.#over.length >= MOST) return;
    this.#over.push({ pid, tid, ...(signal === undefined ? {} : { signal }), before, fromNs, toNs: at });
  }

  #tell(pid: number, tid: number, { fromNs, signal }: Open, to: Ns): void {
    this.#account({
      type: 'state',
      pid,
      tid,
      state: 'stopped',
      startNs: fromNs,
      durationNs: to - fromNs,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** Only who goes on makes calls, takes signals, or gets a CPU; strace's attaching makes a stopped one run for a moment. */
function goesOn(event: TraceEvent): boolean {
  if (event.type === 'syscall') return event.open === undefined;
  return (event.type === 'signal' && event.signal === 'SIGCONT') || event.type === 'exit';
}

/** `stopped by SIGSTOP before the trace and through all of it`. */
export function stopInWords({ signal, before, toNs, atSeconds, seconds }: Stop): string {
  const by = signal === undefined ? 'stopped' : `stopped by ${signal}`;
  if (before) {
    return toNs === undefined
      ? `${by} before the trace began and through all of it`
      : `${by} before the trace began, and for ${time(seconds)} of it`;
  }
  // In a log without times all is at one moment.
  const since = atSeconds === 0 && seconds === 0 ? by : `${by} ${time(atSeconds)} into the trace`;
  return toNs === undefined ? `${since}, and still when it ended` : `${since}, for ${time(seconds)}`;
}

/** Processes that are stopped still when the trace ends, and have been for long. */
export function findStopped(stops: readonly Stop[], comm: (pid: number) => string): TraceFinding[] {
  return stops
    .filter(
      ({ pid, tid, toNs, before, seconds }) =>
        pid === tid && toNs === undefined && (before || seconds >= LONG_SECONDS),
    )
    .slice(0, MOST_FINDINGS)
    .map((stop): TraceFinding => {
      const { pid, signal } = stop;
      const who = `${pid} ${comm(pid)}`.trim();
      return {
        cause: 'stopped',
        family: 'stopped',
        severity: 'warning',
        confidence: 'certain',
        because:
          signal === undefined
            ? 'its state was T when the recording began, and nothing of it ran since'
            : `strace ${stop.before ? 'found it stopped' : 'saw it stop'}, and nothing of it since`,
        title: `${who} is stopped${signal === undefined ? '' : ` by ${signal}`}`,
        summary: `${who} was ${stopInWords(stop)}: it is not idle, it does nothing until SIGCONT.`,
        culprit: { pid, comm: comm(pid) },
        facts: [
          {
            text: signal === undefined ? 'State: T (stopped)' : `--- stopped by ${signal} ---`,
            pid,
            atNs: stop.fromNs,
          },
        ],
        remedies: [
          {
            command: `kill -CONT ${pid}`,
            effect: 'it goes on where it was stopped',
            risk: 'none, unless somebody stopped it on purpose',
          },
        ],
      };
    });
}
