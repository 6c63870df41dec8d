import type { AnalyseInput } from './analyse.ts';
import type { TraceSummary, TraceTarget } from './digest/summary.ts';
import type { Ns } from './event.ts';
import type { RecordingMeta } from './recording.ts';

/** The files of a recording, for a capture of it. */
export interface RawRecording {
  readonly directory: string;
  /** Files whose text in a capture is another, or that only a capture has, by name; whole when all was read. */
  texts(): ReadonlyMap<string, string>;
}

/** What a recording does not have that every whole one has. */
export interface Shortfall {
  /** Nothing can be said of it: why, in a sentence with the remedy. */
  readonly nothing?: string;
  /** The answer is of a part only: why, with the remedy, a sentence each. */
  readonly partial: readonly string[];
  /** A source was asked for and could not be taken: why, a sentence each. What the other one tells is whole. */
  readonly missing?: readonly string[];
}

/** Recordings that are open and can be put together: our own ones, and files that others made. */
export interface LoadedTrace {
  readonly target: TraceTarget;
  readonly input: Omit<AnalyseInput, 'sinks'>;
  /** Where Ns 0 is on CLOCK_MONOTONIC; undefined for files that cannot be put on it. */
  readonly originNs?: bigint;
  /** From when to when it was recorded; undefined: as far as the events go. */
  readonly window?: { readonly from: Ns; readonly to: Ns };
  /** ISO 8601. */
  readonly startedAt?: string;
  /** Of our own recordings: what was there when it began. */
  readonly meta?: RecordingMeta;
  /** Where its files are; undefined for files that others made. */
  readonly raw?: RawRecording;
  /** What is known of the sources; whole when all was read. */
  sources(): TraceSummary['sources'];
  /** What is missing, a sentence each; whole when all was read. */
  notes(): readonly string[];
  /** What it falls short of; known when all was read. */
  shortfall?(): Shortfall;
  close(): void;
}
