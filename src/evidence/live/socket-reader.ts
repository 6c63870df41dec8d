import type { Key } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import { runChild } from './child.ts';
import type { GuardedOptions } from './guarded.ts';

/**
 * Unix sockets with their peers, which /proc does not tell (unix(7) has no peer field there): by sock_diag(7) through `ss`,
 * without `-p`, since that would walk all of /proc and hang where we must not.
 */
export async function readUnixSockets(key: Key, options: GuardedOptions): Promise<Outcome> {
  const pid = Number(key.split(':')[2]);
  const ss = ['ss', '-xanH'];
  const [program = 'ss', ...args] = pid === 0 ? ss : ['nsenter', '-t', String(pid), '-n', '--', ...ss];
  const result = await runChild(program, args, options);
  if (result.ended === 'exited' && result.code === 0)
    return { kind: 'text', text: result.stdout.toString('latin1') };
  if (result.ended === 'stuck')
    return { kind: 'blocked', afterMs: result.stuckIn?.afterMs ?? options.stallMs };
  if (result.ended === 'no-program' || result.code === 127) {
    return { kind: 'skipped', why: 'no ss (iproute2) on this host' };
  }
  return result.ended === 'exited' ? { kind: 'error', errno: 'EPERM' } : NO_TIME;
}
