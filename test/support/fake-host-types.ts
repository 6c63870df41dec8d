/** A task of a fake process. What is left out is as it is of an ordinary sleeper on 6.18, seen by root. */
export interface FakeThread {
  readonly tid?: number;
  readonly comm?: string;
  /** Letter of `State:`; default S. */
  readonly state?: string;
  /** `wait4(4250, 0, 0)`, `read(3)`, `page fault`, `running`; default: `running` in R, else `pause()`. */
  readonly call?: string;
  /**
   * `anon_pipe_read < vfs_read`: innermost first, as /proc/PID/stack. The first is the wait channel too. Default:
   * `__do_sys_pause` for a sleeper of which no call is told either, else empty.
   */
  readonly stack?: string;
  /** Seconds since it last ran; default 60. */
  readonly asleep?: number;
  /** Context switches so far. */
  readonly switches?: number;
  /** Ticks of 10 ms so far. */
  readonly utime?: number;
  readonly stime?: number;
  readonly exitCode?: number;
  readonly sigPnd?: bigint;
  readonly sigBlk?: bigint;
  readonly tracerPid?: number;
}

export interface FakeProcess extends FakeThread {
  readonly pid: number;
  /** Default 1. */
  readonly ppid?: number;
  /** The thread that made it, where that is not the parent's leader. */
  readonly parentTid?: number;
  /** From the host's namespace to the innermost; default: the pid alone. */
  readonly nsPid?: readonly number[];
  readonly uid?: number;
  /** Other tasks than the leader. */
  readonly threads?: readonly FakeThread[];
  /** `r pipe:[10]`, `rw /data/f`; an `e` behind the access: close-on-exec. */
  readonly fds?: Readonly<Record<number, string>>;
  /** Lines of fdinfo besides pos, flags, mnt_id and ino, or instead of them. */
  readonly fdinfo?: Readonly<Record<number, readonly string[]>>;
  readonly cmdline?: readonly string[];
  /** PF_* of stat field 9, besides what follows from the rest. */
  readonly flags?: number;
  readonly kthread?: boolean;
  readonly coreDumping?: boolean;
  readonly pgrp?: number;
  readonly session?: number;
  readonly ttyNr?: number;
  readonly tpgid?: number;
  readonly startTime?: number;
  /** Signal of a group stop: in the process's own stat, and in no task's. */
  readonly groupStop?: number;
  readonly shdPnd?: bigint;
  readonly sigIgn?: bigint;
  readonly sigCgt?: bigint;
  /** Path in the cgroup2 tree; default `/`. */
  readonly cgroup?: string;
  /** Path in the v1 freezer's tree, where there is one. */
  readonly freezer?: string;
  /** Paths in other trees of cgroup v1, by controller. */
  readonly controllers?: Readonly<Record<string, string>>;
  /** Namespaces that are not the host's: `{ pid: 4026532001 }`; 0: the link cannot be read. */
  readonly ns?: Readonly<Record<string, number>>;
  /** Bytes by address (hex). */
  readonly memory?: Readonly<Record<string, readonly number[] | string>>;
  /** Lines of maps; default: one anonymous mapping 7f0000000000-7f0000100000. */
  readonly maps?: readonly string[];
  /** Pages (hex) that are not present. */
  readonly swappedOut?: readonly string[];
  readonly cwd?: string;
  /** Files whose readers hang: `stat`, `stack`, `fd` … */
  readonly blocked?: readonly string[];
  /** Files that give EACCES. */
  readonly denied?: readonly string[];
  readonly gone?: boolean;
}

export interface FakeMount {
  readonly at: string;
  readonly fs: string;
  /** `major:minor`. */
  readonly dev: string;
  readonly source?: string;
  readonly options?: string;
}

export interface FakeHost {
  /** `uname -r`; default 6.18.44. */
  readonly kernel?: string;
  /** Who looks; default root. */
  readonly uid?: number;
  readonly processes: readonly FakeProcess[];
  /** Besides /, /proc, /sys and cgroup2. */
  readonly mounts?: readonly FakeMount[];
  /** Block devices by number: `{ '8:1': 'sda1' }`. */
  readonly devices?: Readonly<Record<string, string>>;
  /** Other files by their keys. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is different from the second, third … look on, by pid. */
  readonly looks?: readonly Readonly<Record<number, Partial<FakeProcess>>>[];
  /** Likewise, by key. */
  readonly filesAtLooks?: readonly Readonly<Record<string, string>>[];
}
