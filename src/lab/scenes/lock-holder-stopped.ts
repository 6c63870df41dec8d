import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'lock-holder-stopped',
  title: 'A program waits for a file lock whose holder was stopped',
  story: `\
The holder of a flock was stopped with SIGSTOP; the waiter waits on, in an ordinary flock().
\`ps\` shows S for the waiter and T for the holder; what binds them is in /proc/locks only.
To learn: waiter, lock, holder, stop: \`kill -CONT\` the holder, and the queue moves.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['flock', `${lab.dir}/lock`], ['holder', 'waiter']);
    await settled(lab, pids.waiter, 'S');
    process.kill(pids.holder, 'SIGSTOP');
    await settled(lab, pids.holder, 'T');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: 'stopped' },
    ];
  },
};
