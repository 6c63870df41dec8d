import { decimal, words } from './text.ts';

/** /proc/PID/task/TID/children, proc_tid_children(5): pids of the children that this *thread* made, zombies too, oldest first. */
export function parseChildren(text: string): number[] {
  return parsePids(text);
}

/** Pids by blanks or newlines, as in cgroup.procs and cgroup.threads. What is no pid is left out. */
export function parsePids(text: string): number[] {
  return words(text.replaceAll('\n', ' '))
    .map(decimal)
    .filter((pid) => pid !== undefined);
}
