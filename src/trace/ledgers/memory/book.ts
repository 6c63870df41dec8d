import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';
import type { TrendSummary } from '../trend.ts';
import type { MappingKind } from './mappings.ts';

/** Mappings of one size that one call made, in one process. */
export interface MappingGroup {
  /** `mmap` or `mremap`. */
  readonly call: string;
  readonly kind: MappingKind;
  /** Of each. */
  readonly bytes: number;
  readonly made: number;
  readonly left: number;
  readonly leftBytes: number;
  /** Of the first: shortened. */
  readonly args: string;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** The thread that made the last one. */
  readonly byTid: number;
}

/** The address space of one process; all figures are of the trace alone. */
export interface MemoryProcess {
  readonly pid: number;
  readonly comm: string;
  readonly alive: boolean;
  /** It began in the trace, or executed its program then: it may have been starting up. */
  readonly begun: boolean;
  /** For how long it was seen. */
  readonly seenNs: number;
  readonly mapped: number;
  readonly mappedBytes: number;
  readonly unmapped: number;
  readonly unmappedBytes: number;
  /** By brk; negative: it shrank. */
  readonly heapBytes: number;
  /** Calls by which memory grew. */
  readonly grown: number;
  /** Mapped and not unmapped again, and what the heap grew by, in bytes. */
  readonly trend: TrendSummary;
  /** What is left, the largest first. */
  readonly groups: Capped<MappingGroup>;
}

export interface MemoryLedger {
  readonly totals: {
    readonly mapped: number;
    readonly mappedBytes: number;
    readonly unmapped: number;
    readonly unmappedBytes: number;
    readonly heapBytes: number;
  };
  /** Those that grew most first. */
  readonly processes: Capped<MemoryProcess>;
}
