import { PERF, type PerfBatch } from '../../perf/batch.ts';

/** Kinds of rows that count whoever they are of: who woke whom, and what was lost. */
const FOR_ALL: ReadonlySet<number> = new Set([PERF.waking, PERF.wakeupNew, PERF.lost]);
/** No kind of row: nobody takes it. */
const NONE = 0;

/**
 * Of a recording that holds more than strace traced (all of the host; strace itself, started by perf record), what is of the
 * traced threads, of their processes, and of what they started.
 */
export class KeptThreads {
  readonly #tids: Set<number>;
  readonly #pids = new Set<number>();
  /** Some rows were of others. */
  leftOut: boolean = false;

  constructor(tids: Iterable<number>) {
    this.#tids = new Set(tids);
  }

  /** Takes away the rows of others. */
  sift(batch: PerfBatch): void {
    for (let row = 0; row < batch.count; row++) {
      const kind = batch.kind[row]!;
      if (FOR_ALL.has(kind) || this.#isKept(batch, row)) continue;
      if (kind === PERF.enter) this.leftOut = true;
      batch.kind[row] = NONE;
    }
  }

  #isKept(batch: PerfBatch, row: number): boolean {
    const tid = batch.tid[row]!;
    const pid = batch.pid[row]!;
    if (batch.kind[row] === PERF.fork) {
      const kept = this.#tids.has(batch.b[row]!) || this.#pids.has(batch.a[row]!);
      if (kept) this.#tids.add(tid);
      return kept || this.#tids.has(tid);
    }
    if (this.#tids.has(tid)) {
      if (pid > 0) this.#pids.add(pid);
      return true;
    }
    return pid > 0 && this.#pids.has(pid);
  }
}
