import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'vfork-short-loop',
  title: 'Healthy: a program that starts many short children with vfork',
  story: `\
A shell-like program vforks, the child execs, the parent waits, over and over. Each time it is in D (kernel_clone)
for a fraction of a millisecond, and a look that hits one of those sees the same as of a hung vfork.
To learn: it is another child each time, and the context switches grow.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'vfork', ['again-and-again'], ['parent']);
    await lab.until('a child', () => lab.children(pids.parent).length > 0);
    return [{ role: 'parent', pid: pids.parent, cause: null }];
  },
};
