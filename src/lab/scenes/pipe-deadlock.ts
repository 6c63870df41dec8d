import { allAsleep, play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pipe-deadlock',
  title: 'Two processes write into each other’s full pipe',
  story: `\
The feeder gives a filter (sort, gzip, a language server) all of its input first and reads the output afterwards.
The output fills its pipe, so the filter stops reading, so the input fills its own: both sleep in write.
To learn: read while you write (communicate(), poll, a thread), or let one side be a file.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['mutual'], ['feeder', 'filter']);
    await allAsleep(lab, Object.values(pids));
    return [
      { role: 'feeder', pid: pids.feeder, cause: 'pipe-full', culprit: pids.filter },
      { role: 'filter', pid: pids.filter, cause: 'pipe-full', culprit: pids.feeder },
    ];
  },
};
