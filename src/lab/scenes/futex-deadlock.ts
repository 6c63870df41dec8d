import { play, threadsAsleep } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-deadlock',
  title: 'Two threads wait for each other: each holds the mutex that the other wants',
  story: `\
Thread A locked the first mutex and wants the second, thread B the other way round (ABBA).
All threads are in futex(), as the threads of any idle program are; ps and top show nothing.
The word after the lock in a glibc mutex is the owner's TID: with it the cycle closes.
To learn: take locks in one order everywhere. Nothing but ending the process helps now.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['deadlock'], ['process', 'thread-a', 'thread-b']);
    await threadsAsleep(lab, pids.process, Object.values(pids));
    return [{ role: 'process', pid: pids.process, cause: 'futex-deadlock', culprit: pids.process }];
  },
};
