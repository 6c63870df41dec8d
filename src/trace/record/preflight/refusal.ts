/** The causes, apart: for runbooks, and for tests. */
export type RefusalCode =
  | 'no-process'
  | 'no-directory'
  | 'no-process-left'
  | 'foreign-proc'
  | 'zombie'
  | 'kernel-thread'
  | 'ourselves'
  | 'ancestor'
  | 'init'
  | 'already-traced'
  | 'uninterruptible'
  | 'other-user'
  | 'protected'
  | 'yama'
  | 'no-strace'
  | 'strace-broken'
  | 'no-perf'
  | 'perf-broken'
  | 'no-tracefs'
  | 'perf-not-permitted'
  | 'no-command'
  | 'disk-short'
  | 'strace-failed'
  | 'perf-failed';

/** Why one of the two, or both, cannot record this. */
export interface Refusal {
  readonly source: 'strace' | 'perf' | 'both';
  readonly code: RefusalCode;
  /** A sentence. */
  readonly message: string;
  /** What to do about it: a sentence, too. */
  readonly remedy: string;
}
