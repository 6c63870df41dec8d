/**
 * What a trace is made of, whoever recorded it: the one model that correlation gives and that the story, the ledgers and
 * all outputs take. Plain data: an event can be kept, sent, or written as a line of JSON.
 *
 * Times are in nanoseconds on CLOCK_MONOTONIC, counted from the trace's origin (`TraceClock.originNs`): as numbers they
 * stay exact for 104 days, where nanoseconds since boot would not on a host that has been up for longer.
 */

/** Nanoseconds since the origin of the trace. */
export type Ns = number;

/** Which of the two recorders saw it. */
export type Source = 'strace' | 'perf';

/** Where the times of a trace lie. */
export interface TraceClock {
  /** CLOCK_MONOTONIC of Ns 0. */
  readonly originNs: bigint;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC; undefined where nobody can know it. */
  readonly offsetNs?: bigint;
  /** How far off it may be; undefined with an unknown offset. */
  readonly offsetErrorNs?: number;
}

/** What made a sleeper runnable, read off the stack of the one that did it (sched_waking) or, without, off its call. */
export type WakeKind =
  | 'timer'
  | 'futex'
  | 'pipe'
  | 'socket'
  | 'epoll'
  | 'eventfd'
  | 'child-exit'
  | 'thread-exit'
  | 'exec'
  | 'disk'
  | 'signal'
  | 'ptrace'
  | 'interrupt'
  | 'kernel'
  | 'other';

/** Who ended a sleep, and by what. */
export interface Waker {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly how: WakeKind;
  /** The system call that it was in, where it is traced too. */
  readonly during?: string;
  /** Outside of the PID namespace that perf was started in: `pid` and `tid` are 0, for want of a number there. */
  readonly outside?: boolean;
}

/** One system call of one thread. */
export interface SyscallEvent {
  readonly type: 'syscall';
  readonly pid: number;
  readonly tid: number;
  /** Number in the table of its ABI; -1 unknown. */
  readonly nr: number;
  /** `openat`; `syscall_0x1f3` where no table knows it. */
  readonly name: string;
  /** The arguments as strace prints them, without the parentheses; raw hexadecimal where only perf saw the call; may be cut. */
  readonly args: string;
  /** Undefined: it did not return (exit_group, killed inside, still in it at the end), or only an import without results saw it. */
  readonly result?: number;
  /** strace's words behind the number: `Timeout`, `[{fd=3, revents=POLLIN}]`, `flags O_RDWR`. */
  readonly resultText?: string;
  /** `ENOENT`, and the kernel's own ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK. */
  readonly errno?: string;
  readonly startNs: Ns;
  /** Without what tracing added where perf saw it (enter to exit, less the stops inside it); of strace alone, its -T. */
  readonly durationNs: number;
  readonly sources: readonly Source[];
  /** strace's own -T: with the tracer's stops. */
  readonly straceNs?: number;
  /** These four add up to `durationNs` + `ptraceNs`: the wall time between enter and exit. perf only. */
  readonly onCpuNs?: number;
  readonly runnableNs?: number;
  readonly blockedNs?: number;
  /** In a ptrace stop, or runnable after one. */
  readonly ptraceNs?: number;
  /** Who ended its last sleep. */
  readonly waker?: Waker;
  /** The kernel functions that it slept longest in, the innermost first. */
  readonly stack?: readonly string[];
  /** It had begun before the recording: `startNs` is where that begins. */
  readonly early?: boolean;
  /** Why there is no result: the thread died in it, tracing ended, or it was replaced by another thread's exec. */
  readonly open?: 'died' | 'end-of-trace' | 'superseded';
}

/** `runnable`: it waits for a CPU; `ptrace`: strace holds it, or it is runnable after that. */
export type ThreadState = 'running' | 'runnable' | 'blocked' | 'stopped' | 'ptrace';

/** A time in which a thread did one thing, as the scheduler saw it; a stop may be known from strace or /proc alone. */
export interface StateEvent {
  readonly type: 'state';
  readonly pid: number;
  readonly tid: number;
  readonly state: ThreadState;
  /** For `blocked`: S, D or I. */
  readonly kernelState?: string;
  /** For `stopped`: by which signal, where strace alone told of the stop. */
  readonly signal?: string;
  /** For `runnable`: it was preempted and would have gone on. */
  readonly preempted?: boolean;
  readonly startNs: Ns;
  readonly durationNs: number;
  /** For `blocked`: what it slept in, innermost first. */
  readonly stack?: readonly string[];
  /** For `blocked`: who ended it. */
  readonly waker?: Waker;
  /** The system call that it was in. */
  readonly during?: string;
}

interface Happening {
  readonly pid: number;
  readonly tid: number;
  readonly startNs: Ns;
  readonly sources: readonly Source[];
}

/** A new thread or process. `pid` and `tid` are the parent's. All numbers are those of the tracing host's namespace. */
export interface SpawnEvent extends Happening {
  readonly type: 'spawn';
  readonly childPid: number;
  readonly childTid: number;
  /** The child shares the parent's thread group. */
  readonly thread: boolean;
  /** Nobody has told whether it does: `thread` is a guess then, and no number may be made of it. */
  readonly unsure?: boolean;
  /** `fork`, `vfork`, `clone`, `clone3`; undefined when nobody saw the call. */
  readonly call?: string;
}

/** A process runs another program from now on. */
export interface ExecEvent extends Happening {
  readonly type: 'exec';
  readonly path?: string;
  /** As strace prints argv: `["sh", "-c", "…"]`. */
  readonly argv?: string;
  /** Another thread than the leader called execve, and goes on under the leader's number. */
  readonly formerTid?: number;
}

/** A thread's end; the process's where `last`. */
export interface ExitEvent extends Happening {
  readonly type: 'exit';
  readonly status?: number;
  readonly signal?: string;
  readonly core?: boolean;
  /** The thread group is gone with it. */
  readonly last?: boolean;
}

/** A signal that reached a thread, as strace saw it. */
export interface SignalEvent extends Happening {
  readonly type: 'signal';
  readonly signal: string;
  /** `SI_USER`, `CLD_EXITED`, `SEGV_MAPERR` … */
  readonly code?: string;
  readonly senderPid?: number;
  /** For SIGCHLD: the child's status or signal number. */
  readonly status?: number;
  /** It was no delivery: the thread was stopped by it (`--- stopped by SIGSTOP ---`). */
  readonly stopped?: boolean;
}

/** A new name of a thread (prctl, exec). */
export interface CommEvent extends Happening {
  readonly type: 'comm';
  readonly comm: string;
}

/** A time for which a source has nothing or not all. `pid` and `tid` 0: for all threads. */
export interface GapEvent extends Happening {
  readonly type: 'gap';
  readonly durationNs: number;
  /** Events that the source says it lost; undefined when it does not know. */
  readonly lost?: number;
  readonly why: string;
}

/** All that a trace tells. */
export type TraceEvent =
  | SyscallEvent
  | StateEvent
  | SpawnEvent
  | ExecEvent
  | ExitEvent
  | SignalEvent
  | CommEvent
  | GapEvent;

/**
 * Takes the events of a trace, each once, as they become known: in the order of their ends within a thread, and roughly so
 * among threads. What it keeps must not grow with their number.
 */
export interface TraceSink {
  event(event: TraceEvent): void;
  /** A call that nobody asked to see, known all the same: who needs it to know of others takes it. */
  beside?(event: SyscallEvent): void;
}
