import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'vfork-pipe',
  title: 'A vfork child writes into a pipe that only its suspended parent could read',
  story: `\
Between vfork and exec the child reports an error, or prints too much, into a pipe to its parent.
The parent is suspended until the child has executed a program: it cannot read. The child waits for room.
\`ps\` shows the parent in D, and the child in S in a write: a circle of two.
To learn: do nothing between vfork and exec that may wait.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'vfork', ['writing-child'], ['parent', 'child']);
    await settled(lab, pids.parent, 'D');
    await settled(lab, pids.child, 'S');
    return [{ role: 'parent', pid: pids.parent, cause: 'd-vfork-wait', culprit: pids.child }];
  },
};
