import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';
import type { TrendSummary } from '../trend.ts';

/** The threads of one process that started some in the trace. */
export interface ThreadGrowth {
  readonly pid: number;
  readonly comm: string;
  readonly alive: boolean;
  readonly started: number;
  readonly ended: number;
  /** Of those that were started here: they live, or did so when the process ended. */
  readonly left: number;
  /** When these were started, in quarters of the time that the process was seen. */
  readonly quarters: readonly [number, number, number, number];
  /** How many threads there were, as far as known. */
  readonly trend: TrendSummary;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** Numbers of some that are left, and when and by whom they were started. */
  readonly samples: Capped<{ readonly tid: number; readonly atNs: Ns; readonly byTid: number }>;
}

export interface ThreadLedger {
  /** Those with the most left first. */
  readonly processes: Capped<ThreadGrowth>;
}
