import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'leader-dead-live-threads',
  title: 'Looks like a zombie, but its other threads live',
  story: `\
main() called pthread_exit while another thread works on. \`ps\` shows Z and <defunct>, and the parent seems to blame.
status says \`Threads: 2\`; /proc/PID/task/TID of the other thread is alive, with descriptors and all.
To learn: a zombie leader with live threads is not to be reaped; look at task/ before the parent.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['leader-exits'], ['process', 'thread']);
    await settled(lab, pids.process, 'Z');
    await settled(lab, pids.process, 'S', pids.thread);
    return [{ role: 'process', pid: pids.process, cause: 'zombie-leader-live-threads' }];
  },
};
