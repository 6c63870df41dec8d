import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { mapperDevice, mountExt4 } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'dm-suspend',
  title: 'fsync waits for a device mapper device that was suspended and never resumed',
  story: `\
LVM, multipath and snapshots suspend a device (\`dmsetup suspend\`) while they change it; a tool that dies in between
leaves it suspended. All I/O to it waits: the writer is in D in folio_wait_writeback, as with a dead disk.
The disk below is healthy and idle, the kernel log says nothing but "blocked for more than 120 seconds".
To learn: /sys/block/dm-N/dm/suspended says 1, and \`dmsetup resume NAME\` sets all waiters free.`,
  needs: ['root', 'gcc', 'loop', 'device-mapper'],
  async setUp(lab) {
    const disk = await mapperDevice(lab);
    const mount = await mountExt4(lab, disk.path);
    const { pids } = await play(lab, 'files', ['fsync', join(mount, 'data')], ['writer']);
    await lab.run('dmsetup', ['suspend', '--nolockfs', '--noflush', disk.name]);
    process.kill(pids.writer, 'SIGUSR1');
    await stuckIn(lab, pids.writer, 'D', /wait.*writeback|file_write_and_wait_range/);
    return [{ role: 'writer', pid: pids.writer, cause: 'd-block-io', culpritKind: 'device' }];
  },
};
