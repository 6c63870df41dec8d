import type { Evidence } from '../../evidence/evidence.ts';
import { links } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { lineFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { ancestors, cgroupMount, directory } from './cgroup-tree.ts';

/** A cgroup that limits the I/O to a device. */
export interface IoLimit {
  /** The cgroup as a directory of the cgroup file system. */
  readonly cgroup: string;
  /** Its file that has the limit. */
  readonly file: string;
  /** `MAJ:MIN` of the limited disk. */
  readonly disk: string;
  readonly facts: readonly Fact[];
}

/**
 * The limit on a device's I/O that a process is under: of its own cgroup (v2), or of the nearest ancestor that sets one
 * (Documentation/admin-guide/cgroup-v2.rst, io.max); in v1 of its own cgroup alone
 * (Documentation/admin-guide/cgroup-v1/blkio-controller.rst). Requests over the limit wait before the device counts them.
 * @param direction what the process does there: the limits of v1 are one file each
 */
export function ioLimit(
  evidence: Evidence,
  process: ProcessEvidence,
  device: string,
  direction: 'read' | 'write',
): IoLimit | undefined {
  const disk = diskNumber(evidence, device);
  if (disk === undefined) return undefined;
  for (const { cgroup, file } of candidates(evidence, process, direction)) {
    const facts = lineFact(evidence, `${cgroup}/${file}`, `${disk} `, 'limits the I/O to this device');
    if (facts.length > 0) return { cgroup, file, disk, facts };
  }
  return undefined;
}

/** The files that could limit it, the nearest first. */
function candidates(
  evidence: Evidence,
  process: ProcessEvidence,
  direction: 'read' | 'write',
): { cgroup: string; file: string }[] {
  const v2 = process.cgroups.find(({ hierarchy }) => hierarchy === 0)?.path;
  const v1 = process.cgroups.find(({ controllers }) => controllers.includes('blkio'))?.path;
  const [root, blkio] = [cgroupMount(evidence, 2, 'io'), cgroupMount(evidence, 1, 'blkio')];
  const files: { cgroup: string; file: string }[] = [];
  if (v2 !== undefined && root !== undefined)
    files.push(...ancestors(v2).map((path) => ({ cgroup: directory(root, path), file: 'io.max' })));
  if (v1 !== undefined && v1 !== '/' && blkio !== undefined) {
    const cgroup = directory(blkio, v1);
    for (const unit of ['bps', 'iops'])
      files.push({ cgroup, file: `blkio.throttle.${direction}_${unit}_device` });
  }
  return files;
}

/** `MAJ:MIN` of a disk, or of the disk that a partition is on: limits are set on whole disks. */
function diskNumber(evidence: Evidence, device: string): string | undefined {
  const devices = evidence.world.parsed(links('/sys/dev/block'), parseFdLinks) ?? [];
  const own = devices.find(({ target }) => target.endsWith(`/${device}`))?.target;
  const disk = own?.replace(/(\/block\/[^/]+)\/[^/]+$/, '$1');
  return devices.find(({ target }) => target === disk)?.name;
}
