import type { CorrelationQuality } from '../correlate/quality.ts';
import type { TraceFinding } from '../finding.ts';
import type { LedgerBooks } from '../ledgers/books.ts';
import type { StraceTally } from '../strace/call.ts';
import type { CallTotals } from './calls.ts';
import type { LongWait, PathStep } from './long-wait.ts';
import type { Stop } from './stops.ts';
import type { ThreadTotals, TimeTotals } from './threads.ts';

/** All that a trace says beside its events: what the terminal, `--json` and the tables of other outputs show. */
export interface TraceSummary {
  readonly target: TraceTarget;
  readonly window: {
    /** CLOCK_MONOTONIC of Ns 0; null for recordings that nobody can put on it. */
    readonly originNs: bigint | null;
    readonly fromNs: bigint | null;
    readonly toNs: bigint | null;
    readonly seconds: number;
    /** ISO 8601; null when unknown. */
    readonly startedAt: string | null;
  };
  readonly sources: {
    readonly strace: StraceSourceFacts | null;
    readonly perf: PerfSourceFacts | null;
  };
  readonly correlation: CorrelationQuality | null;
  readonly totals: TimeTotals & {
    readonly syscalls: number;
    readonly threads: number;
    readonly processes: number;
    /** Of the threads those that may be processes: nobody told. `processes` is a least number then. */
    readonly unsureTasks?: number;
    readonly events: number;
    /** perf told on-CPU, runnable and blocked apart. */
    readonly scheduled: boolean;
  };
  readonly calls: readonly CallTotals[];
  readonly threads: readonly ThreadTotals[];
  readonly longestWaits: readonly LongWait[];
  readonly criticalPath: readonly PathStep[];
  /** Threads that were stopped (SIGSTOP, Ctrl+Z), from when to when. */
  readonly stops: readonly Stop[];
  readonly ledgers: LedgerBooks;
  /** What is wrong, the worst first. */
  readonly findings: readonly TraceFinding[];
  /** What is missing and why, a sentence each. */
  readonly notes: readonly string[];
  /** Why the answer is of a part only, a sentence each; empty where the recording is whole. */
  readonly partial: readonly string[];
  /** Why a source that was asked for is missing, where the other one is whole: the exit code does not tell it. */
  readonly missing?: readonly string[];
}

export interface TraceTarget {
  /** 0 for an import that names none. */
  readonly pid: number;
  readonly comm: string;
  readonly startTime?: number;
  readonly command?: readonly string[];
}

export interface StraceSourceFacts {
  readonly version: string | null;
  readonly argv: readonly string[] | null;
  /** Some of the calls are in it only: those that were asked for, or, of a log that others made, it looks so. */
  readonly filtered?: boolean;
  readonly tally: StraceTally;
}

export interface PerfSourceFacts {
  readonly version: string | null;
  readonly argv: readonly (readonly string[])[] | null;
  readonly events: readonly string[];
  readonly complaints: readonly string[];
}
