import { type Key, pathOf, pidOf } from '../evidence/keys.ts';
import type { World } from '../evidence/world.ts';
import type { Unseen } from './diagnosis.ts';
import { WORTH, whyOf } from './unseen.ts';

/** What is read by other means than as a file of that name. */
const OTHERS: Readonly<Record<string, string>> = {
  mem: 'its memory: who owns a lock, what it polls',
  pagemap: 'whether its memory is present: who owns a lock, what it polls',
  ss: 'the peers of unix sockets',
  sem: 'who changed a semaphore last',
};

const NAMES = 5;

/** Reads that a verdict needed and that brought nothing (see World.losing), by what they are good for. */
export function lostReads(world: World, lost: ReadonlySet<Key>): Unseen[] {
  const groups = new Map<string, { what: string; why: string; late: boolean; pids: Set<number> }>();
  for (const key of lost) {
    const outcome = world.peek(key);
    const why = outcome === undefined ? undefined : whyOf(outcome);
    if (outcome === undefined || why === undefined) continue;
    const what = worthOf(key);
    const slot = `${what}\0${outcome.kind === 'blocked' ? '' : why}`;
    const group = groups.get(slot) ?? { what, why, late: outcome.kind !== 'blocked', pids: new Set() };
    groups.set(slot, group);
    const pid = pidOf(key);
    if (pid !== undefined) group.pids.add(pid);
  }
  return [...groups.values()].map(({ what, why, late, pids }) => ({
    what: pids.size === 0 ? what : `${what} (of ${namesOf([...pids])})`,
    why,
    remedy: remedyOf(why, late),
  }));
}

/** Where the host starts no reader, more time does not help. */
function remedyOf(why: string, late: boolean): string {
  if (/\(E[MN]FILE\)/.test(why)) return 'allow more open files: ulimit -n 1024';
  if (/\(EAGAIN\)/.test(why)) return 'allow more processes: ulimit -u, or pids.max of the cgroup';
  return late ? 'run again with a larger --timeout, and not under nice' : '';
}

function worthOf(key: Key): string {
  const [kind = ''] = key.split(':');
  const other = OTHERS[kind];
  if (other !== undefined) return other;
  const name = /^\/proc\/\d+\/(?:task\/\d+\/)?(\w+)/.exec(pathOf(key))?.[1];
  return WORTH[name ?? ''] ?? pathOf(key);
}

function namesOf(pids: readonly number[]): string {
  const names = pids.slice(0, NAMES).join(', ');
  return pids.length > NAMES ? `${names} and ${pids.length - NAMES} more` : names;
}
