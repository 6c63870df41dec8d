/** What a scene needs of the system; what is missing makes it unavailable, with that as the reason. */
export type Need =
  | 'root'
  | 'gcc'
  | 'fuse' // /dev/fuse and the right to mount
  | 'loop' // loop devices, mkfs.ext4
  | 'fsfreeze'
  | 'cgroup-v1-freezer'
  | 'cgroup-cpu' // the cpu controller: of v1, or of v2 switched on for children of the root
  | 'cgroup-pids' // the pids controller, likewise
  | 'cgroup-v2'
  | 'cgroup-v2-io' // its io controller, switched on for children of the root
  | 'cgroup-v2-memory' // its memory controller, likewise
  | 'cgroup-v1-memory'
  | 'swap' // swapon, cgroups that limit memory and I/O, and no swap of the host's own
  | 'core-pattern' // may write /proc/sys/kernel/core_pattern
  | 'gdb'
  | 'strace'
  | 'python3'
  | 'userfaultfd'
  | 'fanotify'
  | 'autofs'
  | 'device-mapper' // dmsetup and its control device
  | 'nbd' // network block devices, their client and server
  | 'nfs-server'; // kernel NFS client and server with their tools, network namespaces

/** The truth about one process of a scene, which the diagnosis is held against. */
export interface Look {
  /** Who it is in the story: `waiter`, `parent`, `victim`, `tracer` … */
  role: string;
  pid: number;
  /** `findings[0].cause`; `null` = healthy: no finding of severity warning or above. */
  cause: string | null;
  /** Other causes that would be right too. */
  alsoOk?: string[];
  /** The PID that the blame chain has to end in; absent = the culprit is no process (a mount, a cgroup …). */
  culprit?: number;
  /** What the blame chain has to end in where that is no process. */
  culpritKind?: 'cgroup' | 'device' | 'mount';
  /** For a healthy look: the `idle-*` name that the verdict has to give, where it is certain. */
  idle?: string;
}

/** A trouble that the lab can make. */
export interface Scene {
  /** kebab-case, unique: what `procdiag lab run NAME` takes. */
  name: string;
  /** One line: what is wrong here. */
  title: string;
  /** Three to six lines for training: what happens, what one would see with ps, what to learn. */
  story: string;
  needs: Need[];
  /** Seconds after which the scene ends by itself whatever happens (default 120); hostile scenes say less. */
  maxSeconds?: number;
  /** Makes the trouble with real processes; returns once the trouble is really there (polled, never slept for). */
  setUp(lab: Lab): Promise<Look[]>;
}

/**
 * What a scene builds with. Everything made through it is undone, also when the lab is killed: first, in reverse order,
 * release() and the killing of what was started or is owned; then, in reverse order, undo().
 */
export interface Lab {
  /** A scratch directory of this run, removed at the end. */
  readonly dir: string;
  /** Compiles `src/lab/programs/NAME.c` (once per machine, cached by content) and returns the binary's path. */
  program(name: string, options?: { threads?: boolean; static?: boolean }): Promise<string>;
  /** Starts a process in a session of its own, all of which dies with the lab; resolves once it is started. */
  start(
    command: string,
    args?: string[],
    options?: {
      cwd?: string;
      env?: Record<string, string>;
      stdio?: 'ignore' | 'lines';
      newSession?: boolean;
    },
  ): Promise<LabProcess>;
  /** Runs a command to its end with a deadline (default 30 s); rejects with its stderr when it fails. */
  run(command: string, args?: string[], options?: { timeoutMs?: number; input?: string }): Promise<string>;
  /** Registers a shell command for the clean-up: run by a keeper process that outlives a killed lab. */
  undo(shellCommand: string): void;
  /**
   * As undo(), but run before all undo()s and among the killing: what sets stuck processes free (thaw, SIGCONT, an
   * answer), since one cannot unmount or remove what they hold.
   */
  release(shellCommand: string): void;
  /** Registers a process for SIGKILL (with SIGCONT) at the clean-up; guarded by its start time. */
  owns(pid: number): void;
  /** Polls until `test` gives a value other than undefined, false or null; fails with `what` after `timeoutMs` (30 s). */
  until<T>(what: string, test: () => T | undefined | false | null, timeoutMs?: number): Promise<T>;
  /** State letter of a task from /proc/PID/status (never blocks), or '' when it is gone. */
  state(pid: number, tid?: number): string;
  /** Direct children by /proc/PID/task/PID/children. */
  children(pid: number): number[];
  /** wchan and, for root, kernel stack of a task as one text; '' when they cannot be read within a second. */
  frames(pid: number, tid?: number): string;
}

/** A process that the lab has started. */
export interface LabProcess {
  readonly pid: number;
  /** The next line that the program prints (`stdio: 'lines'`); fails after 30 s. */
  line(): Promise<string>;
}
