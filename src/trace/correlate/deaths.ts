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

/** How threads end: once each, by the word of both sources where both tell of it. */
export class Deaths {
  readonly #options: CorrelatorOptions;
  readonly #threads: Threads;
  readonly #told: ToldCalls;
  readonly #parents: Parents;
  readonly #firstSleeps: FirstSleeps;
  readonly #quality: QualityCounter;

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
    this.#options.sink.event(exitEvent(thread, exit, at));
    thread.perfExit = undefined;
    thread.straceDone = true;
    this.#forgetIfDone(thread);
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
    if (!this.#options.hasStrace || !thread.straced) {
      this.#told.closeEnter(thread, at, 'died');
      this.#options.sink.event(exitEvent(thread, undefined, at));
      thread.perfExit = undefined;
      thread.straceDone = true;
      this.#forgetIfDone(thread);
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

  #forgetIfDone(thread: Thread): void {
    const perfDone = thread.perfDone || !this.#options.hasPerf || !thread.perfed;
    if (!thread.straceDone || !perfDone) return;
    this.#quality.perfOnly[thread.straced ? 'other' : 'notAttached'] += thread.unclaimed;
    this.#threads.forget(thread);
  }
}
