import { Evidence } from './evidence.ts';
import type { Source } from './source.ts';
import { World } from './world.ts';

/**
 * Begins the first look at processes: asks for all that nearly every question about them needs. The reads go on while the
 * caller loads what will judge them.
 */
export function firstLook(source: Source, pids: readonly number[], readMemory: boolean): Evidence {
  const evidence = new Evidence(new World(source), readMemory);
  for (const pid of pids) {
    evidence.world.hold(pid);
    const leader = evidence.process(pid)?.status?.tgid ?? pid;
    evidence.world.hold(leader);
    const target = evidence.process(leader);
    target?.prefetchTarget();
    // Whether it has been adopted is seen from its parent's session.
    if (target?.status?.ppid) evidence.world.want([`/proc/${target.status.ppid}/stat`]);
  }
  evidence.world.begin();
  return evidence;
}
