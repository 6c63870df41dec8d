/** What is known of a recording beside what strace and perf wrote: `meta.json` of a trace capture. Times on CLOCK_MONOTONIC. */
export interface RecordingMeta {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'procdiag'; readonly version: string };
  readonly host: {
    readonly kernel: string;
    readonly arch: string;
    readonly cpus: number;
    readonly bootId?: string;
  };
  readonly target: { readonly pid: number; readonly startTime?: number; readonly comm: string };
  /** The command that was started under trace; absent when a process was attached to. */
  readonly command?: readonly string[];
  /** The calls that were asked for, as for `strace -e trace=`; absent: all. */
  readonly syscalls?: string;
  /** ISO 8601. */
  readonly recordedAt: string;
  /** From when all that was asked for was recording, to when the first of it stopped. Decimal strings: beyond 2^53. */
  readonly window: { readonly fromNs: string; readonly toNs: string };
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, measured before and after. */
  readonly clock: {
    readonly startOffsetNs: string;
    readonly stopOffsetNs: string;
    readonly errorNs: number;
  };
  readonly strace?: {
    readonly version: string;
    readonly argv: readonly string[];
    readonly file: string;
    readonly attachedNs?: string;
    readonly detachedNs?: string;
    /** What it said on stderr, bounded. */
    readonly said: string;
    /** Threads with which it was out of step (strace/out-of-step.ts): what it wrote of their calls is wrong. Absent: none. */
    readonly outOfStepTids?: readonly number[];
  };
  readonly perf?: {
    readonly version: string;
    readonly files: readonly {
      readonly file: string;
      /**
       * The tree; the wake-ups of the whole host; or those threads of the tree that perf missed while it started. No thread is
       * in both the first and the last.
       */
      readonly role: 'tree' | 'host' | 'late';
      readonly argv: readonly string[];
    }[];
    readonly enabledNs?: string;
    readonly disabledNs?: string;
    /** Threads of the tree that no perf recorder opened. */
    readonly blindTids: readonly number[];
    /** It was not permitted more than to see who got and left the CPU; absent: it saw calls, wake-ups and stacks too. */
    readonly sees?: 'switches';
    readonly said: string;
  };
  /** The tree when recording began: the names and namespaces that the events do not tell. */
  readonly tasks: readonly RecordedTask[];
  /** Descriptors open at the start, per process: what the ledger of descriptors begins with. */
  readonly descriptors: readonly {
    readonly pid: number;
    readonly fds: readonly (readonly [fd: number, target: string])[];
  }[];
  /** Dispositions at the start, per process: SigIgn, SigCgt, SigBlk as in status. */
  readonly signals: readonly {
    readonly pid: number;
    readonly ignored: string;
    readonly caught: string;
    readonly blocked: string;
  }[];
  /** What went wrong or is missing, a sentence each, with the remedy. */
  readonly notes: readonly string[];
  /** Of the notes, those that make it a part only: a source that failed. Absent: none. */
  readonly partial?: readonly string[];
  /** Of the notes, those that tell why a source was not taken that was asked for: the other one records alone. Absent: none. */
  readonly missing?: readonly string[];
  /** How the traced command ended, where it was started by us. */
  readonly ended?: { readonly code?: number; readonly signal?: string };
}

export interface RecordedTask {
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly startTime: number;
  /** NSpid of status: its numbers, from the host's namespace inwards. */
  readonly nspid: readonly number[];
  /** It was stopped (T) just before the recording. */
  readonly stopped?: boolean;
  /** It had ended (Z, X) just before the recording: of a leader, while other threads of it live. */
  readonly ended?: boolean;
  /** It was gone just after the recording had begun: it may have ended before. */
  readonly gone?: boolean;
  /** It was found just after the recording had begun, and not before: its birth may be an event, or may have been seen by nobody. */
  readonly late?: boolean;
  /** What it slept in just before the recording: a thread that never wakes makes no event. Absent: it did not sleep. */
  readonly asleep?: {
    /** S, D or I. */
    readonly state: string;
    /** Number and arguments of its call, as /proc/PID/syscall has them. */
    readonly nr?: number;
    readonly args?: string;
    /** Functions of the kernel, the innermost first. */
    readonly stack?: readonly string[];
  };
}
