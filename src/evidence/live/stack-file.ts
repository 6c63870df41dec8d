import { parseStatus } from '../../procfs/status.ts';
import type { Outcome } from '../outcome.ts';
import { openLive } from './live-source.ts';

/** `/proc/PID/stack` or `/proc/PID/task/TID/stack`. */
const LIVE_STACK = /^\/proc\/\d+(?:\/task\/\d+)?\/stack$/;

export const isLiveStack = (path: string): boolean => LIVE_STACK.test(path);

/**
 * A live task's kernel stack as a kernel log would print it: with the name and the state, which tell a healthy sleep from a
 * wait for a lock. Read like all evidence: it may never answer.
 * @returns the text, or in a sentence why there is none
 */
export async function readLiveStack(
  path: string,
  timeoutMs: number,
): Promise<{ text: string } | { error: string }> {
  const source = openLive({ timeoutMs });
  const status = source.now(path.replace(/stack$/, 'status'), 0);
  const outcome = (await source.fetch([path], 0)).get(path);
  if (outcome?.kind !== 'text') return { error: `${path}: ${reasonOf(outcome)}` };
  const task = status?.kind === 'text' ? parseStatus(status.text) : undefined;
  if (outcome.text.trim() === '') return { error: `${path} is empty: the task runs, or is a zombie` };
  if (task === undefined) return { text: outcome.text };
  const name = task.name.replace(/[\s\0]/g, '_');
  return { text: `task:${name} state:${task.state} stack:0 pid:${task.pid}\nCall Trace:\n${outcome.text}` };
}

function reasonOf(outcome: Outcome | undefined): string {
  if (outcome?.kind === 'blocked')
    return `does not answer (its reader was killed after ${outcome.afterMs} ms): the task is stuck inside execve`;
  if (outcome?.kind === 'skipped') return outcome.why;
  const errno = outcome?.kind === 'error' ? outcome.errno : 'EIO';
  if (errno === 'ENOENT' || errno === 'ESRCH') return 'no such process';
  return errno === 'EACCES' || errno === 'EPERM'
    ? 'kernel stacks are for root only (sudo procdiag …)'
    : errno;
}
