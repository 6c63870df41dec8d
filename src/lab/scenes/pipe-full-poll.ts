import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-full-poll',
  title: 'An event loop waits for room in a full pipe',
  story: `\
Node, asyncio and the like never block in write(2): they poll until the pipe takes more.
\`ps\` shows S and poll_schedule_timeout, like the idlest of all programs.
But who polls for room and sleeps has none: the reader does not read.
To learn: look at what is polled for (POLLOUT in its memory, or \`events: 4\` in the fdinfo of an epoll).`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['full-poll'], ['reader', 'writer']);
    await settled(lab, pids.reader, 'S');
    await settled(lab, pids.writer, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'pipe-full', culprit: pids.reader },
      { role: 'reader', pid: pids.reader, cause: null },
    ];
  },
};
