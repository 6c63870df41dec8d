import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import type { WaitContext } from '../wait.ts';
import { looksStuck } from './fuse-daemon.ts';
import { isFuse } from './mount.ts';

/**
 * FUSE mounts that a process may wait for, when its call does not tell which: those it can see, the stuck ones if any is.
 * @param elsewhere its call names a path that lies on none of them: then those that were unmounted lazily come first
 */
export function suspects(
  { evidence, process }: Pick<WaitContext, 'evidence' | 'process'>,
  elsewhere = false,
): readonly Mount[] {
  const detached = detachedMounts(evidence, process);
  if (elsewhere && detached.length > 0) return detached;
  const mounts = [...process.mounts.filter(isFuse), ...detached];
  const stuck = mounts.filter((mount) => looksStuck(evidence, mount));
  return (stuck.length > 0 ? stuck : mounts).slice(0, 8);
}

/** Is there no other FUSE mount that it could be? That the others look healthy proves little. */
export function isOnly(process: ProcessEvidence, candidates: readonly Mount[]): boolean {
  return candidates.length === 1 && process.mounts.filter(isFuse).length <= 1;
}

/** Connections of daemons that no mount shows any more (`umount -l` hides the mount and frees nobody); from 6.16 on. */
function detachedMounts(evidence: Evidence, process: ProcessEvidence): Mount[] {
  const found = new Map<number, Mount>();
  for (const { pid, fd } of evidence.host.holders('/dev/fuse')) {
    const daemon = evidence.process(pid);
    const minor = daemon?.fdinfo(fd)?.fuseConnection;
    if (daemon === undefined || minor === undefined) continue;
    const shown = [...process.mounts, ...daemon.mounts].some(
      (mount) => isFuse(mount) && mount.minor === minor,
    );
    if (!shown) found.set(minor, detachedMount(minor));
  }
  return [...found.values()];
}

function detachedMount(minor: number): Mount {
  return {
    id: -minor,
    parentId: 0,
    major: 0,
    minor,
    root: '/',
    mountPoint: `(unmounted lazily, connection ${minor})`,
    options: [],
    propagation: [],
    fsType: 'fuse',
    source: '',
    superOptions: [],
  };
}
