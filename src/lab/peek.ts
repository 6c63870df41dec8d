import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/*
 * What the lab looks at to see that a trouble is there. Only `status` and `children` are read by this process: all
 * else can block for ever on exactly the processes that the lab makes.
 */

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function task(pid: number, tid: number): string {
  return `/proc/${pid}/task/${tid}`;
}

/** State letter of a task, or '' when it is gone. */
export function stateOf(pid: number, tid = pid): string {
  return /^State:\t(\w)/m.exec(text(`${task(pid, tid)}/status`))?.[1] ?? '';
}

/** One field of a task's `status`, or '' when it is not there. */
export function statusField(pid: number, name: string, tid = pid): string {
  const line = text(`${task(pid, tid)}/status`)
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}

/** Thread IDs of a process, the leader first; empty when it is gone. */
export function tasksOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** Children of a process's main thread, zombies too, in the order of birth. */
export function childrenOf(pid: number): number[] {
  return text(`${task(pid, pid)}/children`)
    .split(' ')
    .filter((word) => word.trim() !== '')
    .map(Number);
}

/**
 * Where in the kernel a task sleeps: its wchan and, for root, its stack, as one text to look for function names in.
 * '' when that cannot be read within a second. The stack is needed too: wchan is `0` for every sleeper on Linux 5.10.
 */
export function framesOf(pid: number, tid = pid): string {
  const dir = task(pid, tid);
  return bounded(`${dir}/wchan`, `${dir}/stack`);
}

/** The content of files that may block for ever: read by a child which is killed after a second; '' when it was. */
export function bounded(...paths: string[]): string {
  const cat = spawnSync('timeout', ['-s', 'KILL', '1', 'cat', ...paths], { encoding: 'latin1' });
  return cat.signal || cat.status === 137 ? '' : cat.stdout;
}
