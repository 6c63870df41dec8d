import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'zombie-churn',
  title: 'Children come and go, and each is waited for: nothing is wrong',
  story: `\
A build or a shell script starts hundreds of short children a second. Nearly every look finds a zombie.
Each lives for a moment only, between its exit and its parent's wait.
To learn: a zombie counts when the same one is still there two seconds later.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['churn'], ['parent']);
    const first = await lab.until('a child', () => lab.children(pids.parent)[0]);
    await lab.until('another child', () => lab.children(pids.parent).some((pid) => pid !== first));
    return [{ role: 'parent', pid: pids.parent, cause: null }];
  },
};
