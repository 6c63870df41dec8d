import type { Ns, TraceSink } from '../event.ts';
import type { PerfSource } from '../perf/batch.ts';

/** Name of a call; undefined for numbers that no table has. `isNarrow`: of a program of 32 bits on a host of 64. */
export type SyscallNaming = (nr: number, isNarrow?: boolean) => string | undefined;

/** What the correlator is told of the recordings before they are read. */
export interface CorrelatorOptions {
  readonly sink: TraceSink;
  /** Name of a system call on the recording host; undefined for numbers that no table has. */
  readonly syscallName: SyscallNaming;
  readonly hasStrace: boolean;
  readonly hasPerf: boolean;
  /** When perf began and stopped to record; undefined for recordings that do not tell. */
  readonly perfWindow?: { readonly from: Ns; readonly to: Ns };
  /** Those that follow the tree, where there are several: threads that the first may have missed have one of their own. */
  readonly trees?: readonly Pick<PerfSource, 'opened'>[];
  /** Threads that perf is known to have missed. */
  readonly blind: ReadonlySet<number>;
  /** perf told who got and left the CPU. */
  readonly scheduled: boolean;
  /** perf told no calls, only who got and left the CPU: those of strace are found among these times (switches-only/). */
  readonly switchesOnly?: boolean | undefined;
  /** The last moment of the recording, where it is known. */
  readonly endNs?: Ns;
  /** strace was told to show some calls only. */
  readonly filtered: boolean;
}
