import { Evidence } from './evidence.ts';
import type { Source } from './source.ts';
import { World } from './world.ts';

/**
 * Begins the first look at processes: asks for all that nearly every question about them needs, and for the `stat` of
 * every process, which is the canary for those that make their readers hang. The reads go on while the caller loads what
 * will judge them.
 */
export function firstLook(source: Source, pids: readonly number[], readMemory: boolean): Evidence {
  const evidence = new Evidence(new World(source), readMemory);
  for (const pid of pids) {
    evidence.world.hold(pid);
    const leader = evidence.process(pid)?.status?.tgid ?? pid;
    evidence.world.hold(leader);
    evidence.process(leader)?.prefetchTarget();
  }
  evidence.world.want(evidence.host.pids.map((pid) => `/proc/${pid}/stat`));
  evidence.world.begin();
  return evidence;
}
