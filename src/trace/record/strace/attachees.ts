import { startTimes, type TreeTask } from '../tree.ts';

export const isLive = ({ status: { state } }: TreeTask): boolean => state !== 'Z' && state !== 'X';

/**
 * The threads that strace is told to attach to. With -f, one thread brings all others of its process: the leader, which lives
 * as long as its process does, or, where it has ended, the oldest one, since threads that are made all the time end before
 * strace comes to them. Without, each is named.
 *
 * @param tasks the live ones, in any order: /proc/PID/task is listed by name, in which 999 stands behind 1000.
 * @param startTime of a thread; undefined where it is not known.
 */
export function attachees(
  tasks: readonly TreeTask[],
  follow: boolean,
  startTime: (tid: number) => number | undefined,
): number[] {
  if (!follow) return tasks.map(({ tid }) => tid);
  const chosen = new Map<number, number>();
  const age = (tid: number) => startTime(tid) ?? Number.POSITIVE_INFINITY;
  for (const { pid, tid } of tasks) {
    const best = chosen.get(pid);
    if (best === undefined || tid === pid || (best !== pid && age(tid) < age(best))) chosen.set(pid, tid);
  }
  return [...chosen.values()];
}

/** The same, for which the ages are read where a leader has ended. */
export async function chooseAttachees(tasks: readonly TreeTask[], follow: boolean): Promise<number[]> {
  const leaders = new Set(tasks.flatMap(({ pid, tid }) => (pid === tid ? [pid] : [])));
  const orphans = follow ? tasks.filter(({ pid }) => !leaders.has(pid)) : [];
  const started = orphans.length === 0 ? undefined : await startTimes(orphans);
  return attachees(tasks, follow, (tid) => started?.get(tid));
}
