import type { Evidence } from '../../evidence/evidence.ts';
import { links } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { parseMountinfo } from '../../procfs/mountinfo.ts';
import { lineFact } from '../facts.ts';
import type { Fact } from '../graph.ts';

/** A cgroup whose `io.max` limits a device. */
export interface IoLimit {
  /** The cgroup as a directory of the cgroup file system. */
  readonly cgroup: string;
  /** `MAJ:MIN` of the limited disk. */
  readonly disk: string;
  readonly facts: readonly Fact[];
}

/**
 * The limit on a device's I/O that a process is under: of its own cgroup (v2), or of the nearest ancestor that sets one
 * (Documentation/admin-guide/cgroup-v2.rst, io.max). Requests over the limit wait before the device counts them.
 */
export function ioLimit(evidence: Evidence, process: ProcessEvidence, device: string): IoLimit | undefined {
  const path = process.cgroups.find(({ hierarchy }) => hierarchy === 0)?.path;
  const mounts = evidence.world.parsed('/proc/self/mountinfo', parseMountinfo) ?? [];
  const root = mounts.find(({ fsType }) => fsType === 'cgroup2')?.mountPoint;
  const disk = diskNumber(evidence, device);
  if (path === undefined || root === undefined || disk === undefined) return undefined;
  for (let at = path; at !== '' && at !== '/'; at = at.slice(0, at.lastIndexOf('/'))) {
    const facts = lineFact(evidence, `${root}${at}/io.max`, `${disk} `, 'limits the I/O to this device');
    if (facts.length > 0) return { cgroup: `${root}${at}`, disk, facts };
  }
  return undefined;
}

/** `MAJ:MIN` of a disk, or of the disk that a partition is on: limits are set on whole disks. */
function diskNumber(evidence: Evidence, device: string): string | undefined {
  const devices = evidence.world.parsed(links('/sys/dev/block'), parseFdLinks) ?? [];
  const own = devices.find(({ target }) => target.endsWith(`/${device}`))?.target;
  const disk = own?.replace(/(\/block\/[^/]+)\/[^/]+$/, '$1');
  return devices.find(({ target }) => target === disk)?.name;
}
