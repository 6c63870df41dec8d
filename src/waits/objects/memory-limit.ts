import type { Evidence } from '../../evidence/evidence.ts';
import type { CgroupMembership } from '../../procfs/cgroup.ts';
import { lineFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { ancestors, cgroupMount, directory } from './cgroup-tree.ts';

/** A cgroup that has more memory than its soft limit. */
export interface MemoryHigh {
  /** The cgroup with the limit (an ancestor, maybe), as a directory of the cgroup file system. */
  readonly cgroup: string;
  readonly file: 'memory.high' | 'memory.swap.high';
  readonly limitBytes: number;
  readonly currentBytes: number;
  readonly facts: readonly Fact[];
}

const HIGH = [
  { file: 'memory.high', current: 'memory.current' },
  { file: 'memory.swap.high', current: 'memory.swap.current' },
] as const;

/**
 * The soft limit that a process is over, of its cgroup (v2) and those above it: the one that is exceeded most, by which the
 * kernel measures the sleep (mm/memcontrol.c, mem_find_max_overage).
 * @param path the cgroup file of /proc that `cgroups` was read from
 */
export function memoryHigh(
  evidence: Evidence,
  path: string,
  cgroups: readonly CgroupMembership[],
): MemoryHigh | undefined {
  const member = cgroups.find(({ hierarchy }) => hierarchy === 0)?.path;
  const mountPoint = cgroupMount(evidence, 2, 'memory');
  if (member === undefined || mountPoint === undefined) return undefined;
  const membership = lineFact(evidence, path, '0:');
  const { world } = evidence;
  const found = ancestors(member).flatMap((ancestor) => {
    const cgroup = directory(mountPoint, ancestor);
    return HIGH.flatMap(({ file, current }): MemoryHigh[] => {
      const limitBytes = Number(world.text(`${cgroup}/${file}`) ?? Number.NaN);
      const currentBytes = Number(world.text(`${cgroup}/${current}`) ?? Number.NaN);
      if (Number.isNaN(limitBytes) || Number.isNaN(currentBytes)) return [];
      const facts = [...membership, ...lineFact(evidence, `${cgroup}/${file}`, /./, `${file}, in bytes`)];
      return [{ cgroup, file, limitBytes, currentBytes, facts }];
    });
  });
  const overage = ({ limitBytes, currentBytes }: MemoryHigh) => currentBytes / Math.max(limitBytes, 1);
  return found.sort((a, b) => overage(b) - overage(a))[0];
}

/** A cgroup (v1) that is out of memory and may not kill. */
export interface PausedOom {
  readonly cgroup: string;
  readonly facts: readonly Fact[];
}

/** The cgroup whose OOM killer is switched off and that is out of memory: the process's own, or the nearest above it. */
export function pausedOom(
  evidence: Evidence,
  path: string,
  cgroups: readonly CgroupMembership[],
): PausedOom | undefined {
  const member = cgroups.find(({ controllers }) => controllers.includes('memory'));
  const mountPoint = cgroupMount(evidence, 1, 'memory');
  if (member === undefined || mountPoint === undefined) return undefined;
  for (const ancestor of ancestors(member.path)) {
    const cgroup = directory(mountPoint, ancestor);
    const control = `${cgroup}/memory.oom_control`;
    const disabled = lineFact(evidence, control, 'oom_kill_disable 1');
    const under = lineFact(evidence, control, 'under_oom 1');
    if (disabled.length === 0 || under.length === 0) continue;
    const membership = lineFact(evidence, path, `${member.hierarchy}:`);
    const limit = lineFact(evidence, `${cgroup}/memory.limit_in_bytes`, /./);
    return { cgroup, facts: [...membership, ...disabled, ...under, ...limit] };
  }
  return undefined;
}
