import { mountFuse } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'fuse-healthy',
  title: 'Healthy: a FUSE server that answers, and its client',
  story: `\
A client reads from a FUSE mount fifty times a second, and the server answers each time.
Between two requests the server sleeps in fuse_dev_do_read, as each idle server does (and as a server which forgot
a request does); the client may be found in request_wait_answer for a moment.
To learn: the wait is only a trouble when the same request lasts.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { file, daemon } = await mountFuse(lab, { direct: true });
    const { pids } = await play(lab, 'files', ['read-now-and-then', file], ['reader']);
    await lab.until('the reader at work', () => lab.frames(pids.reader).includes('nanosleep'));
    await stuckIn(lab, daemon, 'S', /fuse_dev_do_read/);
    return [
      { role: 'reader', pid: pids.reader, cause: null },
      { role: 'daemon', pid: daemon, cause: null },
    ];
  },
};
