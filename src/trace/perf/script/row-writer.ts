import type { PerfBatch } from '../batch.ts';
import { BATCH_ROWS, Columns, copyRow } from '../columns.ts';

/**
 * Rows of a text in the order of their times. Text of perf script is in order; that of other commands is put in order as far as
 * a batch reaches, and what comes later still gets the time of the row before it.
 */
export class RowWriter {
  #rows = new Columns();
  #sorted = new Columns();
  #latest = Number.NEGATIVE_INFINITY;
  #given = Number.NEGATIVE_INFINITY;
  #inOrder: boolean = true;
  /** Rows that came too late to be put in their place. */
  late = 0;

  /** There is no more room for what one line may give. */
  get nearlyFull(): boolean {
    return this.#rows.count > BATCH_ROWS - 4;
  }

  get columns(): Columns {
    return this.#rows;
  }

  /** A row at `time`; with the time of the one before where it has none (NaN). */
  add(kind: number, time: number, pid: number, tid: number, cpu: number): number {
    let at = time;
    if (Number.isNaN(at)) at = this.#latest;
    else if (at < this.#given) {
      this.late += 1;
      at = this.#given;
    }
    if (at < this.#latest) this.#inOrder = false;
    else this.#latest = at;
    return this.#rows.add(kind, at, pid, tid, cpu);
  }

  /** What has been added since the last time; undefined when that is nothing. */
  take(): PerfBatch | undefined {
    const rows = this.#rows;
    if (rows.count === 0) return undefined;
    this.#stampFirst();
    this.#given = this.#latest;
    if (this.#inOrder) return rows;
    const order = Array.from({ length: rows.count }, (_, row) => row);
    order.sort((one, other) => rows.at[one]! - rows.at[other]! || one - other);
    this.#sorted.count = 0;
    for (const row of order) copyRow(rows, row, this.#sorted);
    [this.#rows, this.#sorted] = [this.#sorted, rows];
    this.#inOrder = true;
    return this.#rows;
  }

  /** To be called before rows are added to the next batch. */
  begin(): void {
    this.#rows.count = 0;
  }

  /** Rows without a time before the first that has one get that. */
  #stampFirst(): void {
    const { at, count } = this.#rows;
    let first = 0;
    while (first < count && at[first] === Number.NEGATIVE_INFINITY) first += 1;
    if (first === count) this.#latest = 0;
    at.fill(first < count ? at[first]! : 0, 0, first);
  }
}
