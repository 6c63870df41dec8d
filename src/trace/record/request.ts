import type { RecordingMeta } from '../recording.ts';
import type { Refusal } from './preflight/refusal.ts';
import type { Ended } from './tool.ts';
import type { LeftTask } from './untraced.ts';

/** What is to be recorded, by what, and how it ends. */
export interface RecordRequest {
  /** The process to attach to, or the command to start: one of the two. */
  readonly pid?: number;
  readonly command?: readonly [string, ...string[]];
  readonly strace: boolean;
  readonly perf: boolean;
  /** Refuses perf where it may see the switches alone; default: takes what it can. */
  readonly wholePerf?: boolean;
  /** Threads that come later, children and their children too. */
  readonly follow: boolean;
  /** For `strace -e trace=`. */
  readonly syscalls?: string;
  readonly durationMs?: number;
  /** Ends the recording, which then gives its result. */
  readonly stop?: AbortSignal;
  /**
   * Is called before the target is touched: up to then a recording that is given up leaves nothing to tell. `strace`: it is
   * about to attach.
   */
  readonly onBegin?: (strace: boolean) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Where the private directory is made; default: the system's for temporary files. */
  readonly parent?: string;
  /** Of the files together; default 2 GB for strace and 512 MB for perf. */
  readonly mostBytes?: { readonly strace?: number; readonly perf?: number };
  /** For meta.json. */
  readonly version: string;
}

/** `preparing`: nothing is recorded yet, the recorders start; `ending`: they are stopped, and write what they have. */
export type Stage = 'preparing' | 'recording' | 'ending';

/** How far a recording is: told when its stage changes, and now and then while it runs. */
export interface Progress {
  readonly stage: Stage;
  /** Since all was recording. */
  readonly elapsedMs: number;
  readonly straceBytes: number;
  readonly perfBytes: number;
  /** Events that perf has said to have lost so far. */
  readonly perfLost: number;
}

/** What ended the recording. */
export type EndedBy =
  | 'duration'
  | 'stop'
  | 'target'
  | 'disk-short'
  | 'too-much'
  /** The last recorder ended by itself, or somebody ended it. */
  | 'recorders'
  | 'guard';

/** A recording that has ended, whole or with a part missing (`refusals`, `meta.partial`). */
export interface Recording {
  /** Holds meta.json and the files that it names. */
  readonly directory: string;
  readonly meta: RecordingMeta;
  readonly endedBy: EndedBy;
  /** Threads that are not as they were before; empty as it should be. */
  readonly left: readonly LeftTask[];
  /** Why one of the two sources that were asked for is missing. */
  readonly refusals: readonly Refusal[];
  /** The end of the command, where one was started that still runs: it is the user's, and goes on untraced. */
  readonly command?: { readonly pid: number; readonly ended: Promise<Ended> };
  /** Removes the directory. If it is not called, that happens when procdiag ends. */
  remove(): Promise<void>;
}

/** Nothing could be recorded. */
export class RecordError extends Error {
  readonly refusals: readonly Refusal[];
  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(({ message, remedy }) => `${message} ${remedy}`).join('\n'));
    this.name = 'RecordError';
    this.refusals = refusals;
  }
}
