import { tasksOf } from '../peek.ts';
import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'semaphore-deadlock',
  title: 'Two threads wait for each other’s semaphore, and nothing says who holds which',
  story: `\
As a deadlock of two mutexes, with semaphores in their place (locks of Python and of many runtimes are made so).
A semaphore has no owner: in memory there is a number, and who took it is nowhere. ps shows S, as of any idle program.
But both threads sleep in futexes of this process alone, and without a limit: no thread is left that could wake them.
To learn: that is worth a note, and no more: a program that sleeps until SIGTERM comes looks the same.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['semaphores'], ['process']);
    const tids = await lab.until('two threads', () => {
      const all = tasksOf(pids.process);
      return all.length === 2 && all;
    });
    await threadsAsleep(lab, pids.process, tids);
    return [{ role: 'process', pid: pids.process, cause: 'futex-deadlock', idle: 'idle-futex' }];
  },
};
