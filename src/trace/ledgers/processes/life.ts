import type { Ns } from '../../event.ts';
import type { ProcessEntry, ProcessState } from './book.ts';

/** A process, from what was first heard of it until it is collected. */
export interface Life {
  readonly pid: number;
  parentPid?: number;
  command?: string;
  path?: string;
  started?: ProcessEntry['started'];
  exit?: ProcessEntry['exit'];
  reaped?: ProcessEntry['reaped'];
  orphaned?: { atNs: Ns; adoptedBy?: number };
  /** Reaped without its exit having come yet. */
  waited?: { byPid: number; call: string; atNs: Ns };
  state: ProcessState;
  threadsStarted: number;
  threadsEnded: number;
  execs: number;
  reapedChildren: number;
  waits: number;
  /** Waits that returned a number of which nobody knows whose it is. */
  reapedUnknown: number;
  readonly children: Set<Life>;
  subreaper: boolean;
  comm: string;
  /** It ran before the trace. */
  atStart: boolean;
  /** Its user, where it or an ancestor has asked. */
  uid?: number;
  /** Its first call. */
  firstNs?: Ns;
}

/** Of a process that was just met. */
export function newLife(pid: number): Life {
  return {
    pid,
    state: 'alive',
    threadsStarted: 0,
    threadsEnded: 0,
    execs: 0,
    reapedChildren: 0,
    waits: 0,
    reapedUnknown: 0,
    children: new Set(),
    subreaper: false,
    comm: '',
    atStart: false,
  };
}
