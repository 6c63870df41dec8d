import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-held',
  title: 'A thread waits for a mutex whose owner sleeps',
  story: `\
One thread holds the mutex and does something slow (here it just sleeps); another one waits for it.
\`ps\` shows one process in S. Only the threads tell: one in futex(), one in nanosleep.
The owner is the second word of the glibc mutex: the TID of the sleeping thread.
To learn: ask the owner what it waits for, while it holds the lock.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['held'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-held', culprit: pids.process }];
  },
};
