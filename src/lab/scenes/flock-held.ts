import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'flock-held',
  title: 'A program waits for a file lock (flock) that another one holds',
  story: `\
One process took the lock on a file and sleeps; another one wants the same lock and waits without a limit.
\`ps\` shows two processes in S; the syscall of the waiter is flock, with the descriptor of the file.
/proc/locks has the holder (FLOCK ADVISORY WRITE) and, below it with \`->\`, the one who waits.
To learn: the holder's wait is the question, not the waiter's.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['flock', `${lab.dir}/lock`], ['holder', 'waiter']);
    await settled(lab, pids.waiter, 'S');
    await settled(lab, pids.holder, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null },
    ];
  },
};
