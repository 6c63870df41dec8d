import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';
import type { FailedCalls } from '../failed-calls.ts';

/** An epoll set at the end of the trace. */
export interface EpollSet {
  readonly pid: number;
  readonly comm: string;
  readonly fd: number;
  /** Registrations made within the trace and still there. */
  readonly left: number;
  readonly stale: Capped<StaleRegistration>;
}

/**
 * The descriptor that was registered is closed, and another one (a dup, or a child's) keeps what it led to alive: the set
 * goes on reporting it, and nobody can take it out by its number.
 */
export interface StaleRegistration {
  readonly fd: number;
  readonly what: string;
  readonly pid: number;
  readonly addedNs: Ns;
  readonly closedNs: Ns;
  /** How often epoll_wait has reported it since. */
  readonly reported: number;
  /** Who keeps it alive: processes and descriptors, as far as known. */
  readonly keptBy: Capped<{ readonly pid: number; readonly comm: string; readonly fd: number }>;
}

export interface InotifyInstance {
  readonly pid: number;
  readonly comm: string;
  /** When it was made, within the trace; absent: it was there before. */
  readonly madeNs?: Ns;
  readonly added: number;
  /** The same file again: its mask is changed. */
  readonly updated: number;
  readonly removed: number;
  /** Ended by themselves: the file is gone, the file system unmounted. */
  readonly ended: number;
  readonly left: number;
  readonly overflows: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly open: boolean;
  /** Some of what is watched. */
  readonly paths: readonly string[];
}

export interface FailedWatches extends FailedCalls {
  /** Of the first: shortened. */
  readonly args: string;
}

export interface WatchLedger {
  readonly totals: {
    readonly inotifyInstances: number;
    readonly inotifyAdded: number;
    readonly inotifyUpdated: number;
    readonly inotifyRemoved: number;
    readonly inotifyLeft: number;
    readonly inotifyOverflows: number;
    readonly epollAdded: number;
    readonly epollModified: number;
    readonly epollDeleted: number;
    /** Taken out by the kernel, with the last descriptor. */
    readonly epollGone: number;
    readonly epollLeft: number;
    readonly epollStale: number;
    readonly fanotifyMarks: number;
    readonly failed: Readonly<Record<string, number>>;
  };
  readonly inotify: Capped<InotifyInstance>;
  readonly epoll: Capped<EpollSet>;
  readonly failures: Capped<FailedWatches>;
}
