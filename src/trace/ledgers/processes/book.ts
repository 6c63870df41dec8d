import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';
import type { FailedCalls } from '../failed-calls.ts';

/** `zombie`: has exited, and its parent, which lives, has not reaped it. `gone`: exited, and nobody of the trace has to reap it. */
export type ProcessState = 'alive' | 'zombie' | 'reaped' | 'gone';

/** One process of the ledger. */
export interface ProcessEntry {
  readonly pid: number;
  /** Its number in its own PID namespace, where that is another. */
  readonly local?: number;
  readonly comm: string;
  readonly parentPid?: number;
  /** Path and arguments of its last exec within the trace, shortened. */
  readonly command?: string;
  /** How and when it began; absent for those that ran before. */
  readonly started?: { readonly call?: string; readonly atNs: Ns; readonly byTid: number };
  readonly state: ProcessState;
  readonly exit?: {
    readonly atNs: Ns;
    readonly status?: number;
    readonly signal?: string;
    readonly core?: boolean;
    /** What the status says by convention. */
    readonly words?: string;
  };
  readonly lifetimeNs?: number;
  readonly reaped?: {
    /** 0: by the kernel itself, since the parent ignores SIGCHLD. */
    readonly byPid: number;
    readonly byComm: string;
    readonly call: string;
    readonly atNs: Ns;
    /** How long it was a zombie. */
    readonly afterNs: number;
  };
  /** Its parent ended before it. */
  readonly orphaned?: { readonly atNs: Ns; readonly adoptedBy?: number };
  readonly threadsStarted: number;
  readonly threadsEnded: number;
  readonly execs: number;
}

/** All that ran one command. */
export interface CommandEntry {
  readonly command: string;
  readonly count: number;
  readonly alive: number;
  readonly zombies: number;
  /** By `0`, `3`, `SIGTERM`; `unknown` where nobody saw it. */
  readonly exits: Readonly<Record<string, number>>;
  readonly meanLifetimeNs?: number;
  readonly maxLifetimeNs?: number;
}

/** A dead child that its parent has not collected. */
export interface Zombie {
  readonly pid: number;
  readonly comm: string;
  readonly parentPid: number;
  readonly parentComm: string;
  readonly exitedNs: Ns;
  /** To the end of the trace. */
  readonly ageNs: number;
}

export interface ProcessLedger {
  readonly totals: {
    readonly atStart: number;
    readonly spawned: number;
    readonly exited: number;
    readonly reaped: number;
    /** Of `reaped`: by the kernel, since the parent ignores SIGCHLD. */
    readonly reapedByKernel: number;
    /** Exited; who reaps them is not in the trace. */
    readonly gone: number;
    readonly zombies: number;
    readonly orphaned: number;
    readonly alive: number;
    readonly threadsStarted: number;
    readonly threadsEnded: number;
    readonly execs: number;
    /** fork, vfork, clone that failed, by errno. */
    readonly spawnsFailed: Readonly<Record<string, number>>;
  };
  /** The living, the zombies, and of those that are over the first and the last. */
  readonly processes: Capped<ProcessEntry>;
  readonly commands: Capped<CommandEntry>;
  readonly zombies: Capped<Zombie>;
  /** Parents of zombies and of how many, and in which quarters of the trace those exited. */
  readonly unreaping: Capped<Unreaping>;
  readonly failedSpawns: Capped<FailedSpawns>;
}

export interface Unreaping {
  readonly pid: number;
  readonly comm: string;
  readonly zombies: number;
  readonly oldestNs: number;
  readonly quarters: readonly number[];
  /** Children of it that it did reap. */
  readonly reaped: number;
  /** It has called wait4 or waitid at all. */
  readonly waits: number;
  /** It has collected some that nobody could tell from these: numbers of a PID namespace that is not known. */
  readonly reapedUnknown: number;
  /** The parent has ended, and with it they are gone: so many it left when it did. */
  readonly ended: boolean;
}

export interface FailedSpawns extends FailedCalls {
  /** Its user, where it or an ancestor has asked for it. */
  readonly uid?: number;
}

/** Whether the kernel reaps the children of a process itself: it ignores SIGCHLD, or has set SA_NOCLDWAIT. */
export interface ReapsByKernel {
  reapsByKernel(pid: number): boolean;
}
