import type { Ns } from '../event.ts';
import type { PerfBatch, PerfSource } from '../perf/batch.ts';
import type { Cursor } from './merge.ts';

/** The rows of one perf recording, one after the other. */
export class PerfCursor implements Cursor {
  readonly source: PerfSource;
  batch: PerfBatch | undefined;
  row = 0;
  readonly #take: (cursor: PerfCursor) => void;
  #done: boolean = false;

  constructor(source: PerfSource, take: (cursor: PerfCursor) => void) {
    this.source = source;
    this.#take = take;
  }

  peek(): Ns {
    while (this.batch === undefined || this.row >= this.batch.count) {
      if (this.#done) return Number.POSITIVE_INFINITY;
      this.batch = this.source.next();
      this.row = 0;
      this.#done = this.batch === undefined;
    }
    return this.batch.at[this.row]!;
  }

  take(): void {
    this.#take(this);
    this.row++;
  }
}
