import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-lifeline',
  title: 'A thread reads a pipe that its parent keeps open for life: nothing is wrong',
  story: `\
A worker has a thread that does nothing but read such a pipe: it learns so when the parent ends.
The parent waits for the worker. It looks like a circle, but the worker has other threads, which do its work.
To learn: a wait that is never over can be meant so; what counts is whether anybody is free to act.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['lifeline'], ['parent', 'worker']);
    await settled(lab, pids.parent, 'S');
    await settled(lab, pids.worker, 'S');
    return [
      { role: 'parent', pid: pids.parent, cause: null },
      { role: 'worker', pid: pids.worker, cause: null },
    ];
  },
};
