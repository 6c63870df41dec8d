/** What one row of a batch is. Values are small so that they fit a byte. */
export const PERF = {
  /** raw_syscalls:sys_enter. a = number; raw arguments by `args`. */
  enter: 1,
  /** raw_syscalls:sys_exit. a = number, b = return value. */
  exit: 2,
  /** sched:sched_switch of the thread that leaves the CPU. a = prev_state (bits: correlate/scheduler.ts), b = next tid; text = prev comm; stack. */
  switch: 3,
  /** PERF_RECORD_SWITCH: the thread got the CPU. */
  in: 4,
  /** PERF_RECORD_SWITCH out. a = 1 when preempted. */
  out: 5,
  /** sched:sched_waking. pid, tid = whoever ran; a = tid that is woken; b = target cpu; text = its comm; stack = the waker's. */
  waking: 6,
  /** sched:sched_wakeup_new. a = new tid. */
  wakeupNew: 7,
  /** PERF_RECORD_FORK. pid, tid = the child; a = parent pid, b = parent tid. */
  fork: 8,
  /** PERF_RECORD_EXIT. pid, tid. */
  taskExit: 9,
  /** PERF_RECORD_COMM. text = comm; a = 1 when it comes from an exec; b = 1 when perf made it up of what it found at its start. */
  comm: 10,
  /** sched:sched_process_fork. tid = parent; a = parent, b = child (tids, global); text = child comm. */
  schedFork: 11,
  /** sched:sched_process_exec. a = pid, b = old_pid; text = file name. */
  schedExec: 12,
  /** sched:sched_process_exit. a = tid, b = 1 group dead, 0 not, -1 unknown (older kernels); text = comm. */
  schedExit: 13,
  /** sched:sched_process_wait. a = pid waited for (0: any). */
  schedWait: 14,
  /** PERF_RECORD_LOST or LOST_SAMPLES. a = events lost; b = time before which nothing was lost on this cpu (Ns). */
  lost: 15,
  /** A sample of another event (cycles, page-faults …). text = event name; a = period; stack. */
  sample: 16,
  /** A thread that was there when perf began; told without a stamp, so that it has that of a row near it. pid, tid; a = parent pid, b = parent tid. */
  existing: 17,
  /** PERF_RECORD_MMAP2 of the [vdso], which every program has. pid, tid; a = 1 when it lies below 4 GiB: a program of 32 bits. */
  vdso: 18,
} as const;

/** What a row of a batch tells. */
export type PerfKind = (typeof PERF)[keyof typeof PERF];

/**
 * Events of one perf recording as columns, in the order of their times; those of the next batch are never earlier. One
 * batch is valid until the next is asked for.
 */
export interface PerfBatch {
  readonly count: number;
  readonly kind: Uint8Array;
  /** Ns of the trace (CLOCK_MONOTONIC less the origin that the reader was given). */
  readonly at: Float64Array;
  readonly pid: Int32Array;
  readonly tid: Int32Array;
  readonly cpu: Int32Array;
  /**
   * Of tracepoints: the number by which the host knows the thread that ran; 0: the idle task; -1: not told. `pid` and `tid` are
   * those of the PID namespace of perf, and 0 for whoever is not in it; `a` and `b` of tracepoints are the host's too
   * (host-numbers.ts).
   */
  readonly host: Int32Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Interned stacks: `PerfSource.stack(id)`; -1 none. */
  readonly stack: Int32Array;
  /** Sparse: interned strings, `PerfSource.text(id)`; -1 none. */
  readonly text: Int32Array;
  /** The raw arguments of an `enter` row, as hexadecimal with 0x, joined by `, `; '' where the recording has none. */
  args(row: number): string;
  /** The lower 32 bits of the first argument of an `enter` row; undefined where the recording has none. */
  firstWord(row: number): number | undefined;
}

/** One perf recording, whether perf.data or the text of perf script. */
export interface PerfSource {
  /** What its own header says; fields are undefined where it says nothing. */
  readonly header: PerfHeader;
  /** The next batch, undefined at the end. */
  next(): PerfBatch | undefined;
  /** Kernel function names, the innermost first; at most what was recorded. */
  stack(id: number): readonly string[];
  text(id: number): string;
  /** Threads that perf opened at its start (PERF_RECORD_ID_INDEX); undefined where the recording does not tell. Known after the first batch. */
  readonly opened: ReadonlySet<number> | undefined;
  /** What could not be read, in words for a person, with counts. */
  readonly complaints: readonly string[];
}

/** What a recording of perf says of itself. */
export interface PerfHeader {
  /** `monotonic`, `perf` (sched_clock: no -k was given), `monotonic_raw` …; undefined = not told. */
  readonly clock?: string;
  /** One moment on both clocks, microseconds exact at best: CLOCK_REALTIME and the recording's clock. */
  readonly reference?: { readonly realNs: bigint; readonly clockNs: bigint };
  readonly hostname?: string;
  readonly release?: string;
  readonly arch?: string;
  readonly perfVersion?: string;
  readonly cmdline?: readonly string[];
  /** Names of the events recorded, in the order of their attributes. */
  readonly events: readonly string[];
}
