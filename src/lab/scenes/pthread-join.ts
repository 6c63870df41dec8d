import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pthread-join',
  title: 'A thread waits for the end of another thread: nothing is wrong',
  story: `\
main() is in pthread_join, the worker sleeps until there is work. Most threaded programs look like this.
The join is a futex wait whose value is the TID of the worker; no lock is involved.
To learn: a futex wait is not a deadlock.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'futexes', ['join'], ['process', 'napper']);
    await settled(lab, pids.process, 'S');
    await settled(lab, pids.process, 'S', pids.napper);
    return [{ role: 'process', pid: pids.process, cause: null }];
  },
};
