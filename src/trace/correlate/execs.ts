import type { Ns, TraceSink } from '../event.ts';
import { PERF_ONLY } from './events.ts';
import type { SchedulerTrack, StateTotals } from './scheduler.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import type { ToldCalls } from './told-calls.ts';

/** Execs by perf's word, and threads that go on under the number of their leader after one. */
export class Execs {
  readonly #sink: TraceSink;
  readonly #threads: Threads;
  readonly #told: ToldCalls;

  constructor(sink: TraceSink, threads: Threads, told: ToldCalls) {
    this.#sink = sink;
    this.#threads = threads;
    this.#told = told;
  }

  /** sched_process_exec: the thread `formerTid` executes `path`, and is `pid` from now on. */
  ofPerf(at: Ns, pid: number, formerTid: number, path: string): void {
    if (formerTid !== pid) this.takeOver(formerTid, pid, at);
    const thread = this.#threads.of(pid);
    const { window } = thread;
    if (window?.enter !== undefined && window.enter === thread.enter) window.exec = { at, path };
    else
      this.#sink.event({
        type: 'exec',
        pid: thread.pid,
        tid: thread.tid,
        startNs: at,
        sources: PERF_ONLY,
        path,
        ...(formerTid === pid ? {} : { formerTid }),
      });
  }

  /** PERF_RECORD_COMM of an exec: where another thread than the leader did it, it goes on under the leader's number. */
  untold(thread: Thread, at: Ns): void {
    const { pid, tid } = thread;
    for (const other of this.#threads.followersOf(pid))
      if (other !== thread && !other.perfDone) this.takeOver(other.tid, tid, at);
    thread.perfDone = false;
    this.#sink.event({ type: 'exec', pid, tid, startNs: at, sources: PERF_ONLY });
  }

  /** The thread `from` has called execve and goes on under the leader's number; the leader is gone. */
  takeOver(from: number, leader: number, at: Ns): void {
    const former = this.#threads.get(from);
    if (former === undefined || from === leader) return;
    const thread = this.#threads.of(leader, former.pid);
    this.#told.closeWindow(thread, at, 'superseded');
    this.#told.closeEnter(thread, at, 'superseded');
    former.track.ends(at);
    // The kernel has killed the leader for it: what lives on under its number is another.
    thread.perfDone = false;
    thread.perfExit = undefined;
    thread.track.runs(at);
    thread.longestNs = former.longestNs;
    thread.longestStack = former.longestStack;
    thread.firstStack = former.firstStack;
    thread.waker = former.waker;
    if (former.window !== undefined) thread.window = former.window;
    if (former.held.length > 0) thread.held = former.held;
    if (former.enter !== undefined)
      thread.enter = {
        ...former.enter,
        totals: carriedOver(former.enter.totals, former.track, thread.track, at),
      };
    if (thread.window !== undefined && thread.enter?.window !== undefined) thread.window.enter = thread.enter;
    former.window = undefined;
    this.#threads.forget(former);
  }
}

/** Totals that `to` would have had when the call began, had its time in the call gone by under it instead of under `from`. */
function carriedOver(began: StateTotals, from: SchedulerTrack, to: SchedulerTrack, at: Ns): StateTotals {
  const spent = from.totals(at);
  const [running, runnable, blocked, stopped, ptrace] = to.totals(at);
  return [
    running - (spent[0] - began[0]),
    runnable - (spent[1] - began[1]),
    blocked - (spent[2] - began[2]),
    stopped - (spent[3] - began[3]),
    ptrace - (spent[4] - began[4]),
  ];
}
