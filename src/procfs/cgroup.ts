import { decimal, lines } from './text.ts';

/** A line of /proc/PID/cgroup, cgroups(7). */
export interface CgroupMembership {
  /** 0 is cgroup v2. */
  readonly hierarchy: number;
  /** Empty for v2; `name=systemd` for a v1 hierarchy without controllers. */
  readonly controllers: readonly string[];
  /** Relative to the root of the reader's cgroup namespace; `/../x` is outside of it. */
  readonly path: string;
  /** The group was removed; the task is a zombie or was in it when it went. */
  readonly deleted: boolean;
}

const DELETED = ' (deleted)';

/** Lines that do not parse are left out. The kernel forbids newlines in names of groups. */
export function parseCgroup(text: string): CgroupMembership[] {
  const memberships: CgroupMembership[] = [];
  for (const line of lines(text)) {
    const first = line.indexOf(':');
    // A v1 name may not hold a colon; a path may.
    const second = line.indexOf(':', first + 1);
    const hierarchy = decimal(line.slice(0, Math.max(first, 0)));
    if (hierarchy === undefined || second < 0 || line[second + 1] !== '/') continue;
    const names = line.slice(first + 1, second);
    const path = line.slice(second + 1);
    const deleted = path.endsWith(DELETED);
    memberships.push({
      hierarchy,
      controllers: names === '' ? [] : names.split(','),
      path: deleted ? path.slice(0, -DELETED.length) : path,
      deleted,
    });
  }
  return memberships;
}
