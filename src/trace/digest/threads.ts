import type { CommEvent, Ns, StateEvent, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import { seconds } from './calls.ts';
import { Strip, type StripState } from './strip.ts';
import { type WaitKind, waitKind } from './wait-kind.ts';
import { type Waited, waitedIn } from './waiting.ts';

/** Where the time of one thread, or of the whole tree, went. In seconds. */
export interface TimeTotals {
  readonly onCpuSeconds: number;
  readonly runnableSeconds: number;
  readonly blockedSeconds: number;
  readonly stoppedSeconds: number;
  /** Held by the tracer: its cost, not the program's. */
  readonly ptraceSeconds: number;
  /** Where nobody recorded scheduling: in calls that may have run or waited. `blockedSeconds` is then of calls that wait. */
  readonly inCallsSeconds: number;
  /** What it was blocked on, the longest first. */
  readonly blockedOn: readonly { readonly kind: WaitKind; readonly seconds: number }[];
}

export interface ThreadTotals extends TimeTotals {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly syscalls: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly ended: boolean;
}

interface Account {
  /** As the last event has it: strace alone does not know it of a new thread at first. */
  pid: number;
  readonly tid: number;
  comm: string;
  syscalls: number;
  first: Ns;
  last: Ns;
  /** Its birth has been told, or it was there before. */
  born: boolean;
  ended: boolean;
  readonly times: Record<StripState, number>;
  readonly blockedOn: Map<WaitKind, number>;
  readonly strip: Strip | undefined;
}

/** Threads with an account of their own; a fork storm's others share one. */
const MOST_THREADS = 4096;
const MOST_STRIPS = 256;

/** Sums up what each thread did with its time; in bounded memory, whatever the number of events and threads. */
export class ThreadAccounts implements TraceSink {
  /** Of those that have the number now, or had it last. */
  readonly #accounts = new Map<number, Account>();
  readonly #all: Account[] = [];
  readonly #others = account(0, 0, '(others)', 0, false);
  readonly #tree = account(0, 0, '', 0, false);
  /** perf tells states: times of calls need not stand in for them. */
  readonly scheduled: boolean;
  otherThreads = 0;

  constructor(scheduled: boolean) {
    this.scheduled = scheduled;
  }

  /** `waited`: of calls, where that is known already. */
  event(event: TraceEvent, waited?: Waited): void {
    switch (event.type) {
      case 'state':
        this.#state(event);
        break;
      case 'syscall':
        this.#call(event, waited);
        break;
      case 'comm': {
        const of = this.#of(event.pid, event.tid, event.startNs);
        // Of those without an account: each that was there at the begin is named once, and each later one is spawned once.
        if (of === this.#others) {
          if (isOfBefore(event)) this.otherThreads++;
          break;
        }
        of.comm = event.comm;
        of.born ||= isOfBefore(event);
        break;
      }
      case 'spawn': {
        const { childPid, childTid, startNs } = event;
        const known = this.#accounts.get(childTid);
        // Of strace alone, the call that made it may end after all that it did.
        const of = known?.born === false ? known : this.#of(childPid, childTid, startNs);
        if (of === this.#others) this.otherThreads++;
        else of.born = true;
        break;
      }
      case 'exit': {
        const of = this.#of(event.pid, event.tid, event.startNs);
        of.ended = true;
        of.last = Math.max(of.last, event.startNs);
        break;
      }
    }
  }

  #of(pid: number, tid: number, at: Ns): Account {
    let found = this.#accounts.get(tid);
    // The number is used again; but what a thread did may be told after its end.
    if (found?.ended && (found.pid !== pid || at > found.last)) {
      this.#accounts.delete(tid);
      found = undefined;
    }
    if (found !== undefined) found.pid = pid;
    else {
      if (this.#all.length >= MOST_THREADS) return this.#others;
      found = account(pid, tid, '', at, this.#all.length < MOST_STRIPS);
      this.#accounts.set(tid, found);
      this.#all.push(found);
    }
    return found;
  }

  #state(event: StateEvent): void {
    const of = this.#of(event.pid, event.tid, event.startNs);
    const kind =
      event.state === 'blocked' ? waitKind(event.stack, event.during, '', event.kernelState) : undefined;
    for (const one of [of, this.#tree]) {
      one.times[event.state] += event.durationNs;
      if (kind !== undefined) one.blockedOn.set(kind, (one.blockedOn.get(kind) ?? 0) + event.durationNs);
    }
    of.last = Math.max(of.last, event.startNs + event.durationNs);
    of.strip?.add(event.state, event.startNs, event.durationNs);
  }

  #call(event: SyscallEvent, told?: Waited): void {
    const of = this.#of(event.pid, event.tid, event.startNs);
    of.syscalls++;
    this.#tree.syscalls++;
    of.last = Math.max(of.last, event.startNs + event.durationNs);
    if (this.scheduled) return;
    const waited = told ?? waitedIn(event);
    const state = waited.ns > 0 ? 'blocked' : 'in-call';
    for (const one of [of, this.#tree]) {
      one.times[state] += event.durationNs;
      if (state === 'blocked')
        one.blockedOn.set(waited.kind, (one.blockedOn.get(waited.kind) ?? 0) + event.durationNs);
    }
    of.strip?.add(state, event.startNs, event.durationNs);
  }

  /** Those that were met without a word of where they come from. */
  unborn(): readonly { readonly pid: number; readonly tid: number }[] {
    return this.#all.filter(({ born }) => !born);
  }

  tree(): TimeTotals {
    return totalsOf(this.#tree);
  }

  /** Threads by what they did, the busiest first. */
  finish(): ThreadTotals[] {
    return this.#all.map(threadTotals).sort(byWeight);
  }

  /** What a thread of `finish` did from one moment to another, in so many columns. */
  strip(
    { tid, firstSeconds }: Pick<ThreadTotals, 'tid' | 'firstSeconds'>,
    columns: number,
    from: Ns,
    to: Ns,
  ): (StripState | undefined)[] | undefined {
    const of = this.#all.find((one) => one.tid === tid && seconds(one.first) === firstSeconds);
    return of?.strip?.columns(columns, from, to);
  }
}

/**
 * It names who was there before the trace. strace's names of then are of lines that it wrote while it attached, and those of
 * a thread that nobody had listed do not say of which process it is.
 */
export function isOfBefore({ startNs, sources }: CommEvent): boolean {
  return startNs === 0 || (startNs < 0 && !sources.includes('strace'));
}

function account(pid: number, tid: number, comm: string, first: Ns, strip: boolean): Account {
  return {
    pid,
    tid,
    comm,
    syscalls: 0,
    first,
    last: first,
    // In a log without times all is.
    born: first === 0,
    ended: false,
    times: { running: 0, runnable: 0, blocked: 0, stopped: 0, ptrace: 0, 'in-call': 0 },
    blockedOn: new Map(),
    strip: strip ? new Strip() : undefined,
  };
}

/** Nothing was recorded that it did or waited for. */
export function isIdle(one: ThreadTotals): boolean {
  const { syscalls, onCpuSeconds, runnableSeconds, blockedSeconds, stoppedSeconds, inCallsSeconds } = one;
  return (
    syscalls === 0 && onCpuSeconds + runnableSeconds + blockedSeconds + stoppedSeconds + inCallsSeconds === 0
  );
}

function threadTotals(of: Account): ThreadTotals {
  return {
    pid: of.pid,
    tid: of.tid,
    comm: of.comm,
    syscalls: of.syscalls,
    firstSeconds: seconds(of.first),
    lastSeconds: seconds(of.last),
    ended: of.ended,
    ...totalsOf(of),
  };
}

function totalsOf({ times, blockedOn }: Account): TimeTotals {
  return {
    onCpuSeconds: seconds(times.running),
    runnableSeconds: seconds(times.runnable),
    blockedSeconds: seconds(times.blocked),
    stoppedSeconds: seconds(times.stopped),
    ptraceSeconds: seconds(times.ptrace),
    inCallsSeconds: seconds(times['in-call']),
    blockedOn: [...blockedOn]
      .sort((a, b) => b[1] - a[1])
      .map(([kind, ns]) => ({ kind, seconds: seconds(ns) })),
  };
}

function byWeight(a: ThreadTotals, b: ThreadTotals): number {
  return (
    b.onCpuSeconds + b.runnableSeconds - (a.onCpuSeconds + a.runnableSeconds) ||
    b.syscalls - a.syscalls ||
    a.tid - b.tid
  );
}
