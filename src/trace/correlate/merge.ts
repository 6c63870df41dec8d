import type { Ns } from '../event.ts';

/** One recording as the merge sees it: a next event with its time. */
export interface Cursor {
  /** Time of the next event; Infinity when there is none left. Reads on as needed. */
  peek(): Ns;
  /** Handles the next event and goes on. */
  take(): void;
}

/**
 * Takes the events of several recordings in the order of their times. Among equals the earlier cursor goes first: strace's
 * stamp stands before what perf sees of the call. It stops now and then, so that whoever drives it can look at something else.
 */
export function* merge(cursors: readonly Cursor[]): Generator<undefined, void> {
  let taken = 0;
  const heap = cursors.map((cursor, order): Place => ({ cursor, order, at: cursor.peek() }));
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(heap, index);
  const [first] = heap;
  if (first === undefined) return;
  for (let top = first; top.at !== Number.POSITIVE_INFINITY; top = heap[0]!) {
    const next = second(heap);
    const nextAt = next?.at ?? Number.POSITIVE_INFINITY;
    const { cursor } = top;
    // Mostly one recording has many events before the next one's turn.
    do {
      cursor.take();
      top.at = cursor.peek();
      taken++;
    } while (top.at < nextAt && taken < SLICE);
    if (taken >= SLICE) {
      taken = 0;
      yield;
    }
    sink(heap, 0);
  }
}

/** Events between two stops: some 50 ms. */
const SLICE = 50_000;

/** A recording in a heap: the one whose turn is next on top. Of `strace -ff` there may be thousands. */
interface Place {
  readonly cursor: Cursor;
  readonly order: number;
  at: Ns;
}

function isBefore(one: Place, other: Place): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

function second([, one, other]: readonly Place[]): Place | undefined {
  return one !== undefined && other !== undefined && isBefore(other, one) ? other : one;
}

function sink(heap: Place[], from: number): void {
  const place = heap[from]!;
  let index = from;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, place)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = place;
}
