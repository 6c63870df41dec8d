import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'futex-shared',
  title: 'A process waits for a mutex in shared memory that another process holds',
  story: `\
The mutex lies in memory which two processes share (a database, a ring buffer); the other one took it and sleeps.
The futex call lacks the PRIVATE flag; the owner's TID in the mutex is no thread of the waiter.
To learn: a lock may be in another process; look for that TID in all of /proc.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['shared'], ['owner', 'waiter']);
    await settled(lab, pids.waiter, 'S');
    await settled(lab, pids.owner, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'futex-held', culprit: pids.owner },
      { role: 'owner', pid: pids.owner, cause: null },
    ];
  },
};
