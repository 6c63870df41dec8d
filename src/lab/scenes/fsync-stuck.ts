import { join } from 'node:path';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { dyingDisk, mountExt4 } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fsync-stuck',
  title: 'fsync waits for a disk that does not answer',
  story: `\
write() went well, since it only fills the page cache; fsync() then waits for the disk: D in folio_wait_writeback,
and SIGKILL does not end it. Databases and package managers hang this way while all else looks fine.
Here ext4 lies on a loop device, that on a FUSE mount, and the server of that mount is stopped.
To learn: neither jbd2 nor a kworker needs to be in D; the chain is file, mount, device and what serves it.`,
  needs: ['root', 'gcc', 'fuse', 'loop'],
  async setUp(lab) {
    const disk = await dyingDisk(lab);
    const mount = await mountExt4(lab, disk.device);
    const { pids } = await play(lab, 'files', ['fsync', join(mount, 'data')], ['writer']);
    await disk.die();
    process.kill(pids.writer, 'SIGUSR1');
    await stuckIn(lab, pids.writer, 'D', /wait.*writeback|file_write_and_wait_range/);
    return [
      { role: 'writer', pid: pids.writer, cause: 'd-block-io', culprit: disk.daemon },
      { role: 'daemon', pid: disk.daemon, cause: 'stopped' },
    ];
  },
};
