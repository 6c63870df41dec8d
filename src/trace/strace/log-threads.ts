import type { OpenCall } from './read-call.ts';

/** A thread of a log, for as long as it is known to live. */
export interface LogThread {
  readonly tid: number;
  comm: string | undefined;
  /** The same as the log has it: quoted as strings are in C. */
  quotedComm: string | undefined;
  /** The call that it is in. */
  open: OpenCall | undefined;
  /** Nothing that strace tells of its calls is true (out-of-step.ts). */
  outOfStep: boolean;
}

/** The threads of a log, found by the numbers in front of its lines, which some lines lack. */
export class LogThreads {
  readonly #threads = new Map<number, LogThread>();
  readonly #defaultTid: number;
  readonly #outOfStep: Set<number>;
  /** The thread of the line before: the next line is often its, too. */
  #last: LogThread | undefined;
  /** The only thread there is: that of lines without a number. */
  #alone: LogThread | undefined;

  /** `defaultTid`: whose the lines without a number are, 0 where that is to be found out. */
  constructor(defaultTid: number, outOfStep: ReadonlySet<number> | undefined) {
    this.#defaultTid = defaultTid;
    this.#outOfStep = new Set(outOfStep);
  }

  /** Whose a line is that begins with this number; 0: with none. */
  of(tid: number): LogThread {
    if (this.#last !== undefined && this.#last.tid === tid) return this.#last;
    if (tid === 0 && this.#alone !== undefined) return this.#alone;
    return this.#other(tid);
  }

  #other(number: number): LogThread {
    const tid = number === 0 ? this.#numberless() : number;
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      thread = {
        tid,
        comm: undefined,
        quotedComm: undefined,
        open: undefined,
        outOfStep: this.#outOfStep.has(tid),
      };
      // A thread without number that is in no call will be seen under its number.
      if (number !== 0 && this.#threads.get(0)?.open === undefined) this.#threads.delete(0);
      this.#threads.set(tid, thread);
      this.#alone = undefined;
    }
    if (number !== 0) this.#last = thread;
    else if (this.#threads.size === 1) this.#alone = thread;
    return thread;
  }

  /** Whose a line without a number is: strace leaves it out while it traces one thread only. */
  #numberless(): number {
    if (this.#defaultTid !== 0) return this.#defaultTid;
    if (this.#threads.size !== 1) return 0;
    const [only] = this.#threads.keys();
    return only!;
  }

  /** Takes the open call of that name, which is resumed, out of its thread. */
  takeOpen(thread: LogThread, name: string): OpenCall | undefined {
    const owner = thread.open ? thread : this.#formerlyNumberless(thread);
    const call = owner?.open;
    if (owner === undefined || call === undefined || call.name !== name) return undefined;
    owner.open = undefined;
    if (owner !== thread) this.forget(owner);
    return call;
  }

  /** A thread gets its number when a second one comes to be traced. */
  #formerlyNumberless(thread: LogThread): LogThread | undefined {
    return thread.tid === 0 || this.#defaultTid !== 0 ? undefined : this.#threads.get(0);
  }

  forget(thread: LogThread): void {
    // Its number may become another's.
    if (thread.outOfStep) this.#outOfStep.delete(thread.tid);
    this.#threads.delete(thread.tid);
    this.#last = undefined;
    this.#alone = undefined;
  }

  /** The thread that called execve goes on under the leader's number, its call still open. */
  supersede(leader: number, caller: number): void {
    const former = this.#threads.get(caller);
    if (former === undefined) return;
    this.forget(former);
    this.#threads.set(leader, { ...former, tid: leader });
  }

  /** strace got out of step with it. The thread, if any line was its. */
  leaveOut(tid: number): LogThread | undefined {
    this.#outOfStep.add(tid);
    const thread = this.#threads.get(tid);
    if (thread !== undefined) thread.outOfStep = true;
    return thread;
  }

  /** The log ends: how many calls are still open. */
  end(): number {
    let open = 0;
    for (const thread of this.#threads.values()) if (thread.open) open++;
    this.#threads.clear();
    this.#last = undefined;
    this.#alone = undefined;
    return open;
  }
}
