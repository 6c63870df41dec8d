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
 * stamp stands before what perf sees of the call.
 */
export function merge(cursors: readonly Cursor[]): void {
  for (;;) {
    let first: Cursor | undefined;
    let firstAt = Number.POSITIVE_INFINITY;
    let nextAt = Number.POSITIVE_INFINITY;
    for (const cursor of cursors) {
      const at = cursor.peek();
      if (at < firstAt) {
        nextAt = firstAt;
        firstAt = at;
        first = cursor;
      } else if (at < nextAt) nextAt = at;
    }
    if (first === undefined) return;
    // Mostly one recording has many events before the next one's turn.
    do first.take();
    while (first.peek() < nextAt);
  }
}
