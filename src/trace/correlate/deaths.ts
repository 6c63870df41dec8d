import type { Ns } from '../event.ts';
import type { StraceExit } from '../strace/call.ts';
import { exitEvent } from './events.ts';
import type { FirstSleeps } from './first-sleeps.ts';
import type { CorrelatorOptions } from './options.ts';
import type { Parents } from './parents.ts';
import type { QualityCounter } from './quality.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import type { ToldCalls } from './told-calls.ts';

/**
 * For so long the end of a thread that strace has told nothing of waits for strace's word of it: that comes 50 µs later, on a
 * busy host up to a quarter of a second.
 */
const PATIENCE_NS = 1_000_000_000;
const MOST_WAITING = 10_000;

/** How threads end: once each, by the word of both sources where both tell of it. */
export class Deaths {
  readonly #options: CorrelatorOptions;
  readonly #threads: Threads;
  readonly #told: ToldCalls;
  readonly #parents: Parents;
  readonly #firstSleeps: FirstSleeps;
  readonly #quality: QualityCounter;
  /** Those that wait for strace's word, from `#next` on, in the order of their ends. */
  #waiting: { readonly thread: Thread; readonly until: Ns }[] = [];
  #next = 0;

  constructor(
    options: CorrelatorOptions,
    threads: Threads,
    told: ToldCalls,
    parents: Parents,
    firstSleeps: FirstSleeps,
    quality: QualityCounter,
  ) {
    this.#options = options;
    this.#threads = threads;
    this.#told = told;
    this.#parents = parents;
    this.#firstSleeps = firstSleeps;
    this.#quality = quality;
  }

  /** strace tells the end of a thread. */
  ofStrace(thread: Thread, exit: StraceExit, at: Ns): void {
    this.#told.closeWindow(thread, at, 'died');
    this.#tell(thread, exit, at);
    if (!thread.perfed && thread.pid === thread.tid) this.#parents.forget(thread.pid);
  }

  /** sched_process_exit. `groupDead`: 1 for the last thread of its process, 0 for others, -1 where the kernel does not tell. */
  ofPerf(at: Ns, tid: number, groupDead: number): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    const last = groupDead < 0 ? (thread.pid === tid ? undefined : false) : groupDead === 1;
    thread.perfExit = { at, last };
    // perf leaves the thread before its last switch: nothing tells when it gave the CPU back for good.
    thread.track.ends(at);
    thread.perfDone = true;
    if (last !== false) this.#parents.died(thread.pid, thread.comm);
    // What it was told to do with a call, strace tells with its end.
    if (this.#options.hasStrace && thread.straced) return;
    this.#told.closeEnter(thread, at, 'died');
    if (this.#options.hasStrace) this.#waiting.push({ thread, until: at + PATIENCE_NS });
    else this.#tell(thread, undefined, at);
  }

  /** Time goes on: of whom strace has told nothing by now it has not seen the end. */
  settle(now: Ns): void {
    for (; this.#next < this.#waiting.length; this.#next++) {
      const { thread, until } = this.#waiting[this.#next]!;
      if (until >= now && this.#waiting.length - this.#next <= MOST_WAITING) break;
      if (thread.perfExit !== undefined && this.#threads.get(thread.tid) === thread)
        this.#tell(thread, undefined, now);
    }
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  /**
   * PERF_RECORD_EXIT, which comes after sched_process_exit where that is told at all: 5.10, 6.1 and 6.12, as they are since 2025, let
   * perf go of a thread before. perf records it before it is enabled, too: who ended then is no part of the recording.
   */
  ofTask(at: Ns, tid: number): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined || thread.perfDone) return;
    const from = this.#options.perfWindow?.from;
    if (from === undefined || at >= from || thread.straced) this.ofPerf(at, tid, -1);
    else this.#threads.forget(thread);
  }

  /** The number is given to another: of the dead one that had it nothing more will come. */
  reused(tid: number, at: Ns): void {
    const dead = this.#threads.get(tid);
    if (dead !== undefined && (dead.perfDone || dead.straceDone)) this.leave(dead, at);
  }

  /** Nothing more will be told of it. */
  leave(thread: Thread, at: Ns): void {
    this.#quality.perfOnly[thread.straced ? 'afterDetach' : 'notAttached'] += thread.unclaimed;
    // Not one event: it slept all the time.
    this.#firstSleeps.lasted(thread, at);
    thread.track.ends(at);
    this.#told.closeWindow(thread, at, 'end-of-trace');
    this.#told.closeEnter(thread, at, 'end-of-trace');
    if (thread.perfExit !== undefined)
      this.#options.sink.event(exitEvent(thread, undefined, thread.perfExit.at));
    this.#threads.forget(thread);
  }

  #tell(thread: Thread, exit: StraceExit | undefined, at: Ns): void {
    this.#options.sink.event(exitEvent(thread, exit, at));
    thread.perfExit = undefined;
    thread.straceDone = true;
    const perfDone = thread.perfDone || !this.#options.hasPerf || !thread.perfed;
    if (!perfDone) return;
    const kind = !thread.straced ? 'notAttached' : this.#options.filtered ? 'filtered' : 'other';
    this.#quality.perfOnly[kind] += thread.unclaimed;
    this.#threads.forget(thread);
  }
}
