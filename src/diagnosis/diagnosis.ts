import type { Finding, Rule } from '../rules/rule.ts';
import type { Fact } from '../waits/graph.ts';

/** `hung`, `stopped`, `leaking`, `degraded`, `healthy` or `unknown`: the contract's words (see the JSON Schema). */
export type VerdictState = 'hung' | 'stopped' | 'leaking' | 'degraded' | 'healthy' | 'unknown';

/** The answer in one line. */
export interface Verdict {
  readonly state: VerdictState;
  /** One line. */
  readonly summary: string;
  /** `idle-*` name of a healthy sleep, or `running`; absent when there is a finding. */
  readonly idle?: string;
  /** For how long the top wait has not moved at least, in seconds, where it is known. */
  readonly seconds?: number;
  /** Will SIGKILL end the process now? undefined = cannot tell. */
  readonly killable?: boolean;
}

/** A finding with the identity of its rule. */
export interface Judged extends Finding {
  readonly rule: Rule;
}

/** What one thread does, for the table of threads. */
export interface ThreadReport {
  readonly tid: number;
  readonly comm: string;
  readonly state: string;
  /** What it waits for: `read(0, pipe:[123])`; empty when it runs. */
  readonly waitPoint: string;
  readonly syscall?: string;
  readonly wchan?: string;
  /** Kernel stack, innermost frame first; absent when it could not be read. */
  readonly stack?: readonly string[];
  /** `idle-*` name when this is a healthy sleep. */
  readonly idle?: string;
  /** How long it has not run, in seconds (lower bound on virtual machines). */
  readonly seconds?: number;
  /** Did it move between the first and the last look? undefined = only one look, or not to be told. */
  readonly moved?: boolean;
}

/** Something that could not be read, why, and how to get it. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

/** Who was asked about. */
export interface Target {
  readonly pid: number;
  /** The thread asked for, when the number given was a thread's and not the leader's. */
  readonly tid?: number;
  /** Ticks since boot (proc(5) stat field 22): with the pid the identity of the process. */
  readonly startTime?: number;
  readonly comm: string;
  readonly cmdline?: readonly string[];
  readonly state: string;
  readonly ppid: number;
  readonly nspid: readonly number[];
  readonly tracerPid: number;
  readonly uid: number;
  readonly cgroup?: string;
  readonly threads: number;
  readonly kernelThread: boolean;
}

/** Where the look was taken. */
export interface HostFacts {
  readonly hostname?: string;
  readonly kernel?: string;
  readonly arch?: string;
  readonly bootTime?: string;
  /** A process elsewhere on the host that makes readers of /proc hang, whoever was asked about. */
  readonly hazards: readonly { pid: number; comm: string; what: string; facts: readonly Fact[] }[];
}

/** All that is said of one target. Live and replayed diagnoses are the same object, `timing` apart. */
export interface Diagnosis {
  readonly target: Target;
  readonly verdict: Verdict;
  readonly findings: readonly Judged[];
  readonly threads: readonly ThreadReport[];
  readonly unseen: readonly Unseen[];
  readonly host: HostFacts;
  readonly timing: { readonly startedAt: string; readonly elapsedMs: number; readonly looks: number };
}
