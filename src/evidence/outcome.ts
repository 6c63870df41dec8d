/**
 * What came of one read. A read that failed is a value with its reason, not an exception: what could not be seen
 * travels to the report like everything else.
 */
export type Outcome = Readable | Failed | Blocked | Skipped;

/** The file's bytes as a latin1 string (one character = one byte), as read. */
export interface Readable {
  readonly kind: 'text';
  readonly text: string;
  /** Set when more was there than the limit of one read. */
  readonly cut?: boolean;
}

/** The kernel refused: `ENOENT` (gone, or not in this kernel), `EACCES`/`EPERM` (not allowed), `ESRCH` (exiting) … */
export interface Failed {
  readonly kind: 'error';
  readonly errno: string;
}

/** The read did not come back and its reader was killed: evidence by itself (see kernel `exec_update_lock`, `mmap_lock`). */
export interface Blocked {
  readonly kind: 'blocked';
  readonly afterMs: number;
  /** Where the reader itself slept, by its wait channel, e.g. `do_task_stat`. */
  readonly readerWchan?: string;
}

/** Not tried, and why: a limit, a sibling file that blocked, not in the capture bundle. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly why: string;
  /**
   * It is there and could not be read this time, for want of time or since a sibling did not answer: whoever needed it does
   * not know. Absent for what this host, or this capture, lacks altogether.
   */
  readonly lost?: true;
}

/** For want of time. */
export const NO_TIME: Skipped = { kind: 'skipped', why: 'no time left', lost: true };

/** Whether the read was to be had, and brought nothing: what rests on it is not known. */
export function isLost(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'blocked' || (outcome?.kind === 'skipped' && outcome.lost === true);
}
