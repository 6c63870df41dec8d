import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-timed-held',
  title: 'A thread waits with a limit for a mutex whose owner sleeps',
  story: `\
One thread holds the mutex and does something slow; another one waits in pthread_mutex_clocklock, for two minutes at most.
\`ps\` shows one process in S, and the futex call looks like the timed sleep of any idle pool.
The third word of the mutex is the owner all the same: FUTEX_WAIT_BITSET with the value 2 is a lock, too.
To learn: a limit turns a hang into a slow failure; who holds the lock is still the question.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['timed-held'], ['process', 'owner']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-held', culprit: pids.process }];
  },
};
