import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FuseMount, mountFuse } from './fuse.ts';
import { settled } from './play.ts';
import type { Lab } from './scene.ts';

const DISK_BYTES = 64 << 20;

/** Makes a sparse file in the lab's directory. */
export function sparseFile(lab: Lab, name: string): string {
  const path = join(lab.dir, name);
  const fd = openSync(path, 'wx', 0o600);
  ftruncateSync(fd, DISK_BYTES);
  closeSync(fd);
  return path;
}

/**
 * Makes a file whose blocks are all there. A loop device charges what it writes to the cgroup of whoever wrote, and on a
 * tmpfs a block that is not there yet would be memory that a limited cgroup does not have.
 */
export function fullFile(lab: Lab, name: string): string {
  const path = join(lab.dir, name);
  writeFileSync(path, Buffer.alloc(DISK_BYTES), { flag: 'wx', mode: 0o600 });
  return path;
}

/** A loop device on a file; returns its path in /dev. */
export async function loopDevice(lab: Lab, file: string): Promise<string> {
  // By file, and before it exists: a lab killed between losetup and here would leave it behind.
  lab.undo(`losetup -n -O NAME -j ${file} | while read -r each; do losetup -d "$each"; done`);
  const device = (await lab.run('losetup', ['--find', '--show', file])).trim();
  lab.undo(`losetup -d ${device}`);
  return device;
}

/** A fresh ext4 on a device or file, mounted in the lab's directory; returns the mount point. */
export async function mountExt4(lab: Lab, device: string): Promise<string> {
  const mount = join(lab.dir, 'ext4');
  mkdirSync(mount);
  await lab.run('mkfs.ext4', ['-q', '-F', '-E', 'nodiscard,lazy_itable_init=0', device]);
  lab.undo(`umount ${mount} || umount -l ${mount}`);
  await lab.run('mount', ['-t', 'ext4', '-o', 'errors=continue', device, mount]);
  return mount;
}

/** A disk that will die: a loop device on the file of a FUSE mount. */
export interface DyingDisk extends FuseMount {
  device: string;
  /** Stops the FUSE server: no request to the disk comes back any more. */
  die(): Promise<void>;
}

/** The stack device → loop file → FUSE mount → server, healthy until `die()`. */
export async function dyingDisk(lab: Lab): Promise<DyingDisk> {
  const fuse = await mountFuse(lab, { backing: sparseFile(lab, 'backing') });
  const device = await loopDevice(lab, fuse.file);
  return {
    ...fuse,
    device,
    async die() {
      process.kill(fuse.daemon, 'SIGSTOP');
      await settled(lab, fuse.daemon, 'T');
    },
  };
}

/** A device mapper device, linear on a loop device; returns its name for dmsetup and its path. It is resumed at the clean-up. */
export async function mapperDevice(lab: Lab): Promise<{ name: string; path: string }> {
  const below = await loopDevice(lab, sparseFile(lab, 'disk'));
  const name = `procdiag-${basename(lab.dir)}`;
  const sectors = (await lab.run('blockdev', ['--getsz', below])).trim();
  lab.undo(`dmsetup remove ${name}`);
  await lab.run('dmsetup', ['create', name, '--table', `0 ${sectors} linear ${below} 0`]);
  lab.release(`dmsetup resume ${name}`);
  return { name, path: join('/dev/mapper', name) };
}
