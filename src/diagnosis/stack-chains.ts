import type { StackLink, StackTask } from './stack-types.ts';

/** A chain of lock owners from one task on: itself first, its end last. */
export interface Chain {
  readonly links: StackLink[];
  /** The last owner named is one of the chain: a deadlock. */
  readonly cycle: boolean;
}

/** Follows the owners that the kernel named from `task` on; undefined when it named none. */
export function followOwners(task: StackTask, byPid: ReadonlyMap<number, StackTask>): Chain | undefined {
  if (!task.blocker) return undefined;
  const links: StackLink[] = [];
  const seen = new Set<number>();
  let current: StackTask | undefined = task;
  while (current) {
    if (current.pid !== null) seen.add(current.pid);
    const { blocker }: StackTask = current;
    links.push({
      pid: current.pid,
      comm: current.comm,
      waitsFor: current.waitsFor,
      ...(blocker ? { lock: blocker.lock } : {}),
    });
    if (!blocker) break;
    if (seen.has(blocker.pid)) return { links, cycle: true };
    const owner = byPid.get(blocker.pid);
    // The text was cut, or the kernel did not print the owner's stack.
    if (!owner) links.push({ pid: blocker.pid, comm: blocker.comm, waitsFor: null });
    current = owner;
  }
  return { links, cycle: false };
}
