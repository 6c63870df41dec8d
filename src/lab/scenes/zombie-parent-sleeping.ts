import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'zombie-parent-sleeping',
  title: 'A zombie, and a parent that lives and never waits',
  story: `\
The child exited with 7 a while ago. Its parent sleeps somewhere else and never calls wait().
\`ps\` shows Z and <defunct>. kill -9 of the zombie does nothing: it is dead already.
To learn: a zombie is the parent's fault; it goes when the parent waits or ends.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['sleeping-parent'], ['zombie', 'parent']);
    await zombieFor(lab, pids.zombie);
    await settled(lab, pids.parent, 'S');
    return [
      { role: 'zombie', pid: pids.zombie, cause: 'zombie-parent-not-waiting', culprit: pids.parent },
      { role: 'parent', pid: pids.parent, cause: 'zombie-parent-not-waiting', culprit: pids.parent },
    ];
  },
};
