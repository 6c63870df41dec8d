import type { Evidence } from '../../evidence/evidence.ts';
import { parseMountinfo } from '../../procfs/mountinfo.ts';

/** The cgroup's path and those above it, itself first, without the root (which has no limits and cannot be frozen). */
export function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`);
}

/** A cgroup as a directory of the cgroup file system. */
export const directory = (mountPoint: string, path: string): string =>
  path === '/' ? mountPoint : `${mountPoint}${path}`;

/** Where the cgroup2 tree, or the v1 tree with this controller, is mounted for us. */
export function cgroupMount(evidence: Evidence, version: 1 | 2, controller: string): string | undefined {
  const mounts = evidence.world.parsed('/proc/self/mountinfo', parseMountinfo) ?? [];
  const mount = mounts.find(({ fsType, superOptions }) =>
    version === 2 ? fsType === 'cgroup2' : fsType === 'cgroup' && superOptions.includes(controller),
  );
  return mount?.mountPoint;
}
