import type { PerfBatch } from './batch.ts';

/** Threads whose numbers are remembered: more than live at once on most hosts; who is forgotten is learnt anew by its next row. */
const MOST = 100_000;

/**
 * The fields of tracepoints hold the numbers of the host (of the PID namespace that all others lie in), whereas perf stamps its
 * samples with those of the PID namespace that it was started in: where these are two, as in a container, each row of a
 * tracepoint tells both numbers of the thread that ran (its common_pid beside its stamp), and so which belong together.
 */
export class HostNumbers {
  /** Undefined: no row has told yet. */
  #apart: boolean | undefined;
  readonly #local = new Map<number, number>();
  /** By its maker, the child that PERF_RECORD_FORK has told and sched_process_fork is to tell next. */
  readonly #born = new Map<number, number>();

  /** The two numberings are two; undefined while no row has told. */
  get areApart(): boolean | undefined {
    return this.#apart;
  }

  /** That thread goes by `local` in the samples. Only what is above 0 tells something. @returns true when that is news. */
  learn(host: number, local: number): boolean {
    if (host <= 0 || local <= 0) return false;
    if (host === local && this.#apart !== true) {
      const isNews = this.#apart === undefined;
      this.#apart = false;
      return isNews;
    }
    const isNews = this.#apart !== true || this.#local.get(host) !== local;
    this.#apart = true;
    if (!isNews) return false;
    this.#local.delete(host);
    this.#local.set(host, local);
    if (this.#local.size > MOST) this.#local.delete(this.#local.keys().next().value!);
    return true;
  }

  /** What the samples call a thread; undefined where nobody can say. */
  local(host: number): number | undefined {
    if (host <= 0 || this.#apart === false) return host;
    return this.#apart === undefined ? undefined : this.#local.get(host);
  }

  /** The same of a thread that ran and that has left its number by then; -1 where nobody can say. */
  ranAs(host: number): number {
    return this.#apart === undefined ? host : (this.local(host) ?? -1);
  }

  /** PERF_RECORD_FORK: `maker` has made `child`, both by the numbers of the samples. */
  born(maker: number, child: number): void {
    if (this.#apart !== true) return;
    if (this.#born.size >= MOST) this.#born.clear();
    this.#born.set(maker, child);
  }

  /** sched_process_fork, which comes right behind it: the child's number by the host. */
  forked(maker: number, child: number): void {
    const local = this.#born.get(maker);
    if (local === undefined) return;
    this.#born.delete(maker);
    this.learn(child, local);
  }

  /** Rows are missing: what was to come next may not be what comes. */
  lost(): void {
    this.#born.clear();
  }
}

/** A process that perf's PID namespace does not know: the samples have no number of it, though it is not the idle task. */
export function isOutside(batch: PerfBatch, row: number): boolean {
  return batch.tid[row] === 0 && batch.host[row]! > 0;
}
