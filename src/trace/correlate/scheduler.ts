import type { Ns, StateEvent, ThreadState, Waker } from '../event.ts';

/** States by number, so that times can be summed up in arrays. */
const INDEX: Readonly<Record<ThreadState, number>> = {
  running: 0,
  runnable: 1,
  blocked: 2,
  stopped: 3,
  ptrace: 4,
};

/** Time spent so far, by state: running, runnable, blocked, stopped, in ptrace stops. */
export type StateTotals = readonly [number, number, number, number, number];

/** Why a thread left its CPU: the bits of prev_state (include/linux/sched.h, TASK_*). */
const BIT = {
  S: 1,
  D: 2,
  stopped: 4,
  traced: 8,
  dead: 0x10,
  zombie: 0x20,
  parked: 0x40,
  idle: 0x80,
} as const;

/** One stretch of time that is over; `during` and the numbers of the thread are added by who knows them. */
export type FinishedState = Omit<StateEvent, 'type' | 'pid' | 'tid' | 'during' | 'stack'> & {
  readonly stack: number;
};

/**
 * What one thread does by the scheduler's word: on a CPU, runnable, blocked, stopped, or held by a tracer. The sum of its
 * totals is the time that has gone by since it was first seen, whatever is lost in between.
 *
 * A tracer's stop (prev_state `t`, or a stack with ptrace_stop when the tracer was quicker than the switch) counts as
 * ptrace until the thread runs again, its time in the run queue included: both are the tracer's cost, not the program's.
 */
export class SchedulerTrack {
  #state: ThreadState | undefined;
  #since: Ns = 0;
  #kernelState: string | undefined;
  #preempted: boolean = false;
  #stack = -1;
  #waker: Waker | undefined;
  /** A wake-up that came while it still ran: it was on its way to sleep on the other CPU. */
  #early: { readonly at: Ns; readonly waker: Waker } | undefined;
  readonly #totals: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  readonly #finished: (state: FinishedState) => void;
  readonly #ended: (waker: Waker) => void;

  /** `finished`: for each stretch that is over; `ended`: a sleep was ended by somebody, however short it was. */
  constructor(finished: (state: FinishedState) => void, ended: (waker: Waker) => void) {
    this.#finished = finished;
    this.#ended = ended;
  }

  get state(): ThreadState | undefined {
    return this.#state;
  }

  /** Since when it does what it does. */
  get sinceNs(): Ns {
    return this.#since;
  }

  totals(at: Ns): StateTotals {
    const own = this.#totals;
    const totals: [number, number, number, number, number] = [own[0], own[1], own[2], own[3], own[4]];
    if (this.#state !== undefined) totals[INDEX[this.#state]]! += at - this.#since;
    return totals;
  }

  /** It slept when the recording began: before anything else is told of it. */
  sleeps(at: Ns, kernelState: string, stack: number): void {
    this.#begin('blocked', at);
    this.#kernelState = kernelState;
    this.#stack = stack;
  }

  /** It runs: it made a call, or got a CPU. */
  runs(at: Ns): void {
    if (this.#state === 'running') return;
    if (this.#state === 'blocked' && this.#early !== undefined) {
      // Woken before it had wholly gone to sleep.
      this.#waker = this.#early.waker;
      this.#ended(this.#waker);
      this.#turn('runnable', Math.max(this.#since, this.#early.at));
    }
    this.#early = undefined;
    this.#turn('running', at);
  }

  /** It left its CPU: sched_switch. */
  leaves(at: Ns, previous: number, stack: number, inTracerStop: boolean): void {
    if (this.#state === undefined) this.#begin('running', at);
    const to = stateAfter(previous, inTracerStop);
    if (to === 'dead') {
      this.ends(at);
      return;
    }
    if (to !== 'blocked' || (this.#early !== undefined && at - this.#early.at > LATE_SWITCH_NS))
      this.#early = undefined;
    this.#turn(to, at);
    if (to === 'runnable') this.#preempted = true;
    if (to === 'blocked') {
      this.#kernelState = letterOf(previous);
      this.#stack = stack;
    }
  }

  /** It left its CPU, and only PERF_RECORD_SWITCH says so: not in what it sleeps. */
  leavesUntold(at: Ns, preempted: boolean): void {
    // The usual case: sched_switch told it just before.
    if (this.#state !== 'running') return;
    this.#turn(preempted ? 'runnable' : 'blocked', at);
    this.#preempted = preempted;
  }

  /** It is off its CPU, and another source says why: its tracer, or a signal that stops. */
  isHeld(as: 'ptrace' | 'stopped'): void {
    if (this.#state !== 'blocked') return;
    this.#state = as;
    this.#kernelState = undefined;
  }

  /** Its tracer says that what holds it is a signal that stops: strace leaves it so, as it would be without it. */
  isStopped(): void {
    if (this.#state === 'ptrace') this.#state = 'stopped';
  }

  /** Somebody woke it: sched_waking. */
  woken(at: Ns, waker: Waker): void {
    if (this.#state === 'blocked' || this.#state === 'stopped') {
      this.#waker = waker;
      this.#ended(waker);
      this.#turn('runnable', at);
    } else if (this.#state === 'running' || this.#state === undefined) {
      this.#early = { at, waker };
    }
  }

  /** It has died, or is not followed any longer. */
  ends(at: Ns): void {
    if (this.#state !== undefined) this.#close(at);
    this.#state = undefined;
  }

  #begin(state: ThreadState, at: Ns): void {
    this.#state = state;
    this.#since = at;
  }

  #turn(state: ThreadState, at: Ns): void {
    if (this.#state !== undefined) this.#close(at);
    this.#state = state;
    this.#since = Math.max(at, this.#since);
    this.#kernelState = undefined;
    this.#preempted = false;
    this.#stack = -1;
    this.#waker = undefined;
  }

  #close(at: Ns): void {
    const state = this.#state!;
    // Clocks of CPUs may disagree by some nanoseconds.
    const durationNs = Math.max(0, at - this.#since);
    this.#totals[INDEX[state]]! += durationNs;
    if (durationNs === 0) return;
    this.#finished({
      state,
      startNs: this.#since,
      durationNs,
      stack: this.#stack,
      kernelState: this.#kernelState,
      preempted: this.#preempted ? true : undefined,
      waker: this.#waker,
    });
  }
}

/** A wake-up this long before the switch belongs to an earlier sleep. */
const LATE_SWITCH_NS = 1_000_000;

function stateAfter(previous: number, inTracerStop: boolean): Exclude<ThreadState, 'running'> | 'dead' {
  if (previous & (BIT.dead | BIT.zombie)) return 'dead';
  if (previous & BIT.traced || inTracerStop) return 'ptrace';
  if (previous & BIT.stopped) return 'stopped';
  return previous & (BIT.S | BIT.D | BIT.idle | BIT.parked) ? 'blocked' : 'runnable';
}

/** I is D without being counted as load (TASK_NOLOAD). */
function letterOf(previous: number): string {
  if (previous & BIT.S) return 'S';
  return previous & (BIT.idle | BIT.parked) ? 'I' : 'D';
}
