/**
 * What the page is given, by the output that writes it: one object, and columns of numbers beside it, one an element.
 * Texts are sanitised. Times are nanoseconds from `fromNs` on, durations nanoseconds. Numbers that point into a list are
 * one more than the place there; 0: nothing.
 */
export interface PageAbout {
  readonly version: string;
  readonly title: string;
  readonly recordedAt?: string;
  /** CLOCK_MONOTONIC at time 0, and CLOCK_REALTIME where it is known; as digits, since both are beyond 2^53. */
  readonly monotonicNs: string;
  readonly realtimeNs?: string;
  readonly lengthNs: number;
  readonly threads: readonly PageThread[];
  readonly names: readonly string[];
  readonly results: readonly string[];
  readonly errnos: readonly string[];
  readonly frames: readonly string[];
  /** Of places in `frames`, the innermost first. */
  readonly stacks: readonly (readonly number[])[];
  readonly wakers: readonly PageWaker[];
  readonly instants: readonly PageInstant[];
  readonly spawns: readonly PageSpawn[];
  readonly gaps: readonly PageGap[];
  readonly left: PageLeft;
  readonly summary: PageSummary;
}

export interface PageThread {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** How deep in the tree of who started whom. */
  readonly depth: number;
  readonly calls: number;
  readonly states: number;
  /** The end of it, in words. */
  readonly end?: string;
}

export interface PageWaker {
  /** Place in `threads`; -1: it is not traced. */
  readonly thread: number;
  readonly tid: number;
  readonly comm: string;
  readonly how: string;
  /** It came with an interrupt: the thread only ran then. */
  readonly interrupt: boolean;
  readonly during?: string;
  /** Outside of the PID namespace of the recording: it has no number there. */
  readonly outside?: boolean;
}

export interface PageInstant {
  readonly kind: 'exec' | 'exit' | 'signal' | 'comm';
  readonly thread: number;
  readonly at: number;
  readonly text: string;
  readonly more: readonly (readonly [name: string, value: string])[];
}

export interface PageSpawn {
  readonly parent: number;
  readonly child: number;
  readonly at: number;
  readonly call: string;
}

export interface PageGap {
  /** -1: of all threads. */
  readonly thread: number;
  readonly at: number;
  readonly duration: number;
  readonly text: string;
}

/** What was too much: only its sums are there. */
export interface PageLeft {
  /** Everything from this duration on is there; 0: all. */
  readonly callsFromNs: number;
  readonly statesFromNs: number;
  readonly instants: number;
  /** Events of threads beyond the most that the page has room for. */
  readonly otherThreads: number;
  readonly calls: readonly PageSum[];
  readonly states: readonly PageSum[];
}

export interface PageSum {
  readonly thread: number;
  /** Number of the call in `names`, or code of the state. */
  readonly what: number;
  readonly count: number;
  readonly ns: number;
}

export type PageCell = string | number | null;

export interface PageTable {
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly { readonly title: string; readonly kind: string }[];
  readonly rows: readonly (readonly PageCell[])[];
}

export interface PageFinding {
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly tid?: number;
  readonly at?: number;
}

export interface PageSummary {
  readonly story: readonly string[];
  readonly findings: readonly PageFinding[];
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly tables: readonly PageTable[];
}

/** Columns of calls: thread by thread, each in the order of their begins; `start` counts from the begin before. */
export const CALL_COLUMNS = [
  'start',
  'duration',
  'name',
  'args',
  'result',
  'errno',
  'flags',
  'strace',
  'onCpu',
  'runnable',
  'blocked',
  'ptrace',
  'waker',
  'stack',
] as const;
export type CallColumn = (typeof CALL_COLUMNS)[number];

/** Columns of states, in the same way. `during` points into `names`. */
export const STATE_COLUMNS = ['start', 'duration', 'code', 'during', 'waker', 'stack'] as const;
export type StateColumn = (typeof STATE_COLUMNS)[number];

/** What a thread does; blocked ones are told apart by the kernel's letter. */
export const STATES = [
  'on CPU',
  'runnable',
  'preempted',
  'asleep',
  'uninterruptible',
  'idle',
  'stopped',
  'held by the tracer',
] as const;
export const ON_CPU = 0;
export const RUNNABLE = 1;
export const PREEMPTED = 2;
export const ASLEEP = 3;
export const UNINTERRUPTIBLE = 4;
export const IDLE = 5;
export const STOPPED = 6;
export const TRACER = 7;

/** Bits of a call's flags. */
export const BY_STRACE = 1;
export const BY_PERF = 2;
export const DIED = 4;
export const STILL_OPEN = 8;
export const SUPERSEDED = 16;
export const NO_TEXT = 32;

/** Ids of the elements that hold data. */
export const ABOUT_ID = 'about';
export const TEXTS_ID = 'texts';
export const callId = (column: CallColumn): string => `call-${column}`;
export const stateId = (column: StateColumn): string => `state-${column}`;
