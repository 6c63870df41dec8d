import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-timed-idle',
  title: 'Threads wait with a limit for a condition and a semaphore: nothing is wrong',
  story: `\
One thread is in pthread_cond_timedwait, one in sem_timedwait; nobody owns what they wait for.
The system call is that of a timed mutex; only the memory behind the word tells them apart.
To learn: most futex sleeps are idle; without an owner there is nobody to blame.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['timed-idle'], ['process', 'sleeper']);
    await settled(lab, pids.process, 'S');
    await settled(lab, pids.process, 'S', pids.sleeper);
    return [{ role: 'process', pid: pids.process, cause: null, idle: 'idle-futex' }];
  },
};
