import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'file-lock-deadlock',
  title: 'Two processes hold one lock each and want the other’s',
  story: `\
Each took its lock first and then wanted the one that the other has: flock has no deadlock detection (EDEADLK is for
POSIX locks alone). \`ps\` shows two processes in S, /proc/locks two holders and two waiters.
To learn: take locks in one order everywhere. One of the two has to end.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['deadlock', `${lab.dir}/lock`], ['first', 'second']);
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'first', pid: pids.first, cause: 'file-lock', culprit: pids.second },
      { role: 'second', pid: pids.second, cause: 'file-lock', culprit: pids.first },
    ];
  },
};
