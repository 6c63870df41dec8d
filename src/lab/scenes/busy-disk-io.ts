import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { loopDevice, sparseFile } from '../storage.ts';

export const scene: Scene = {
  name: 'busy-disk-io',
  title: 'Healthy: in D whenever one looks, since it reads from a disk all the time',
  story: `\
The program reads a disk with O_DIRECT, block after block. \`ps\` shows D in many a look, wchan submit_bio_wait, just
as of a process on a dead disk.
But its context switches and its bytes grow from look to look.
To learn: one look at a D proves nothing; two looks that show progress prove health.`,
  needs: ['root', 'gcc', 'loop'],
  async setUp(lab) {
    const device = await loopDevice(lab, sparseFile(lab, 'disk'));
    const { pids } = await play(lab, 'files', ['read-direct-for-ever', device], ['reader']);
    await lab.until('a look that finds D', () => lab.state(pids.reader) === 'D');
    return [{ role: 'reader', pid: pids.reader, cause: null }];
  },
};
