import type { Ns, Waker } from '../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../perf/batch.ts';
import { ASLEEP_STACK, type Asleep, type FirstSleep, type Thread, type Window } from './thread.ts';
import type { Threads } from './threads.ts';

/** `slept`: it was in that call; `awake`: it was not, or has left it before; `open`: this row does not tell. */
type Verdict = 'slept' | 'awake' | 'open';

/** Of the threads that slept before the recorders were switched on: who slept still when the recording began, and how long. */
export class FirstSleeps {
  readonly #threads: Threads;
  readonly #from: Ns;
  /** Threads whose first sleep is not known yet. */
  #open = 0;

  /** `from`: when perf began to record. */
  constructor(threads: Threads, from: Ns) {
    this.#threads = threads;
    this.#from = from;
  }

  /** There are threads of which is not known yet what became of their sleep. */
  get areOpen(): boolean {
    return this.#open > 0;
  }

  begin(thread: Thread, told: Asleep): void {
    thread.firstSleep = { told, woken: undefined, ran: undefined };
    this.#open++;
  }

  /** Any row of the tree. @returns true when nothing else is to be done with it. */
  row(batch: PerfBatch, row: number, source: PerfSource): boolean {
    if (this.#open === 0) return false;
    const thread = this.#threads.get(batch.tid[row]!);
    const sleep = thread?.firstSleep;
    if (thread === undefined || sleep === undefined) return false;
    if (batch.kind[row] === PERF.in) {
      sleep.ran ??= batch.at[row]!;
      return true;
    }
    const verdict = verdictOf(sleep, batch, row, source, restarted(thread)?.call.nr);
    if (verdict === 'slept') this.lasted(thread, batch.at[row]!);
    else if (verdict === 'awake') this.wasAwake(thread);
    return false;
  }

  /** The tracer wakes to hold, and to let go on: neither ends a sleep for good. */
  woken(thread: Thread, at: Ns, waker: Waker): void {
    if (waker.how === 'ptrace' || thread.firstSleep === undefined) return;
    if (at <= this.#from) this.wasAwake(thread);
    else thread.firstSleep.woken ??= { at, waker };
  }

  /** Its sleep at the begin, if it is not known to be over, lasted until it ran first, `at` the latest. */
  lasted(thread: Thread, at: Ns): void {
    const sleep = thread.firstSleep;
    if (sleep === undefined) return;
    // It ended while the recorders were switched on.
    if ((sleep.ran ?? at) <= this.#from) {
      this.wasAwake(thread);
      return;
    }
    thread.firstSleep = undefined;
    this.#open--;
    const { told, woken, ran } = sleep;
    thread.firstStack = told.stack;
    thread.perfed = true;
    // What strace told after the begin would have its own enter.
    const { window } = thread;
    const open =
      window !== undefined && window.enter === undefined && window.at <= this.#from ? window : undefined;
    const nr = restarted(thread)?.call.nr ?? told.nr;
    // A call that strace tells under yet another name is told once.
    if (nr !== undefined && (open === undefined || nr === open.call.nr)) {
      const { args = '' } = told;
      thread.enter = { at: this.#from, nr, args, totals: [0, 0, 0, 0, 0], window: open, early: true };
      if (open !== undefined) open.enter = thread.enter;
    }
    thread.track.sleeps(this.#from, told.state, told.stack === undefined ? -1 : ASLEEP_STACK);
    if (woken !== undefined) thread.track.woken(woken.at, woken.waker);
    if (ran !== undefined) thread.track.runs(ran);
  }

  /** It was not in that call any more when perf began. */
  wasAwake(thread: Thread): void {
    if (thread.firstSleep === undefined) return;
    const { ran } = thread.firstSleep;
    thread.firstSleep = undefined;
    this.#open--;
    if (ran !== undefined && !thread.perfDone) thread.track.runs(ran);
  }
}

/** The call that the kernel has begun in the place of the one that strace's attaching has broken off. */
function restarted({ window }: Thread): Window | undefined {
  return window?.enter === undefined && window?.call.name === 'restart_syscall' && window.call.nr >= 0
    ? window
    : undefined;
}

/**
 * What the first rows of a thread say of its first sleep. Only a return from the call, or another sleep, proves that it was
 * in it: whoever comes to begin a call was not.
 */
function verdictOf(
  { told, ran }: FirstSleep,
  batch: PerfBatch,
  row: number,
  source: PerfSource,
  restarted: number | undefined,
): Verdict {
  const number = batch.a[row]!;
  switch (batch.kind[row]) {
    case PERF.enter:
      return 'awake';
    case PERF.exit:
      return number === told.nr || number === restarted ? 'slept' : 'awake';
    case PERF.switch: {
      if (ran === undefined || number & (TRACED | DEAD)) return 'awake';
      const stack = batch.stack[row]! < 0 ? [] : source.stack(batch.stack[row]!);
      return stack.some((frame) => OUTSIDE.test(frame)) ? 'awake' : 'slept';
    }
    default:
      return 'open';
  }
}

/** Bits of prev_state (see scheduler.ts). */
const TRACED = 8;
const DEAD = 0x30;
/** The tracer's stops, and the way back to the program. */
const OUTSIDE =
  /^(?:ptrace_stop|ptrace_notify|exit_to_user_mode|irqentry_exit_to_user_mode|do_notify_resume)/;
