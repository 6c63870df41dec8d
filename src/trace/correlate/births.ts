import type { Ns, Source, TraceSink } from '../event.ts';
import { type CallNames, SPAWNS } from './call-names.ts';
import { BOTH, PERF_ONLY, STRACE } from './events.ts';
import type { Parents } from './parents.ts';
import type { Thread, Window } from './thread.ts';
import type { Threads } from './threads.ts';

/** include/uapi/linux/sched.h */
const CLONE_THREAD = 0x1_0000;

/** Births of which nobody has told yet whether a thread or a process was born: of a fork storm, the first ones only. */
const MOST_UNSURE = 10_000;

interface UnsureBirth {
  readonly at: Ns;
  readonly parent: Thread;
  readonly call: string | undefined;
  readonly sources: readonly Source[];
}

/** Threads and processes that are made, by whoever tells it. */
export class Births {
  /** By the child's number. */
  readonly #unsure = new Map<number, UnsureBirth>();
  readonly #sink: TraceSink;
  readonly #threads: Threads;
  readonly #names: CallNames;
  readonly #parents: Parents;

  constructor(sink: TraceSink, threads: Threads, names: CallNames, parents: Parents) {
    this.#sink = sink;
    this.#threads = threads;
    this.#names = names;
    this.#parents = parents;
  }

  /** PERF_RECORD_FORK: `tid` of process `pid` is made by `parentTid` of `parentPid`; all numbers are the host's. */
  ofPerf(at: Ns, pid: number, tid: number, parentPid: number, parentTid: number): void {
    const parent = this.#threads.get(parentTid);
    const child = this.#threads.of(tid, pid);
    child.perfed = true;
    if (child.comm === '' && parent !== undefined) this.#threads.name(child, parent.comm, at, PERF_ONLY);
    if (pid !== parentPid) this.#parents.set(pid, parentPid);
    const call = this.#names.during(parent);
    this.#sink.event({
      type: 'spawn',
      pid: parentPid,
      tid: parentTid,
      startNs: at,
      sources: this.#names.isOfBoth(parent) ? BOTH : PERF_ONLY,
      childPid: pid,
      childTid: tid,
      thread: pid === parentPid,
      ...(call === undefined || !SPAWNS.test(call) ? {} : { call }),
    });
  }

  /**
   * sched_process_fork, which is all that the text of perf script tells of a birth where nobody asked it for the records of
   * tasks. A thread is not told from a process there: the call that makes it may say it, else what becomes of the child.
   */
  ofFork(at: Ns, parentTid: number, childTid: number, comm: string): void {
    const parent = this.#threads.of(parentTid);
    const childPid = this.#threads.pidBefore(childTid);
    const child = this.#threads.of(childTid);
    child.perfed = true;
    this.#threads.name(child, comm, at, PERF_ONLY);
    const during = this.#names.during(parent);
    const call = during !== undefined && SPAWNS.test(during) ? during : undefined;
    const birth = { at, parent, call, sources: this.#names.isOfBoth(parent) ? BOTH : PERF_ONLY };
    const thread = makesThread(call, parent) ?? (childPid === undefined ? undefined : childPid !== childTid);
    if (thread !== undefined || this.#unsure.size >= MOST_UNSURE) this.#tellFork(childTid, birth, thread);
    else this.#unsure.set(childTid, birth);
  }

  /** It did what tells whether it is a thread: an exec of its own or its end, or somebody has waited for it. */
  isSure(childTid: number, thread: boolean): void {
    const birth = this.#unsure.get(childTid);
    if (birth !== undefined) this.#tellFork(childTid, birth, thread);
  }

  /** Nothing more comes that could tell it. */
  finish(): void {
    for (const [childTid, birth] of this.#unsure) this.#tellFork(childTid, birth, undefined);
  }

  #tellFork(childTid: number, { at, parent, call, sources }: UnsureBirth, thread: boolean | undefined): void {
    this.#unsure.delete(childTid);
    if (thread === false) this.#parents.set(childTid, parent.pid);
    this.#sink.event({
      type: 'spawn',
      pid: parent.pid,
      tid: parent.tid,
      startNs: at,
      sources,
      // The text has one number for each: its rows have no other process than this.
      childPid: thread === true ? parent.pid : childTid,
      childTid,
      thread: thread === true,
      ...(thread === undefined ? { unsure: true } : {}),
      ...(call === undefined ? {} : { call }),
    });
  }

  /** A call that strace alone saw, if it made somebody: the child's number is the result, in the namespace of the caller. */
  ofStrace(thread: Thread, { call }: Window, at: Ns): void {
    if (!SPAWNS.test(call.name) || call.state !== 'done' || !(call.result > 0)) return;
    const translated = /\/\* (\d+) in strace's PID NS \*\//.exec(call.resultText ?? '')?.[1];
    const childTid = translated === undefined ? call.result : Number(translated);
    const isThread = call.args.includes('CLONE_THREAD');
    // perf has told it, though it did not tell the call.
    if (this.#threads.get(childTid)?.perfed) return;
    const child = this.#threads.of(childTid, isThread ? thread.pid : childTid);
    if (child.comm === '') this.#threads.name(child, thread.comm, at, STRACE);
    if (!isThread) this.#parents.set(childTid, thread.pid);
    this.#sink.event({
      type: 'spawn',
      pid: thread.pid,
      tid: thread.tid,
      startNs: at,
      sources: STRACE,
      childPid: isThread ? thread.pid : childTid,
      childTid,
      thread: isThread,
      call: call.name,
    });
  }
}

/** Whether a call makes a thread; undefined where that stands in memory (clone3), or no call is known. */
function makesThread(call: string | undefined, { enter }: Thread): boolean | undefined {
  if (call === 'fork' || call === 'vfork') return false;
  if (call !== 'clone' || enter === undefined) return undefined;
  const flags = Number(enter.args.split(',', 1)[0]);
  return Number.isSafeInteger(flags) ? Math.floor(flags / CLONE_THREAD) % 2 === 1 : undefined;
}
