import type { Evidence } from '../../evidence/evidence.ts';
import type { CgroupMembership } from '../../procfs/cgroup.ts';
import { lineFact, partFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { ancestors, cgroupMount, directory } from './cgroup-tree.ts';

/** A cgroup that has as many tasks as it may have. */
export interface TaskLimit {
  /** The cgroup with the limit (an ancestor, maybe), as a directory of the cgroup file system. */
  readonly cgroup: string;
  readonly limit: number;
  /** Forks that a limit refused between the first and the last look, in the cgroup and in those below it. */
  readonly refusedBetweenLooks: number;
  readonly facts: readonly Fact[];
}

/**
 * The limit on tasks (pids.max) that a process's cgroup, or the nearest one above it, has reached.
 * @param path the cgroup file of /proc that `cgroups` was read from
 */
export function reachedTaskLimit(
  evidence: Evidence,
  path: string,
  cgroups: readonly CgroupMembership[],
): TaskLimit | undefined {
  const { world } = evidence;
  for (const { controllers, hierarchy, path: member } of cgroups) {
    const version = hierarchy === 0 ? 2 : 1;
    // The root has no limit: no file is read for its sake.
    if (member === '/' || (version === 1 && !controllers.includes('pids'))) continue;
    const mountPoint = cgroupMount(evidence, version, 'pids');
    if (mountPoint === undefined) continue;
    const all = ancestors(member).map((ancestor) => directory(mountPoint, ancestor));
    const full = all.find((cgroup) => {
      const limit = Number(world.text(`${cgroup}/pids.max`) ?? Number.NaN);
      return Number(world.text(`${cgroup}/pids.current`) ?? Number.NaN) >= limit;
    });
    if (full === undefined) continue;
    // Where a refusal is counted, in the cgroup of the fork or in that of the limit, depends on the kernel (6.11).
    const counted = all.slice(0, all.indexOf(full) + 1);
    const refused = counted.map((cgroup) => refusals(evidence, `${cgroup}/pids.events`));
    return {
      cgroup: full,
      limit: Number(world.text(`${full}/pids.max`)),
      refusedBetweenLooks: Math.max(0, ...refused),
      facts: [
        ...lineFact(evidence, path, `${hierarchy}:`),
        ...lineFact(evidence, `${full}/pids.max`, /./),
        ...lineFact(evidence, `${full}/pids.current`, /./),
        ...partFact(evidence, `${full}/pids.events`, /^max /m, 'counts the forks that were refused'),
      ],
    };
  }
  return undefined;
}

function refusals(evidence: Evidence, file: string): number {
  const counts = evidence.world.parsedHistory(file, parseRefusals).filter((count) => count !== undefined);
  return (counts.at(-1) ?? 0) - (counts[0] ?? 0);
}

function parseRefusals(text: string): number | undefined {
  const count = /^max (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}
