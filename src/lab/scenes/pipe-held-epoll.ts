import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-held-epoll',
  title: 'An event loop waits for the end of a pipe that a grandchild holds',
  story: `\
The same as pipe-held-by-grandchild, in the way of Go and other runtimes: nobody is in read(), the pipe is
in an epoll set, and the thread sleeps in epoll_wait like any idle server.
The fdinfo of the epoll descriptor lists the pipe as \`tfd:\`; its only writer is no child of the reader.
To learn: an idle event loop may wait for an end of file that cannot come; ask who else holds the pipe.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['held-epoll'], ['reader', 'holder']);
    await settled(lab, pids.reader, 'S');
    await settled(lab, pids.holder, 'S');
    return [
      { role: 'reader', pid: pids.reader, cause: 'pipe-held', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null, alsoOk: ['orphan-adopted', 'fd-inherited'] },
    ];
  },
};
