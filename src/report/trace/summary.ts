/** What a column holds, which tells how it is shown. Times are Ns since the origin, durations nanoseconds. */
export type ColumnKind = 'text' | 'count' | 'duration' | 'time' | 'ratio' | 'tid';

/** One column of a table. */
export interface SummaryColumn {
  readonly title: string;
  readonly kind: ColumnKind;
}

/** Undefined: nothing to tell. */
export type Cell = string | number | undefined;

/** A table as the report has it: a ledger, the longest waits, the quality of the correlation. */
export interface SummaryTable {
  readonly title: string;
  /** A sentence about the table as a whole: what it counts, what it leaves out. */
  readonly note?: string;
  readonly columns: readonly SummaryColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What is wrong in a trace, as outputs show it. */
export interface SummaryFinding {
  readonly severity: 'critical' | 'warning' | 'info';
  readonly title: string;
  readonly text: string;
  /** Where in the trace it shows: a thread and a time. */
  readonly tid?: number;
  readonly atNs?: number;
}

/** All that outputs take of the conclusion of a trace. Its strings may be hostile: who shows them sanitises. */
export interface TraceSummary {
  /** The story in a few sentences, the most important first. */
  readonly story: readonly string[];
  readonly findings: readonly SummaryFinding[];
  /** Few words and figures on the run as a whole: sources, match rate, clock error, losses. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly tables: readonly SummaryTable[];
}
