import type { Evidence } from '../../evidence/evidence.ts';
import type { CgroupMembership } from '../../procfs/cgroup.ts';
import { lineFact, partFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { ancestors, cgroupMount, directory } from './cgroup-tree.ts';

export interface FrozenCgroup {
  /** Path of the cgroup that is set to frozen (an ancestor, maybe), as a directory of the cgroup file system. */
  readonly cgroup: string;
  readonly version: 1 | 2;
  /** All that are set to frozen, the nearest first: each of them has to be thawed. */
  readonly frozen: readonly string[];
  /** True when it is the process's own cgroup. */
  readonly own: boolean;
  /** Are all of its tasks frozen? One in an uninterruptible sleep keeps a freeze from its end, and the others frozen. */
  readonly complete: boolean;
  readonly facts: readonly Fact[];
}

/**
 * The frozen one of the cgroups that `path` (a cgroup file of /proc) lists: itself, or the ancestor that is set to frozen.
 * @param trapped the task is seen in the trap of the v2 freezer: then a freeze counts as well that is not complete
 */
export function frozenCgroup(
  evidence: Evidence,
  path: string,
  cgroups: readonly CgroupMembership[],
  trapped: boolean,
): FrozenCgroup | undefined {
  for (const { controllers, hierarchy, path: member } of cgroups) {
    const version = hierarchy === 0 ? 2 : 1;
    if (version === 1 && !controllers.includes('freezer')) continue;
    const mountPoint = cgroupMount(evidence, version, 'freezer');
    if (mountPoint === undefined) continue;
    const membership = lineFact(evidence, path, `${hierarchy}:`);
    const found =
      version === 2
        ? frozenV2(evidence, mountPoint, member, trapped)
        : frozenV1(evidence, mountPoint, member);
    if (found !== undefined) return { ...found, facts: [...membership, ...found.facts] };
  }
  return undefined;
}

/**
 * The path of the cgroup2 that a task is in, where nothing can be read of it: it is not mounted for us, or its path is one of
 * another cgroup namespace.
 */
export function unseenCgroup(evidence: Evidence, cgroups: readonly CgroupMembership[]): string | undefined {
  const path = cgroups.find(({ hierarchy }) => hierarchy === 0)?.path ?? '/';
  if (path === '/') return undefined;
  const mountPoint = cgroupMount(evidence, 2, 'freezer');
  const events = mountPoint === undefined ? undefined : `${directory(mountPoint, path)}/cgroup.events`;
  return events === undefined || evidence.world.outcome(events)?.kind === 'error' ? path : undefined;
}

function frozenV2(
  evidence: Evidence,
  mountPoint: string,
  path: string,
  trapped: boolean,
): FrozenCgroup | undefined {
  const own = directory(mountPoint, path);
  const events = lineFact(evidence, `${own}/cgroup.events`, 'frozen 1');
  // The own cgroup.freeze says 0 when only an ancestor is set: walk up to the one that says 1.
  if (events.length > 0)
    return setToFrozen(evidence, mountPoint, path, { version: 2, file: 'cgroup.freeze', facts: events });
  if (!trapped) return undefined;
  const facts = lineFact(
    evidence,
    `${own}/cgroup.events`,
    'frozen 0',
    'another of its tasks cannot be frozen',
  );
  const found = setToFrozen(evidence, mountPoint, path, { version: 2, file: 'cgroup.freeze', facts });
  return found.facts.length > facts.length ? { ...found, complete: false } : undefined;
}

function frozenV1(evidence: Evidence, mountPoint: string, path: string): FrozenCgroup | undefined {
  const own = directory(mountPoint, path);
  const state = lineFact(evidence, `${own}/freezer.state`, /^FR(?:OZEN|EEZING)/);
  if (state.length === 0) return undefined;
  const found = setToFrozen(evidence, mountPoint, path, {
    version: 1,
    file: 'freezer.self_freezing',
    facts: state,
  });
  return { ...found, complete: state.every(({ line }) => line === 'FROZEN') };
}

/** Which of the cgroup and those above it says 1 in `file`; of none that can be seen it is taken to be the cgroup itself. */
function setToFrozen(
  evidence: Evidence,
  mountPoint: string,
  path: string,
  { version, file, facts }: { version: 1 | 2; file: string; facts: readonly Fact[] },
): FrozenCgroup {
  const own = directory(mountPoint, path);
  const set = ancestors(path)
    .map((candidate) => directory(mountPoint, candidate))
    .map((at) => ({ at, facts: lineFact(evidence, `${at}/${file}`, '1') }))
    .filter((found) => found.facts.length > 0);
  const [nearest] = set;
  if (nearest === undefined) return { cgroup: own, frozen: [own], version, own: true, complete: true, facts };
  return {
    cgroup: nearest.at,
    frozen: set.map(({ at }) => at),
    version,
    own: nearest.at === own,
    complete: true,
    facts: [...facts, ...set.flatMap((found) => found.facts)],
  };
}

/** A limit on CPU time, and what it has cost. */
export interface CpuLimit {
  /** The cgroup that has the limit (an ancestor, maybe), as a directory of the cgroup file system. */
  readonly cgroup: string;
  readonly version: 1 | 2;
  /** CPU seconds that it may use in a second. */
  readonly cpus: number;
  readonly periodSeconds: number;
  /** Periods so far, and how many of them ended before their time was over. */
  readonly periods: number;
  readonly throttled: number;
  /** Seconds that its tasks were kept off their CPUs between the first and the last look. */
  readonly secondsBetweenLooks: number;
  /** Periods between these looks that ended early. */
  readonly throttledBetweenLooks: number;
  readonly facts: readonly Fact[];
}

/** The limit on CPU time that a process has used up most, of its cgroup and those above it (cpu.max, cpu.cfs_quota_us). */
export function cpuLimit(
  evidence: Evidence,
  path: string,
  cgroups: readonly CgroupMembership[],
): CpuLimit | undefined {
  const found: CpuLimit[] = [];
  for (const { controllers, hierarchy, path: member } of cgroups) {
    const version = hierarchy === 0 ? 2 : 1;
    if (version === 1 && !controllers.includes('cpu')) continue;
    const mountPoint = cgroupMount(evidence, version, 'cpu');
    if (mountPoint === undefined) continue;
    for (const candidate of ancestors(member)) {
      const at = directory(mountPoint, candidate);
      const limit = cpuLimitAt(evidence, at, version);
      if (limit !== undefined)
        found.push({ ...limit, facts: [...lineFact(evidence, path, `${hierarchy}:`), ...limit.facts] });
    }
  }
  return found.sort((a, b) => b.secondsBetweenLooks - a.secondsBetweenLooks || a.cpus - b.cpus)[0];
}

function cpuLimitAt(evidence: Evidence, at: string, version: 1 | 2): CpuLimit | undefined {
  const { world } = evidence;
  const [quota, period] =
    version === 2
      ? (world.text(`${at}/cpu.max`) ?? '').split(' ').map(Number)
      : [
          Number(world.text(`${at}/cpu.cfs_quota_us`) ?? Number.NaN),
          Number(world.text(`${at}/cpu.cfs_period_us`)),
        ];
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined;
  const looks = world.parsedHistory(`${at}/cpu.stat`, parseThrottling).filter((look) => look !== undefined);
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const file = version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us';
  return {
    cgroup: at,
    version,
    cpus: quota / period,
    periodSeconds: period / 1e6,
    periods: last.periods,
    throttled: last.throttled,
    secondsBetweenLooks: last.seconds - first.seconds,
    throttledBetweenLooks: last.throttled - first.throttled,
    facts: [
      ...lineFact(evidence, `${at}/${file}`, /./),
      ...partFact(evidence, `${at}/cpu.stat`, /^nr_throttled/m),
    ],
  };
}

function parseThrottling(text: string): { periods: number; throttled: number; seconds: number } | undefined {
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const [periods, throttled] = [value('nr_periods'), value('nr_throttled')];
  const micro = value('throttled_usec');
  const seconds = Number.isNaN(micro) ? value('throttled_time') / 1e9 : micro / 1e6;
  return Number.isNaN(periods + throttled + seconds) ? undefined : { periods, throttled, seconds };
}
