import type { Ns } from '../event.ts';

/** Calls of one kind that failed in one process, all for the same reason. */
export interface FailedCalls {
  readonly pid: number;
  readonly comm: string;
  readonly call: string;
  readonly errno: string;
  readonly count: number;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
}
