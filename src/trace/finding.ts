import type { Family, Finding, Remedy, Severity } from '../rules/rule.ts';
import type { Ns } from './event.ts';

/** Something in the trace that shows a claim. */
export interface TraceFact {
  /** `openat("/var/log/x", O_RDONLY) = 42`, or a sentence with the figures. */
  readonly text: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly atNs?: Ns;
}

/** A cause that the events of a trace show. Plain data; texts from outside are raw: sanitise at output. */
export interface TraceFinding {
  /** Id of a cause: what `procdiag explain` knows. */
  readonly cause: string;
  readonly family: Family;
  readonly severity: Severity;
  readonly confidence: Finding['confidence'];
  /** Why we are as sure as we say, in one clause. */
  readonly because: string;
  /** One short line: what is wrong. */
  readonly title: string;
  /** One to three sentences: the story with names and numbers. */
  readonly summary: string;
  readonly culprit?: { readonly pid: number; readonly comm: string };
  readonly facts: readonly TraceFact[];
  readonly remedies: readonly Remedy[];
}
