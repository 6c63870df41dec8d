import { join } from 'node:path';
import { mountFuse, silentDaemon } from '../fuse.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'dir-lock',
  title: 'mkdir in D: the directory is locked by one that waits for a FUSE server',
  story: `\
One process looks up a name in a directory of a FUSE mount (S, request_wait_answer); it holds the directory's lock.
Another wants to make a directory there and needs the same lock: D in filename_create, and SIGKILL does not end it.
\`ps\` shows D for the second alone: the one that shows is the victim.
To learn: the kernel log's "blocked on an rw-semaphore likely owned by" names the first; the server is to blame.`,
  needs: ['root', 'gcc', 'fuse'],
  async setUp(lab) {
    const { mount, daemon } = await mountFuse(lab, { stall: ['lookup'] });
    const looker = (await play(lab, 'files', ['look', join(mount, 'slow')], ['looker'])).pids.looker;
    await stuckIn(lab, looker, 'S', /request_wait_answer/);
    const maker = (await play(lab, 'files', ['mkdir', join(mount, 'new')], ['maker'])).pids.maker;
    await stuckIn(lab, maker, 'D', /filename_create/);
    return [
      { role: 'maker', pid: maker, cause: 'd-lock-contention', alsoOk: ['fuse-wait'], culprit: daemon },
      { role: 'looker', pid: looker, cause: 'fuse-wait', culprit: daemon },
      silentDaemon(daemon),
    ];
  },
};
