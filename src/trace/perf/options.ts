import type { Symbolise } from './data/chains.ts';

/** A text of /sys/kernel/tracing/events/SYSTEM/NAME/format. */
export interface FormatText {
  readonly system: string;
  readonly text: string;
}

export interface PerfOptions {
  /** Moment of Ns 0 on the recording's clock. */
  readonly originNs: bigint;
  /** Names of kernel functions for perf.data, which holds addresses alone: see kallsyms.ts. */
  readonly symbolise?: Symbolise;
  /** For a perf.data whose end is missing (perf was killed), and with it the formats of its tracepoints. */
  readonly formats?: readonly FormatText[];
}

/** Why a file is not read, in a sentence for a person. */
export interface Refused {
  readonly refused: string;
}
