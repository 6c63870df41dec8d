import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-dead-owner',
  title: 'A mutex was locked by a thread that has ended',
  story: `\
A thread took a mutex and returned without unlocking it. The next one to lock it waits for ever.
The owner in the mutex is a TID that is no longer in /proc/PID/task.
To learn: a lock must be given back on every path; a robust mutex (PTHREAD_MUTEX_ROBUST) would say EOWNERDEAD.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['dead-owner'], ['process', 'owner']);
    await lab.until('the owner to be gone', () => lab.state(pids.process, pids.owner) === '');
    await settled(lab, pids.process, 'S');
    return [{ role: 'process', pid: pids.process, cause: 'futex-dead-owner', culprit: pids.process }];
  },
};
