import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'vfork-wait',
  title: 'A parent in D: its vfork child neither execs nor exits',
  story: `\
The parent called vfork() and the kernel suspends it until the child has called execve or has exited.
The child sleeps before its exec. \`ps\` shows D for the parent (wchan kernel_clone) and S for the child.
No disk is involved, and this D can be killed. posix_spawn, Go and Python start their children this way.
To learn: look at the child and at what the child waits for, never at the parent.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'vfork', ['slow-child'], ['parent', 'child']);
    await settled(lab, pids.parent, 'D');
    return [
      { role: 'parent', pid: pids.parent, cause: 'd-vfork-wait', culprit: pids.child },
      { role: 'child', pid: pids.child, cause: null },
    ];
  },
};
