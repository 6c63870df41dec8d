import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';
import type { FailedCalls } from '../failed-calls.ts';
import type { TrendSummary } from '../trend.ts';
import type { DescriptorKind } from './kind.ts';
import type { ClosedHow } from './table.ts';

/** A descriptor left over, with the call that made it. */
export interface LeftDescriptor {
  readonly fd: number;
  readonly kind: DescriptorKind;
  /** Path, `pipe:[77]`, address; raw. */
  readonly what: string;
  readonly call: string;
  /** Shortened. */
  readonly args: string;
  readonly atNs: Ns;
  readonly byPid: number;
  readonly byTid: number;
  /** When a call last named it. */
  readonly usedNs: Ns;
}

/** What one kind of call of one process left open. */
export interface LeftGroup {
  readonly pid: number;
  readonly comm: string;
  readonly call: string;
  readonly kind: DescriptorKind;
  /** Of all that this process made so. */
  readonly opened: number;
  readonly left: number;
  /** Of `left`: no call has named them for longer than any closed one of the group was idle, and no epoll set watches them. */
  readonly abandoned: number;
  /** Of `left`: a read said that the other side has closed. */
  readonly otherSideClosed: number;
  /** When the abandoned were made, in quarters of the time that the process was seen. */
  readonly quarters: readonly [number, number, number, number];
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** What the abandoned are, the most frequent first: shows the path or the address that comes again and again. */
  readonly what: Readonly<Record<string, number>>;
  readonly samples: Capped<LeftDescriptor>;
  /** It polls, and registers alone do not tell what: some of the abandoned may be in use. */
  readonly pollsUnseen: boolean;
  /** The process ended within the trace, and took them with it. */
  readonly atExit: boolean;
}

/** A program that was executed with descriptors of the process that started it. */
export interface InheritedOverExec {
  readonly pid: number;
  readonly comm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly atNs: Ns;
  /** To when it was seen to live. */
  readonly livedNs: number;
  readonly alive: boolean;
  readonly descriptors: Capped<LeftDescriptor & { readonly used: boolean; readonly arranged: boolean }>;
}

export interface DescriptorProcess {
  readonly pid: number;
  readonly comm: string;
  readonly counts: DescriptorCounts;
  readonly trend: TrendSummary;
  /** The same for each kind that changed. */
  readonly kinds: Readonly<Record<string, TrendSummary>>;
  /** Of calls that do not tell the numbers (perf alone): how many were made by which, and what of them is left, as far as closes tell. */
  readonly unnumbered?: { readonly calls: Readonly<Record<string, number>>; readonly trend: TrendSummary };
  readonly alive: boolean;
}

export interface DescriptorCounts {
  readonly opened: number;
  /** In pairs: two descriptors each. */
  readonly pairs: number;
  readonly accepted: number;
  readonly received: number;
  readonly duplicated: number;
  readonly passed: number;
  readonly inheritedOverFork: number;
  readonly inheritedOverExec: number;
  readonly closed: Readonly<Record<ClosedHow, number>>;
  /** Made by a call which does not tell the numbers (perf alone: pipe, socketpair, recvmsg). */
  readonly unknownMade: number;
  /** Closed, and nobody knows what it was. */
  readonly unknownClosed: number;
  readonly failed: Readonly<Record<string, number>>;
}

export interface FailedOpens extends FailedCalls {
  /** Of the first: shortened. */
  readonly args: string;
  /** How many the process had open then, as far as known. */
  readonly open: number;
}

export interface DescriptorLedger {
  readonly totals: DescriptorCounts & { readonly atStart: number; readonly left: number };
  /** Those with the most left over first. */
  readonly processes: Capped<DescriptorProcess>;
  readonly left: Capped<LeftGroup>;
  readonly inherited: Capped<InheritedOverExec>;
  readonly failures: Capped<FailedOpens>;
}
