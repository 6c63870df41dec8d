import type { Key } from '../keys.ts';
import { NO_TIME, type Outcome } from '../outcome.ts';
import { runChild } from './child.ts';
import type { GuardedOptions } from './guarded.ts';

/** semctl(2): GETPID is 11, GETVAL 12. The values of a set end where its numbers do. */
const SCRIPT =
  'for my $n (0..63) { my $p = semctl($ARGV[0], $n, 11, 0); last unless defined $p; ' +
  'my $v = semctl($ARGV[0], $n, 12, 0); printf "%d %d %d\\n", $n, $p, $v }';

/** Who changed the semaphores of a set last, which /proc/sysvipc does not tell: by perl, since Node has no semctl. */
export async function readSemaphores(key: Key, options: GuardedOptions): Promise<Outcome> {
  const [, pid = '0', id = ''] = key.split(':');
  const perl = ['perl', '-e', SCRIPT, id];
  const [program = 'perl', ...args] = pid === '0' ? perl : ['nsenter', '-t', pid, '-i', '--', ...perl];
  const result = await runChild(program, args, options);
  if (result.ended === 'exited' && result.code === 0)
    return { kind: 'text', text: result.stdout.toString('latin1') };
  if (result.ended === 'no-program' || result.code === 127)
    return { kind: 'skipped', why: 'no perl on this host' };
  return result.ended === 'exited' ? { kind: 'error', errno: 'EPERM' } : NO_TIME;
}
