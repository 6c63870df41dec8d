import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { type Mount, parseMountinfo } from '../../procfs/mountinfo.ts';
import { lineFact } from '../facts.ts';
import type { Fact, Node } from '../graph.ts';
import { thing } from '../nodes.ts';

const NETWORK = /^(?:nfs4?|cifs|smb3?|smbfs|ceph|9p|afs|glusterfs|lustre|gfs2|ocfs2|beegfs|orangefs|coda)$/;

export const isFuse = (mount: Mount) => /^fuse(?:blk)?(?:\.|$)/.test(mount.fsType);
const PSEUDO =
  /^(?:proc|sysfs|cgroup2?|tmpfs|devtmpfs|devpts|debugfs|tracefs|securityfs|mqueue|hugetlbfs|bpf|pstore|configfs|fusectl|binfmt_misc|autofs|ramfs|rootfs)$/;

/** Kept in memory: nothing there can be frozen, and no disk waited for. */
export const isPseudo = (mount: Mount) => PSEUDO.test(mount.fsType);
export const isNetwork = (mount: Mount) => NETWORK.test(mount.fsType);

export function mountOfFd(process: ProcessEvidence, fd: number): Mount | undefined {
  return process.mount(process.fdinfo(fd)?.mntId);
}

/** The mount that a path lies on, by the longest mount point before it; of several at one point the last mounted. */
export function mountOfPath(process: ProcessEvidence, path: string): Mount | undefined {
  return longestPrefix(process.mounts, path);
}

/** The same in our own mount namespace: for paths that the kernel tells without a process (a loop device's file). */
export function mountOfHostPath(evidence: Evidence, path: string): Mount | undefined {
  return longestPrefix(hostMounts(evidence), path);
}

/** The mounts of our own mount namespace. */
export const hostMounts = (evidence: Evidence): readonly Mount[] =>
  evidence.world.parsed('/proc/self/mountinfo', parseMountinfo) ?? [];

/** Where a file system of another mount namespace is reached from ours, if it is. */
export function hostMountPoint(evidence: Evidence, { major, minor, mountPoint }: Mount): string | undefined {
  const same = hostMounts(evidence).filter((mount) => mount.major === major && mount.minor === minor);
  return (same.find((mount) => mount.mountPoint === mountPoint) ?? same[0])?.mountPoint;
}

function longestPrefix(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const point = mount.mountPoint === '/' ? '/' : `${mount.mountPoint}/`;
    if (path !== mount.mountPoint && !path.startsWith(point)) continue;
    if (best === undefined || mount.mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best;
}

export function mountNode(mount: Mount): Node {
  const name = `${mount.fsType} on ${mount.mountPoint}`;
  return thing('mount', `${mount.major}:${mount.minor}`, name);
}

export function mountFact(evidence: Evidence, process: ProcessEvidence, mount: Mount): Fact[] {
  return lineFact(evidence, process.mountinfoPath, `${mount.id} `);
}
