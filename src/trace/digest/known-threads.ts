import type { Ns } from '../event.ts';

/** What is remembered of one thread, so that waits can be told and followed after the trace. */
export interface KnownThread {
  pid: number;
  /** '' until somebody tells it. */
  comm: string;
  /** Begin of its first call. */
  seenNs: Ns | undefined;
  bornNs: Ns | undefined;
  parentTid: number;
  exitNs: Ns | undefined;
}

/** Threads that are remembered: the living, and of the dead the last ones. */
const MOST_THREADS = 50_000;
/** PID_MAX_LIMIT (include/linux/threads.h). */
const MOST_TIDS = 4_194_304;

/**
 * Names, births and ends of threads, by their numbers. Where there are too many, those go that died first; of them only is
 * known that they were of the trace.
 */
export class KnownThreads {
  readonly #byTid = new Map<number, KnownThread>();
  /** In the order of their deaths. */
  readonly #dead = new Set<number>();
  /** A bit for each number that was ever told of. */
  #ever = new Uint32Array(1024);
  readonly #most: number;

  constructor(most: number = MOST_THREADS) {
    this.#most = most;
  }

  get(tid: number): KnownThread | undefined {
    return this.#byTid.get(tid);
  }

  /** Whether it was ever told of, forgotten or not. */
  isTraced(tid: number): boolean {
    return this.#byTid.has(tid) || ((this.#ever[tid >>> 5] ?? 0) & (1 << (tid & 31))) !== 0;
  }

  called(tid: number, pid: number, at: Ns): void {
    const thread = this.#living(tid, pid, at);
    thread.seenNs ??= at;
  }

  named(tid: number, pid: number, at: Ns, comm: string): void {
    const thread = this.#living(tid, pid, at);
    thread.comm = comm;
    thread.pid = pid;
  }

  /** Of strace alone, the call that made it ends after its first own ones, and perhaps after it. */
  born(tid: number, pid: number, at: Ns, parentTid: number): void {
    const thread = this.#of(tid, pid);
    if (thread.bornNs !== undefined && thread.exitNs !== undefined) this.#again(thread, tid, pid);
    thread.bornNs = Math.min(at, thread.seenNs ?? at);
    thread.parentTid = parentTid;
  }

  ended(tid: number, pid: number, at: Ns): void {
    this.#living(tid, pid, at).exitNs = at;
    this.#dead.delete(tid);
    this.#dead.add(tid);
  }

  /** It does something at that moment: if it has ended before, the number is another's now. */
  #living(tid: number, pid: number, at: Ns): KnownThread {
    const thread = this.#of(tid, pid);
    const { exitNs } = thread;
    if (exitNs !== undefined && at > exitNs) this.#again(thread, tid, pid);
    return thread;
  }

  /** Another has the number now. Its name is the same until somebody tells another. */
  #again(thread: KnownThread, tid: number, pid: number): void {
    this.#dead.delete(tid);
    thread.pid = pid;
    thread.seenNs = undefined;
    thread.bornNs = undefined;
    thread.exitNs = undefined;
  }

  #of(tid: number, pid: number): KnownThread {
    let thread = this.#byTid.get(tid);
    if (thread === undefined) {
      if (this.#byTid.size >= this.#most) this.#forgetOne();
      thread = { pid, comm: '', seenNs: undefined, bornNs: undefined, parentTid: 0, exitNs: undefined };
      this.#byTid.set(tid, thread);
      this.#remember(tid);
    }
    return thread;
  }

  #forgetOne(): void {
    const [first] = this.#dead.size > 0 ? this.#dead : this.#byTid.keys();
    if (first === undefined) return;
    this.#dead.delete(first);
    this.#byTid.delete(first);
  }

  #remember(tid: number): void {
    if (!(tid >= 0 && tid < MOST_TIDS)) return;
    const word = tid >>> 5;
    if (word >= this.#ever.length) {
      const grown = new Uint32Array(Math.max(word + 1, 2 * this.#ever.length));
      grown.set(this.#ever);
      this.#ever = grown;
    }
    this.#ever[word]! |= 1 << (tid & 31);
  }
}
