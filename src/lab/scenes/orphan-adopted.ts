import { parentOf, play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'orphan-adopted',
  title: 'A process has lost its parent and was adopted',
  story: `\
The parent ended first; the kernel gave the child to PID 1, to a subreaper, or to its namespace's init.
\`ps\` shows a PPid which never started this process. It runs on, nothing is wrong by that alone.
To learn: an orphan is no zombie; but it may still hold pipes, locks and ports of those who are gone.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['orphan'], ['orphan']);
    await settled(lab, pids.orphan, 'S');
    const adopter = parentOf(pids.orphan);
    return [{ role: 'orphan', pid: pids.orphan, cause: 'orphan-adopted', culprit: adopter }];
  },
};
