import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'zombie-held-by-tracer',
  title: 'A dead child is hidden from its waiting parent by a third-party tracer',
  story: `\
The child has exited; its parent sits in wait4 for exactly this child, and does not get it.
\`ps\` shows a zombie, and the parent seems to be at fault. But TracerPid of the zombie is not 0 and not its
parent: the kernel withholds the exit until that tracer waits for it, detaches or ends.
To learn: a zombie with a foreign TracerPid is the tracer's; ending the tracer frees child and parent at once.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['zombie-held'], ['parent', 'child', 'tracer']);
    await zombieFor(lab, pids.child);
    await settled(lab, pids.parent, 'S');
    return [
      { role: 'child', pid: pids.child, cause: 'ptrace-zombie-held', culprit: pids.tracer },
      { role: 'parent', pid: pids.parent, cause: 'ptrace-zombie-held', culprit: pids.tracer },
    ];
  },
};
