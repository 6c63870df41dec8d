import type { Ns, Waker } from '../event.ts';
import type { PerfBatch, PerfSource } from '../perf/batch.ts';
import type { CallNames } from './call-names.ts';
import type { FirstSleeps } from './first-sleeps.ts';
import type { Parents } from './parents.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import { isInterrupt, wakeKind } from './wakers.ts';

/** Names of other processes that are kept, to name who woke whom. */
const MOST_NAMES = 50_000;

/** sched_waking: who ended the sleep of a thread of the tree, and what that one was doing. */
export class Wakes {
  readonly #threads: Threads;
  readonly #names: CallNames;
  readonly #parents: Parents;
  readonly #firstSleeps: FirstSleeps;
  /** Of threads that are not of the tree. */
  readonly #comms = new Map<number, string>();

  constructor(threads: Threads, names: CallNames, parents: Parents, firstSleeps: FirstSleeps) {
    this.#threads = threads;
    this.#names = names;
    this.#parents = parents;
    this.#firstSleeps = firstSleeps;
  }

  row(at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const target = batch.a[row]!;
    const thread = this.#threads.get(target);
    if (thread === undefined) {
      if (batch.text[row]! >= 0 && (this.#comms.size < MOST_NAMES || this.#comms.has(target)))
        this.#comms.set(target, source.text(batch.text[row]!));
      return;
    }
    if (thread.track.state === 'ptrace') return;
    const stack = batch.stack[row]! < 0 ? [] : source.stack(batch.stack[row]!);
    const waker = this.#wakerOf(thread, batch.pid[row]!, batch.tid[row]!, stack);
    if (thread.firstSleep !== undefined) this.#firstSleeps.woken(thread, at, waker);
    else thread.track.woken(at, waker);
  }

  #wakerOf(woken: Thread, pid: number, tid: number, stack: readonly string[]): Waker {
    const how = wakeKind(stack);
    const comm = this.#threads.get(tid)?.comm ?? this.#comms.get(tid) ?? (tid === 0 ? 'swapper' : '');
    // The tracer reaps the child first, and its wait wakes the parent: the child's exit is what happened.
    if (
      how === 'child-exit' &&
      stack.some((frame) => /^(?:wait_consider_task|do_wait|__do_wait)/.test(frame))
    ) {
      const child = this.#parents.lastDeadOf(woken.pid);
      if (child !== undefined) return { pid: child.pid, tid: child.pid, comm: child.comm, how };
    }
    const during = isInterrupt(stack) ? undefined : this.#names.during(this.#threads.get(tid));
    return { pid, tid, comm, how, ...(during === undefined ? {} : { during }) };
  }
}
