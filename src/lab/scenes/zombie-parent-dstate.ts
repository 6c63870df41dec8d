import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'zombie-parent-dstate',
  title: 'A zombie whose parent is in D, and so cannot wait',
  story: `\
The parent has a dead child, but is itself stuck: it called vfork, and that second child neither execs nor exits.
\`ps\` shows Z for the first child, D for the parent, S for the second child.
To learn: the chain goes zombie, parent, vfork child; the last one is to blame.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['blocked-parent'], ['zombie', 'parent', 'child']);
    await settled(lab, pids.parent, 'D');
    await zombieFor(lab, pids.zombie);
    return [
      { role: 'zombie', pid: pids.zombie, cause: 'zombie-parent-dstate', culprit: pids.child },
      { role: 'parent', pid: pids.parent, cause: 'd-vfork-wait', culprit: pids.child },
      { role: 'child', pid: pids.child, cause: null },
    ];
  },
};
