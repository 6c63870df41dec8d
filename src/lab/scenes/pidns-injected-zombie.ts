import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-injected-zombie',
  title: 'A dead process of a PID namespace has a parent outside that never waits',
  story: `\
Somebody entered a container with nsenter, started a child in it, and never waited for that child.
The zombie is a member of the namespace (NSpid has two numbers), and its PPid is a process outside.
The namespace's init is innocent: it reaps, but this child is not given to it while the outside parent lives.
To learn: blame the PPid, not the container; the zombie goes when that parent waits or ends.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['injected-zombie'], ['init', 'parent', 'zombie']);
    await zombieFor(lab, pids.zombie);
    await settled(lab, pids.parent, 'S');
    return [
      { role: 'zombie', pid: pids.zombie, cause: 'zombie-parent-not-waiting', culprit: pids.parent },
      { role: 'parent', pid: pids.parent, cause: 'zombie-parent-not-waiting', culprit: pids.parent },
      { role: 'init', pid: pids.init, cause: null },
    ];
  },
};
