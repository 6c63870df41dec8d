import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'zombie-parent-stopped',
  title: 'A zombie whose parent is stopped, and so cannot wait',
  story: `\
The child is dead; its parent was stopped (Ctrl+Z, SIGSTOP) before it could wait for it.
\`ps\` shows Z for the child and T for the parent.
To learn: look at the parent's state before blaming its code; \`kill -CONT\` the parent.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['sleeping-parent'], ['zombie', 'parent']);
    process.kill(pids.parent, 'SIGSTOP');
    await settled(lab, pids.parent, 'T');
    await zombieFor(lab, pids.zombie);
    return [
      { role: 'zombie', pid: pids.zombie, cause: 'zombie-parent-stopped', culprit: pids.parent },
      { role: 'parent', pid: pids.parent, cause: 'stopped' },
    ];
  },
};
