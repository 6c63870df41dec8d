import type { Outcome } from './outcome.ts';

/** What `procdiag doctor` looks at, as found: nothing here is judged yet. */
export interface HostChecks {
  /** Effective user id. */
  readonly uid: number;
  /** Our PID as the kernel gives it, and as /proc/self names it: two numbers where /proc is another namespace's. */
  readonly pid: number;
  readonly procSelf: string | undefined;
  /** Inode of our PID namespace (`pid:[4026531836]`), where it could be read. */
  readonly pidNamespace: string | undefined;
  /** `uname -r`. */
  readonly kernel: string;
  /** Settings and files by path. */
  readonly files: ReadonlyMap<string, Outcome>;
  /** Files and directories that are there. */
  readonly present: ReadonlySet<string>;
  /** First line of what the program says of its version; undefined = not installed, or does not run. */
  readonly programs: ReadonlyMap<string, string | undefined>;
  /** The `container` variable that container managers set for their PID 1 and its children. */
  readonly containerVariable: string | undefined;
}
