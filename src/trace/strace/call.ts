/**
 * One system call as strace tells it, put together again from its halves. The same object is given when the call begins
 * and, filled in, when it is known how it ended.
 *
 * Stamps are Ns of what the log's own clock shows, less the origin that the reader was given (for `-ttt`: CLOCK_REALTIME
 * less that origin); NaN where the log has none.
 */
export interface StraceCall {
  readonly tid: number;
  /** `--decode-pids=comm`: the name that strace shows beside the number. */
  readonly comm?: string;
  readonly stampNs: number;
  /** -r: nanoseconds since the line before; NaN without. */
  readonly deltaNs: number;
  /** -n; -1 without. */
  readonly nr: number;
  readonly name: string;
  /** Text between the parentheses: of both halves once it has ended. */
  args: string;
  /** NaN: none (`?`), or not yet. Addresses beyond 2^53 lose their last bits. */
  result: number;
  resultText?: string;
  errno?: string;
  /** -T; NaN without. */
  durationNs: number;
  /** `open`: begun, nothing more is known. `done`: it returned. The others: how it will never return. */
  state: 'open' | 'done' | 'no-return' | 'detached' | 'superseded';
  /** It began as `restart_syscall(<... resuming interrupted NAME ...>` : name is what strace says, which after an attach is a guess. */
  readonly resuming?: string;
  /** Number of the line that it began on, from 1. */
  readonly line: number;
}

/** `--- SIGCHLD {…} ---`: a signal that was delivered to a thread, or that it was stopped by. */
export interface StraceSignal {
  readonly tid: number;
  readonly stampNs: number;
  readonly signal: string;
  /** `si_code` as text; undefined for `--- stopped by SIGSTOP ---`. */
  readonly code?: string;
  readonly senderPid?: number;
  readonly status?: number;
  readonly stopped: boolean;
}

/** `+++ … +++`: the end of a thread, by `status`, by `signal`, or since another thread's execve took its number. */
export interface StraceExit {
  readonly tid: number;
  readonly stampNs: number;
  readonly status?: number;
  readonly signal?: string;
  readonly core?: boolean;
  /** `+++ superseded by execve in pid N +++`: the thread N goes on under this number. */
  readonly supersededBy?: number;
}

/** Takes the records of a strace log in the order of its lines. */
export interface StraceVisitor {
  /** A call has begun. When the line tells all, `state` is not `open`, and `ended` follows at once. */
  begun(call: StraceCall): void;
  /** `stampNs` is that of the line that told the end (NaN without stamps). */
  ended(call: StraceCall, stampNs: number): void;
  /**
   * The end of a call whose beginning is not in the log, which began before it or was lost: `args` is the second half's,
   * `stampNs` and `deltaNs` of the call NaN.
   */
  resumedAlone?(call: StraceCall, stampNs: number): void;
  signal(signal: StraceSignal): void;
  exit(exit: StraceExit): void;
  /** strace's own messages: attached, detached, personality, errors. */
  message(text: string, tid: number): void;
}

/** What became of the lines of a log: nothing is dropped in silence. */
export interface StraceTally {
  readonly lines: number;
  readonly calls: number;
  readonly signals: number;
  readonly exits: number;
  readonly messages: number;
  readonly summaryRows: number;
  /** Halves that never met the other one. */
  readonly unfinishedLeft: number;
  readonly resumedAlone: number;
  /** Lines which are nothing of strace's: the program's own output, text around a quoted log. */
  readonly foreign: number;
  /** Lines that begin like a record and cannot be read, and examples of them. */
  readonly refused: number;
  readonly refusedExamples: readonly string[];
}

const CAME = 'already when strace came';
const IN_ALREADY = /^<\.\.\. in (\S+|a call) already when strace came(?:: ([\w?]+), it guesses)? \.\.\.>/;

/**
 * What stands for the arguments of a call that strace's attaching has broken off. strace names the call that it saw before,
 * and there was none (call 0 of its table, `read`): /proc may have said in which one the thread was.
 */
export function inAlready(told: string | undefined, guess: string): string {
  return told === undefined
    ? `<... in a call ${CAME}: ${guess}, it guesses ...>`
    : `<... in ${told} ${CAME} ...>`;
}

/** Of such arguments the name that /proc told, or else strace's guess; undefined for any others. */
export function toldAlready(args: string): { readonly name?: string; readonly guess?: string } | undefined {
  const [all, name, guess] = IN_ALREADY.exec(args) ?? [];
  if (all === undefined || name === undefined) return undefined;
  return guess === undefined ? { name } : { guess };
}
