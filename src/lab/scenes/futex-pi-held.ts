import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-pi-held',
  title: 'A thread waits for a priority-inheriting mutex whose owner sleeps',
  story: `\
One thread holds the priority-inheriting mutex and does something slow (here it just sleeps); another one waits for it.
\`ps\` shows one process in S. Only the threads tell: one in futex(), one in nanosleep.
The futex word itself is the TID of the owner (FUTEX_LOCK_PI); the kernel knows it.
To learn: ask the owner what it waits for, while it holds the lock.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['pi-held'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-held', culprit: pids.process }];
  },
};
