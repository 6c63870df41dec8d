import type { Ns, ThreadState } from '../../event.ts';
import type { FinishedState } from '../scheduler.ts';

/** A call of strace as far as it matters here. */
export interface StampedCall {
  /** strace's stamp: it is written while the thread stands in the stop before the call. */
  readonly at: Ns;
  /** strace's -T, from the end of the first stop to its own wake-up by the second; NaN: not told. */
  readonly durationNs: number;
  readonly name: string;
  readonly args: string;
  /** It has come back; else it lasts to the end of what is known. */
  readonly returned: boolean;
}

/** Where the time of a call went, by the switches alone. */
export interface SplitCall {
  /** The thread got a CPU after the first stop: some microseconds before the call begins. */
  readonly from: Ns;
  /** It left it for the second stop: some microseconds after the call has ended. Undefined: not known. */
  readonly to: Ns | undefined;
  /** The states told again, with the tracer's stops called by their name. */
  readonly states: readonly FinishedState[];
  /** Of the states how many are over before the call is. */
  readonly within: number;
  /** Undefined where not all of the time is known. */
  readonly times: Readonly<Record<ThreadState, number>> | undefined;
}

const FORKS = /^(?:fork|clone|clone3)$/;

/**
 * Finds a call of strace among the times that its thread was on and off its CPU, where perf tells no calls. The order is
 * always the same: stop, strace's stamp, on CPU, call, stop. So the sleep that the stamp falls in is the tracer's first stop,
 * and the tracer's second one is the last sleep that begins within strace's -T and ends after it. All in between is the
 * call's own.
 * @param states from strace's stamp on, in their order; the last of them may have begun after the call.
 * @param isCut perf was stopped, CPU by CPU, before it told the end of the last state: a sleep that seems to outlast the call
 * may be the call's own.
 */
export function splitCall(
  call: StampedCall,
  states: readonly FinishedState[],
  until: Ns,
  isCut = false,
): SplitCall {
  const [first] = states;
  const isHeld = first !== undefined && first.startNs <= call.at && isOff(first);
  const from = isHeld ? endOf(first) : call.at;
  const latest = from + (Number.isNaN(call.durationNs) ? Number.POSITIVE_INFINITY : call.durationNs);
  const earliest = call.at + (Number.isNaN(call.durationNs) ? 0 : call.durationNs);
  const start = isHeld ? 1 : 0;
  const stop = call.returned
    ? states.findLastIndex(
        (state, at) => at >= start && isOff(state) && state.startNs <= latest && endOf(state) > earliest,
      )
    : states.length;
  const isUnsure = isCut && call.returned && stop === states.length - 1;
  if (stop < 0 || isUnsure) {
    const within = states.filter((state) => endOf(state) <= earliest).length;
    return {
      from,
      to: undefined,
      states: told(call, states, start, within, isHeld),
      within,
      times: undefined,
    };
  }
  const to = stop < states.length ? states[stop]!.startNs : Math.max(from, until);
  const again = told(call, states, start, stop, isHeld).map((state, at) =>
    at === stop ? stopped(state) : state,
  );
  // Nobody knows what it did before perf's first word of it.
  const isWhole = first !== undefined && first.startNs <= from;
  const times = isWhole ? sums(again.slice(start, stop)) : undefined;
  return { from, to, states: again, within: stop, times };
}

/** The tracer holds a new child before its first step, and stops its maker within the call. */
function told(
  { name, args }: StampedCall,
  states: readonly FinishedState[],
  from: number,
  to: number,
  isHeld: boolean,
): FinishedState[] {
  const isVfork = name === 'vfork' || args.includes('CLONE_VFORK');
  const offs = states
    .map((state, at) => (at >= from && at < to && isOff(state) ? at : -1))
    .filter((at) => at >= 0);
  let inside: ReadonlySet<number | undefined> = new Set();
  if (isVfork) inside = new Set([offs[0]]);
  else if (FORKS.test(name)) inside = new Set(offs);
  else if (name.startsWith('execve')) inside = new Set([offs.at(-1)]);
  return states.map((state, at) => ((isHeld && at === 0) || inside.has(at) ? stopped(state) : state));
}

/** Off its CPU for another reason than that somebody else was given it. */
function isOff({ state }: FinishedState): boolean {
  return state !== 'running' && state !== 'runnable';
}

export function stopped(state: FinishedState): FinishedState {
  return state.state === 'blocked' ? { ...state, state: 'ptrace', kernelState: undefined } : state;
}

export function endOf({ startNs, durationNs }: FinishedState): Ns {
  return startNs + durationNs;
}

function sums(states: readonly FinishedState[]): Record<ThreadState, number> {
  const times = { running: 0, runnable: 0, blocked: 0, stopped: 0, ptrace: 0 };
  for (const { state, durationNs } of states) times[state] += durationNs;
  return times;
}
