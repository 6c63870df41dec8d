import type { Ns, Source, TraceSink } from '../event.ts';
import type { CallNames } from './call-names.ts';
import { stateEvent } from './events.ts';
import { type FinishedState, SchedulerTrack } from './scheduler.ts';
import type { Thread } from './thread.ts';

/** Of threads that nobody has met yet. */
const MOST_NAMES = 50_000;

/** What is known of a thread before it is met. */
interface Before {
  readonly comm: string;
  /** Its process; undefined where that is not known. */
  readonly pid: number | undefined;
}

/** All threads that either recording has told of and that may still be told of. */
export class Threads {
  readonly #byTid = new Map<number, Thread>();
  /** By process, those that are not its leader. */
  readonly #followers = new Map<number, Set<Thread>>();
  readonly #sink: TraceSink;
  readonly #names: CallNames;
  readonly #scheduled: boolean;
  /** Of threads that were told of at the begin of the recording, and that may be gone, or be told of again. */
  readonly #before = new Map<number, Before>();
  /** Keeps a state until more is known of it. */
  holds: ((thread: Thread, state: FinishedState) => boolean) | undefined;

  /** `scheduled`: perf told who got and left the CPU. */
  constructor(sink: TraceSink, names: CallNames, scheduled: boolean) {
    this.#sink = sink;
    this.#names = names;
    this.#scheduled = scheduled;
  }

  get(tid: number): Thread | undefined {
    return this.#byTid.get(tid);
  }

  values(): Iterable<Thread> {
    return this.#byTid.values();
  }

  /** The thread of that number, met for the first time where it is not known. */
  of(tid: number, pid?: number): Thread {
    let thread = this.#byTid.get(tid);
    if (thread === undefined) {
      const before = this.#before.get(tid);
      thread = this.#made(tid, pid ?? before?.pid ?? tid);
      this.#byTid.set(tid, thread);
      this.#follow(thread);
      if (before !== undefined) this.#recall(thread, before);
    } else if (pid !== undefined && pid > 0 && thread.pid !== pid) {
      this.#unfollow(thread);
      thread.pid = pid;
      this.#follow(thread);
    }
    return thread;
  }

  /** The same, of which perf tells that it makes a call or comes back from one. */
  running(tid: number, pid: number, at: Ns): Thread {
    const thread = this.of(tid, pid);
    thread.perfed = true;
    if (!thread.perfDone) thread.track.runs(at);
    return thread;
  }

  /** Nothing more will be told of it; its number may be another's by now. */
  forget(thread: Thread): void {
    if (this.#byTid.get(thread.tid) !== thread) return;
    this.#byTid.delete(thread.tid);
    this.#unfollow(thread);
  }

  /** The threads of a process without its leader. */
  followersOf(pid: number): readonly Thread[] {
    return [...(this.#followers.get(pid) ?? [])];
  }

  /** It goes by that name from now on. */
  name(thread: Thread, comm: string, at: Ns, sources: readonly Source[]): void {
    if (thread.comm === comm || comm === '') return;
    thread.comm = comm;
    this.#sink.event({ type: 'comm', pid: thread.pid, tid: thread.tid, startNs: at, sources, comm });
  }

  /** It goes by that name when it is met: nobody knows yet whether it is there still when the recording begins. */
  nameBefore(tid: number, comm: string, pid?: number): void {
    if (this.#before.size < MOST_NAMES || this.#before.has(tid)) this.#before.set(tid, { comm, pid });
  }

  /** Of which process it is, by what was told at the begin of the recording. */
  pidBefore(tid: number): number | undefined {
    return this.#before.get(tid)?.pid;
  }

  #recall(thread: Thread, { comm }: Before): void {
    this.#before.delete(thread.tid);
    this.name(thread, comm, 0, []);
  }

  #follow(thread: Thread): void {
    const { pid, tid } = thread;
    if (pid === tid) return;
    const followers = this.#followers.get(pid);
    if (followers === undefined) this.#followers.set(pid, new Set([thread]));
    else followers.add(thread);
  }

  #unfollow(thread: Thread): void {
    const followers = this.#followers.get(thread.pid);
    if (followers?.delete(thread) && followers.size === 0) this.#followers.delete(thread.pid);
  }

  #made(tid: number, pid: number): Thread {
    const made: Thread = {
      pid,
      tid,
      comm: '',
      namedByPerf: false,
      track: new SchedulerTrack(
        (state) => this.#tellState(made, state),
        (waker) => {
          made.waker = waker;
        },
      ),
      firstSleep: undefined,
      firstStack: undefined,
      owner: undefined,
      wasIn: undefined,
      stacks: undefined,
      window: undefined,
      enter: undefined,
      notBegun: undefined,
      waker: undefined,
      perfExit: undefined,
      exitStatus: undefined,
      longestNs: 0,
      longestStack: -1,
      straced: false,
      held: [],
      isNew: false,
      unclaimed: 0,
      perfed: false,
      straceDone: false,
      perfDone: false,
    };
    return made;
  }

  #tellState(thread: Thread, state: FinishedState): void {
    // Of calls alone it would run all the time.
    if (!this.#scheduled) return;
    if (state.state === 'blocked' && state.durationNs > thread.longestNs) {
      thread.longestNs = state.durationNs;
      thread.longestStack = state.stack;
    }
    if (this.holds?.(thread, state)) return;
    this.#sink.event(stateEvent(thread, state, this.#names.during(thread)));
  }
}
