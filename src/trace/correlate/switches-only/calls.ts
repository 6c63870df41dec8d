import type { Ns, SyscallEvent } from '../../event.ts';
import { BOTH, callEvent, stateEvent } from '../events.ts';
import type { FinishedState } from '../scheduler.ts';
import type { PerfReturn, Thread, Window } from '../thread.ts';
import { ToldCalls } from '../told-calls.ts';
import { endOf, splitCall, stopped } from './split-call.ts';

/** Times on and off the CPU in one call that are kept until it is over. */
const MOST_HELD = 5000;
const ETIMEDOUT = -110;

/**
 * Tells the calls of strace where perf told no calls, only who got and left the CPU: what a thread did is kept until it is
 * known which of it was the call's, which the program's and which the tracer's.
 */
export class CallsBySwitches extends ToldCalls {
  #now: Ns = 0;

  /** The moment that the merge has come to. */
  setNow(at: Ns): void {
    this.#now = at;
  }

  override closeWindow(thread: Thread, at: Ns, open: SyscallEvent['open']): void {
    super.closeWindow(thread, at, open);
    // What is left is of a new child, that strace held before its first step.
    this.#release(thread, open !== 'end-of-trace');
  }

  override closeEnter(thread: Thread, at: Ns, open: SyscallEvent['open']): void {
    super.closeEnter(thread, at, open);
    if (thread.window === undefined) this.#release(thread, false);
  }

  override windowOver(thread: Thread, window: Window, at: Ns, open?: SyscallEvent['open']): void {
    if (thread.window === window) thread.window = undefined;
    if (thread.enter?.window === window) thread.enter = undefined;
    const { sink } = this.options;
    const { call } = window;
    const { held } = thread;
    thread.held = [];
    const { name, args, durationNs } = call;
    const returned = call.state === 'done';
    const until = thread.perfExit?.at ?? at;
    const isCut = thread.track.state === undefined;
    const found = splitCall({ at: window.at, durationNs, name, args, returned }, held, until, isCut);
    const { from, to, times, states, within } = found;
    for (const state of states.slice(0, within)) sink.event(stateEvent(thread, state, name));
    if (to === undefined || held.length === 0) this.straceAlone(thread, window, at, open);
    else {
      const exit: PerfReturn = {
        at: to,
        returned: call.errno === 'ETIMEDOUT' ? ETIMEDOUT : call.result,
        onCpuNs: times?.running,
        runnableNs: times?.runnable,
        blockedNs: times === undefined ? undefined : times.blocked + times.stopped,
        ptraceNs: times?.ptrace,
        waker: undefined,
        stack: -1,
      };
      const lasted = Math.max(0, to - from - (times?.ptrace ?? 0));
      sink.event(callEvent(thread, window, { sources: BOTH, startNs: from, durationNs: lasted, exit, open }));
      this.exec(thread, window, to);
    }
    for (const state of states.slice(within)) sink.event(stateEvent(thread, state, undefined));
  }

  /** Keeps it until it is known which call it belongs to, and whether it was the tracer's doing. */
  holds(thread: Thread, state: FinishedState): boolean {
    const { window } = thread;
    if (window === undefined && !thread.isNew) return false;
    if (thread.held.length >= MOST_HELD) this.#release(thread, false);
    const { held } = thread;
    held.push(state);
    if (window?.ended) {
      const [first] = held;
      const from = first !== undefined && first.startNs <= window.at ? endOf(first) : window.at;
      if (state.startNs > from + window.call.durationNs) this.windowOver(thread, window, this.#now);
    }
    return true;
  }

  /** strace writes a line of it: so it stands in one of the tracer's stops. */
  heldByStrace(thread: Thread, as: 'ptrace' | 'stopped'): void {
    thread.isNew = false;
    thread.track.isHeld(as);
  }

  /** Tells what was kept. `byStrace`: its sleeps were stops of the tracer. */
  #release(thread: Thread, byStrace: boolean): void {
    const { held } = thread;
    if (held.length === 0) return;
    thread.held = [];
    const during = thread.window?.call.name;
    for (const state of held)
      this.options.sink.event(stateEvent(thread, byStrace ? stopped(state) : state, during));
  }
}
