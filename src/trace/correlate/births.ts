import type { Ns, TraceSink } from '../event.ts';
import { type CallNames, SPAWNS } from './call-names.ts';
import { BOTH, PERF_ONLY, STRACE } from './events.ts';
import type { Parents } from './parents.ts';
import type { Thread, Window } from './thread.ts';
import type { Threads } from './threads.ts';

/** Threads and processes that are made, by whoever tells it. */
export class Births {
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

  /** A call that strace alone saw, if it made somebody: the child's number is the result, in the namespace of the caller. */
  ofStrace(thread: Thread, { call }: Window, at: Ns): void {
    if (!SPAWNS.test(call.name) || call.state !== 'done' || !(call.result > 0)) return;
    const translated = /\/\* (\d+) in strace's PID NS \*\//.exec(call.resultText ?? '')?.[1];
    const childTid = translated === undefined ? call.result : Number(translated);
    const isThread = call.args.includes('CLONE_THREAD');
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
