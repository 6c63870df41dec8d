import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'rwlock-readers-held',
  title: 'A thread waits to write under a read-write lock that a sleeping reader holds',
  story: `\
One thread has the read-write lock for reading and sleeps; another one wants to write.
Readers are only counted in the lock: one of the other threads it is, and the lock does not say which.
To learn: look at all threads, and for the one that sleeps where it should not with the lock taken.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['being-read'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-held', culprit: pids.process }];
  },
};
