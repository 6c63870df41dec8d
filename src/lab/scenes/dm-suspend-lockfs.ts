import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { mapperDevice, mountExt4 } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'dm-suspend-lockfs',
  title: 'A writer waits for a frozen file system, since the device below it is suspended',
  story: `\
\`dmsetup suspend\` freezes the file system on the device first, unless told not to. Its writers then look just as
with fsfreeze (D in percpu_rwsem_wait under vfs_write), and yet \`fsfreeze -u\` would not be the whole cure.
Readers of what is not in the page cache look like those of a dead disk.
To learn: look whether the device of a frozen mount is suspended: \`dmsetup resume NAME\` frees both.`,
  needs: ['root', 'gcc', 'loop', 'device-mapper'],
  async setUp(lab) {
    const disk = await mapperDevice(lab);
    const mount = await mountExt4(lab, disk.path);
    const { pids } = await play(lab, 'files', ['append', join(mount, 'log')], ['writer']);
    await lab.run('dmsetup', ['suspend', disk.name]);
    await stuckIn(lab, pids.writer, 'D', /percpu_rwsem_wait|percpu_down_read/);
    return [{ role: 'writer', pid: pids.writer, cause: 'd-block-io', culpritKind: 'device' }];
  },
};
