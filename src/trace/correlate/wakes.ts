import type { Ns, Waker } from '../event.ts';
import type { PerfBatch, PerfSource } from '../perf/batch.ts';
import { type HostNumbers, isOutside } from '../perf/host-numbers.ts';
import type { CallNames } from './call-names.ts';
import type { FirstSleeps } from './first-sleeps.ts';
import type { Parents } from './parents.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import { isInterrupt, wakeKind } from './wakers.ts';

/** Names of other processes that are kept, to name who woke whom. */
const MOST_NAMES = 50_000;

/** Wake-ups at the begin of threads of which nobody knows yet whether they are of the tree. */
const MOST_UNKNOWN = 10_000;

interface Woken {
  readonly at: Ns;
  readonly waker: Waker;
}

/** sched_waking: who ended the sleep of a thread of the tree, and what that one was doing. */
export class Wakes {
  readonly #threads: Threads;
  readonly #names: CallNames;
  readonly #parents: Parents;
  readonly #firstSleeps: FirstSleeps;
  readonly #numbers: HostNumbers;
  /** Of threads that are not of the tree, by the host's numbers. */
  readonly #comms = new Map<number, string>();
  /** The first that each of these threads has got, by the host's numbers. */
  readonly #unknown = new Map<number, Woken>();

  constructor(
    threads: Threads,
    names: CallNames,
    parents: Parents,
    firstSleeps: FirstSleeps,
    numbers: HostNumbers,
  ) {
    this.#threads = threads;
    this.#names = names;
    this.#parents = parents;
    this.#firstSleeps = firstSleeps;
    this.#numbers = numbers;
  }

  row(at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const host = batch.a[row]!;
    const target = this.#targetOf(batch, row);
    const thread = target === undefined ? undefined : this.#threads.get(target);
    if (thread === undefined) {
      if (batch.text[row]! >= 0 && (this.#comms.size < MOST_NAMES || this.#comms.has(host)))
        this.#comms.set(host, source.text(batch.text[row]!));
      if (target === undefined) this.#keep(host, at, batch, row, source);
      return;
    }
    if (thread.track.state === 'ptrace') return;
    const waker = this.#wakerOf(thread, batch, row, source);
    if (thread.firstSleep !== undefined) this.#firstSleeps.woken(thread, at, waker);
    else thread.track.woken(at, waker);
  }

  /** It is known by now who goes by that number of the host. */
  learnt(host: number): void {
    if (this.#numbers.areApart === false) {
      for (const known of this.#unknown.keys()) this.#give(known);
      this.#unknown.clear();
    } else this.#give(host);
  }

  /** A wake-up that came before anything of the thread did can only have ended the sleep that it began with. */
  #give(host: number): void {
    const woken = this.#unknown.get(host);
    if (woken === undefined) return;
    this.#unknown.delete(host);
    const thread = this.#threads.get(this.#numbers.local(host) ?? -1);
    if (thread?.firstSleep !== undefined) this.#firstSleeps.woken(thread, woken.at, woken.waker);
  }

  #keep(host: number, at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    if (!this.#firstSleeps.areOpen) this.#unknown.clear();
    else if (!this.#unknown.has(host) && this.#unknown.size < MOST_UNKNOWN) {
      const waker = this.#wakerOf(undefined, batch, row, source);
      // The tracer wakes to hold, and to let go on.
      if (waker.how !== 'ptrace') this.#unknown.set(host, { at, waker });
    }
  }

  /** Who is woken, as the tree knows it; undefined where nobody can say. Texts tell no other number of whoever ran. */
  #targetOf(batch: PerfBatch, row: number): number | undefined {
    const isUntold = batch.host[row]! < 0 && this.#numbers.areApart === undefined;
    return isUntold ? batch.a[row]! : this.#numbers.local(batch.a[row]!);
  }

  #wakerOf(woken: Thread | undefined, batch: PerfBatch, row: number, source: PerfSource): Waker {
    const tid = batch.tid[row]!;
    const stack = batch.stack[row]! < 0 ? [] : source.stack(batch.stack[row]!);
    const how = wakeKind(stack);
    // The tracer reaps the child first, and its wait wakes the parent: the child's exit is what happened.
    if (
      woken !== undefined &&
      how === 'child-exit' &&
      stack.some((frame) => /^(?:wait_consider_task|do_wait|__do_wait)/.test(frame))
    ) {
      const child = this.#parents.lastDeadOf(woken.pid);
      if (child !== undefined) return { pid: child.pid, tid: child.pid, comm: child.comm, how };
    }
    const by = this.#threads.get(tid);
    // An interrupt comes over whoever has the CPU.
    const isTheirs = !isInterrupt(stack);
    const during = isTheirs ? this.#names.during(by) : undefined;
    return {
      pid: batch.pid[row]!,
      tid,
      comm: by?.comm ?? this.#nameOf(batch, row),
      how,
      ...(during === undefined ? {} : { during }),
      ...(isTheirs && isOutside(batch, row) ? { outside: true } : {}),
    };
  }

  /** Of a thread that is not of the tree. */
  #nameOf(batch: PerfBatch, row: number): string {
    const told = batch.host[row]!;
    const host = told < 0 ? batch.tid[row]! : told;
    // Of text nobody knows whether 0 is the idle task, or whoever is outside.
    if (host === 0) return told < 0 && this.#numbers.areApart === true ? '' : 'swapper';
    return (told < 0 && this.#numbers.areApart === true ? undefined : this.#comms.get(host)) ?? '';
  }
}
