import { PERF, type PerfBatch, type PerfSource } from '../perf/batch.ts';
import type { Threads } from './threads.ts';

/**
 * Of several recorders of one tree, whose word of a thread counts. A recorder that was started late, for threads which the
 * first seemed to have missed, tells what the first does too if it had not: each row comes twice then, half a microsecond
 * apart, and so it goes with all that these threads make.
 */
export class Owners {
  readonly #threads: Threads;
  readonly #trees: readonly Pick<PerfSource, 'opened'>[];

  constructor(threads: Threads, trees: readonly Pick<PerfSource, 'opened'>[]) {
    this.#threads = threads;
    this.#trees = trees;
  }

  /** Whether another recorder tells this row as well. */
  isDouble(batch: PerfBatch, row: number, source: PerfSource): boolean {
    if (this.#trees.length < 2 || batch.kind[row] === PERF.lost) return false;
    // Of a birth both tell to whom the maker belongs.
    const tid = batch.kind[row] === PERF.fork ? batch.b[row]! : batch.tid[row]!;
    const thread = this.#threads.get(tid);
    if (thread === undefined) return false;
    thread.owner ??= this.#trees.find(({ opened }) => opened?.has(tid)) ?? source;
    return thread.owner !== source;
  }
}
