import type { Window } from './window.ts';

/**
 * A stretch of the file whose stamps do not fall: perf copies the buffer of one CPU after the other, each of them in order,
 * so that a round of copying makes about as many runs as there are CPUs.
 */
export class Run {
  /** Of the record that comes next. */
  position: number;
  readonly end: number;
  time: number;
  /** Of the record before it. */
  before: number;
  /** The later of two runs in the file comes second at the same moment. */
  readonly order: number;
  window: Window | undefined;
  at = 0;
  type = 0;
  size = 0;

  constructor(position: number, end: number, time: number, before: number, order: number) {
    this.position = position;
    this.end = end;
    this.time = time;
    this.before = before;
    this.order = order;
  }
}

/** Runs by the time of their next record: a binary heap. */
export class Runs {
  readonly #heap: Run[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Run | undefined {
    return this.#heap[0];
  }

  /** The time up to which the first run comes before all others. */
  get secondTime(): number {
    const left = this.#heap[1];
    const right = this.#heap[2];
    return Math.min(left?.time ?? Number.POSITIVE_INFINITY, right?.time ?? Number.POSITIVE_INFINITY);
  }

  add(run: Run): void {
    const heap = this.#heap;
    let at = heap.push(run) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesFirst(run, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = run;
  }

  /** To be called when the first run has moved on. */
  sink(): void {
    const run = this.#heap[0];
    if (run) this.#place(run);
  }

  removeFirst(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) this.#place(last);
  }

  #place(run: Run): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && comesFirst(heap[child + 1]!, heap[child]!)) child += 1;
      if (!comesFirst(heap[child]!, run)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = run;
  }
}

function comesFirst(one: Run, other: Run): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
