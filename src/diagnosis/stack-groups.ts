import type { StackGroup, StackTask } from './stack-types.ts';

interface Draft {
  readonly first: StackTask;
  readonly tasks: StackTask[];
  readonly owner?: { readonly pid: number; readonly comm: string };
}

/**
 * Tasks by what they wait for; the victims of one named lock owner are one group, whatever their stacks look like. Where to
 * look first stands first: the ends of the owners' chains, then what blocks most tasks, then what cannot be told, then the
 * healthy.
 */
export function groupTasks(tasks: readonly StackTask[]): StackGroup[] {
  const drafts = new Map<string, Draft>();
  for (const task of tasks) {
    const owner = task.blocker;
    const key = owner ? `owner ${owner.pid}` : `${task.benign} ${task.subsystem} ${task.waitsFor}`;
    const draft = drafts.get(key);
    if (draft) draft.tasks.push(task);
    else {
      drafts.set(key, {
        first: task,
        tasks: [task],
        ...(owner ? { owner: { pid: owner.pid, comm: owner.comm } } : {}),
      });
    }
  }
  const groups = [...drafts.values()].map(({ first, tasks: members, owner }): StackGroup => {
    const root = members.some((task) => task.owner && !task.blocker);
    return {
      subsystem: first.subsystem,
      waitsFor:
        owner && first.blocker
          ? `a ${first.blocker.lock} held by ${owner.comm}:${owner.pid}`
          : first.waitsFor,
      benign: first.benign,
      tasks: members.map(({ pid, comm }) => ({ pid, comm })),
      ...(owner ? { owner } : {}),
      ...(root ? { root } : {}),
    };
  });
  return groups.sort((a, b) => rank(a) - rank(b) || b.tasks.length - a.tasks.length);
}

function rank(group: StackGroup): number {
  if (group.root) return 0;
  if (group.benign === false) return 1;
  return group.benign === null ? 2 : 3;
}
