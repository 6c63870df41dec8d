import type { Subsystem } from '../waits/frames/subsystem.ts';
import type { Confidence, Edge, Fact, Node } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import type { Blame } from './blame.ts';

export type Family =
  | 'd-state'
  | 'ptrace'
  | 'pid-namespace'
  | 'reaping'
  | 'stopped'
  | 'wait'
  | 'busy'
  | 'signal'
  | 'leak'
  | 'limit'
  | 'hostile'
  | 'none';

/** `critical`: hung, needs somebody; `warning`: something is wrong; `info`: worth knowing, nothing to repair. */
export type Severity = 'critical' | 'warning' | 'info';

/** An exact next command, what it does and what it may break. `command` is empty for advice that is no command. */
export interface Remedy {
  readonly command: string;
  readonly effect: string;
  readonly risk: string;
}

/** The page of `procdiag explain ID`. Plain sentences; code in backticks; written for an engineer at 3 a.m. */
export interface Explanation {
  /** What it means in the kernel. */
  readonly meaning: string;
  /** How to see it by hand: commands and what they show. */
  readonly byHand: readonly string[];
  /** What resolves it. */
  readonly resolves: readonly string[];
  /** What does not help, though it is often tried. */
  readonly doesNot: readonly string[];
  /** Benign states that look alike, and how to tell them apart. */
  readonly lookAlikes: readonly string[];
  /** Man pages, kernel files, documents. */
  readonly sources: readonly string[];
}

export interface Finding {
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Why we are as sure as we say, in one clause. */
  readonly because: string;
  /** One short line: what is wrong. */
  readonly title: string;
  /** One to three sentences: the story with names and numbers. */
  readonly summary: string;
  readonly subsystem?: Subsystem;
  /** The end of the blame chain; undefined where nobody is to blame. */
  readonly culprit?: Node;
  /** From the target to the culprit, in order. */
  readonly chain: readonly Edge[];
  readonly facts: readonly Fact[];
  /** Where in the walk it was found: what lies deeper explains what lies before it. Absent = the target itself. */
  readonly step?: Step;
  /** May still be ordinary work: watched until it is older. For findings with a step the step tells. */
  readonly young?: boolean;
  /** Rank among findings of one severity that no chain orders; the higher is told first. Default 0. */
  readonly weight?: number;
  readonly remedies: readonly Remedy[];
}

/** One cause: what it is called and what it means, and a pure function that finds it. One file in this folder each. */
export interface Rule {
  /** Stable id: a contract. */
  readonly id: string;
  readonly family: Family;
  /** What the cause is, in a few words (the list of `procdiag explain`). */
  readonly title: string;
  readonly explanation: Explanation;
  /**
   * Causes that are part of this one when they stand behind it on a chain: a stopped FUSE daemon is told as `fuse-wait`.
   * All others explain what stands before them, and are told first.
   */
  readonly absorbs?: readonly string[];
  /** Pure: evidence and wait-for graph in, findings out. Absent: known to `explain`, found by another command. */
  readonly find?: (blame: Blame) => readonly Finding[];
}

export function rule(definition: Rule): Rule {
  return definition;
}
