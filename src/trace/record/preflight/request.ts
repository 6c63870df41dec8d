import type { PerfTool, StraceTool } from '../tools.ts';
import type { Refusal } from './refusal.ts';

/** What is asked for. */
export interface PreflightRequest {
  readonly strace: boolean;
  readonly perf: boolean;
  readonly follow: boolean;
  /** perf counts only where it may see calls and wake-ups. */
  readonly wholePerf?: boolean | undefined;
}

/** What can record, and why the rest cannot. */
export interface Preflight {
  readonly strace?: StraceTool;
  readonly perf?: PerfTool;
  /** Why perf may see no more than who got and left the CPU. */
  readonly perfLimit?: Refusal;
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}
