import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'subreaper-not-reaping',
  title: 'An adopter of orphans (subreaper) does not wait for them',
  story: `\
A process manager called PR_SET_CHILD_SUBREAPER: orphans below it are given to it and not to PID 1.
It waits only for the child that it started. The grandchild, adopted and dead, stays a zombie.
/proc has no flag for a subreaper: the zombie's PPid is simply a process that never started it.
To learn: who asks for orphans has to wait for any child (waitpid(-1)).`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['subreaper'], ['subreaper', 'zombie']);
    await zombieFor(lab, pids.zombie);
    await settled(lab, pids.subreaper, 'S');
    return [
      { role: 'zombie', pid: pids.zombie, cause: 'zombie-parent-not-waiting', culprit: pids.subreaper },
      { role: 'subreaper', pid: pids.subreaper, cause: 'zombie-parent-not-waiting', culprit: pids.subreaper },
    ];
  },
};
