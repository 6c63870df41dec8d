import type { TraceClock, TraceSink } from '../../trace/event.ts';
import type { TraceSummary } from './summary.ts';

/** What is known of a trace before its first event. */
export interface TraceHead {
  readonly toolVersion: string;
  readonly clock: TraceClock;
  readonly target: { readonly pid: number; readonly comm: string };
  /** The command that was started under trace; absent when a process was attached to. */
  readonly command?: readonly string[];
  /** ISO 8601. */
  readonly recordedAt?: string;
  /** The threads that were there when recording began. */
  readonly tasks: readonly { readonly pid: number; readonly tid: number; readonly comm: string }[];
}

/** Takes text to be put behind what was written before. It may come in pieces of any size. */
export type Write = (text: string) => void;

/** An output file of a trace: takes the events as they come, in bounded memory; is complete after `finish`. */
export interface TraceOutput extends TraceSink {
  finish(summary: TraceSummary): void;
}

/** Begins an output; what it writes goes to `write`. */
export type MakeOutput = (head: TraceHead, write: Write) => TraceOutput;
