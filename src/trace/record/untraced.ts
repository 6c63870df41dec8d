import { setTimeout as pause } from 'node:timers/promises';
import { statusOf } from './proc.ts';
import { type TreeTask, tasksOfTree } from './tree.ts';

/** A thread that is not as it was before the recording. */
export interface LeftTask {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly what: 'traced' | 'stopped';
}

const PATIENCE_MS = 1000;
const POLL_MS = 10;

/**
 * Looks whether any thread of the tree is still traced by `tracer`, or stopped and was not before. strace attaches by
 * PTRACE_SEIZE, which sends no SIGSTOP: a stop (T) that came during the recording was somebody else's, so it is told and not
 * undone.
 */
export async function leftTasks(
  before: readonly TreeTask[],
  tracer: number,
  follow: boolean,
): Promise<LeftTask[]> {
  const root = before[0]?.pid;
  if (root === undefined) return [];
  const stopped = new Set(before.filter(({ status }) => status.state === 'T').map(({ tid }) => tid));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = new Map(tasksOfTree(root, follow).map((task) => [task.tid, task]));
    // Who was adopted by another parent meanwhile.
    for (const { pid, tid } of before) {
      const status = now.has(tid) ? undefined : statusOf(pid, tid);
      if (status !== undefined) now.set(tid, { pid, tid, status });
    }
    const left = [...now.values()].flatMap(({ pid, tid, status }): LeftTask[] => {
      const task = { pid, tid, comm: status.name };
      if (status.tracerPid === tracer) return [{ ...task, what: 'traced' }];
      const stops = status.state === 'T' || (status.state === 't' && status.tracerPid === 0);
      return stops && !stopped.has(tid) ? [{ ...task, what: 'stopped' }] : [];
    });
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(POLL_MS);
  }
}
