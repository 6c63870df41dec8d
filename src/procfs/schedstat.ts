import { decimal, words } from './text.ts';

/** /proc/PID/schedstat, Documentation/scheduler/sched-stats.rst. Nanoseconds as bigint: 104 days of CPU pass 2^53. */
export interface ProcSchedstat {
  readonly runNs: bigint;
  /** Time spent runnable, waiting for a CPU. */
  readonly waitNs: bigint;
  /** Number of times it was put on a CPU. */
  readonly timeslices: number;
}

export function parseSchedstat(text: string): ProcSchedstat | undefined {
  const [run, wait, slices] = words(text.trimEnd());
  const timeslices = decimal(slices);
  if (decimal(run) === undefined || decimal(wait) === undefined || timeslices === undefined) return undefined;
  return { runNs: BigInt(run!), waitNs: BigInt(wait!), timeslices };
}
