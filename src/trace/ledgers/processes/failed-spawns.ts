import type { SyscallEvent } from '../../event.ts';
import { Tally } from '../capped.ts';
import type { FailedSpawns } from './book.ts';

const MOST_FAILURES = 64;
const SPAWNS = new Set(['fork', 'vfork', 'clone', 'clone3']);

/** Whether the call is one that makes processes or threads. */
export function isSpawn(name: string): boolean {
  return SPAWNS.has(name);
}

/** Processes and threads that could not be made: by whom, how often, with which error. */
export class SpawnFailures {
  readonly byErrno = new Tally();
  readonly #failed = new Map<string, FailedSpawns>();

  add(
    event: SyscallEvent,
    errno: string,
    by: { readonly comm: string; readonly uid: number | undefined },
  ): void {
    // The kernel's own codes for a call that a signal interrupted: it is made again.
    if (errno.startsWith('ERESTART')) return;
    this.byErrno.add(errno);
    const key = `${event.pid} ${event.name} ${errno}`;
    const known = this.#failed.get(key);
    if (known === undefined && this.#failed.size >= MOST_FAILURES) return;
    this.#failed.set(key, {
      pid: event.pid,
      comm: by.comm,
      errno,
      call: event.name,
      count: (known?.count ?? 0) + 1,
      firstNs: known?.firstNs ?? event.startNs,
      lastNs: event.startNs,
      ...(by.uid === undefined ? {} : { uid: by.uid }),
    });
  }

  list(): FailedSpawns[] {
    return [...this.#failed.values()];
  }
}
