import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { dyingDisk } from '../storage.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'block-io-loop-fuse',
  title: 'A direct read of a disk that does not answer, since the server behind it is stopped',
  story: `\
The program reads a block device with O_DIRECT: D in submit_bio_wait, and SIGKILL does not end it.
The device is a loop device; its file lies on a FUSE mount; the server of that mount was stopped with SIGSTOP.
\`ps\` shows D for the reader (and for a kworker of the loop device), T for the server far away.
To learn: follow device, backing file, mount and connection down to the one that does not work.`,
  needs: ['root', 'gcc', 'fuse', 'loop'],
  async setUp(lab) {
    const disk = await dyingDisk(lab);
    await disk.die();
    const { pids } = await play(lab, 'files', ['read-direct', disk.device], ['reader']);
    await stuckIn(lab, pids.reader, 'D', /submit_bio_wait|bio_await|__blkdev_direct_IO/);
    return [
      { role: 'reader', pid: pids.reader, cause: 'd-block-io', culprit: disk.daemon },
      { role: 'daemon', pid: disk.daemon, cause: 'stopped' },
    ];
  },
};
