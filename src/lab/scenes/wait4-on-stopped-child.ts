import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'wait4-on-stopped-child',
  title: 'A parent in wait4 waits for a child that is stopped, not dead',
  story: `\
The parent waits for the end of its child, and the child was stopped with SIGSTOP.
\`ps\` shows the parent in S (do_wait), an ordinary wait, and the child in T.
To the parent nothing has happened: without WUNTRACED, wait4 reports only the end of a child.
To learn: look at the child before the parent; \`kill -CONT\` the child and both go on.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'waits', ['wait4'], ['parent', 'child']);
    process.kill(pids.child, 'SIGSTOP');
    await settled(lab, pids.child, 'T');
    await settled(lab, pids.parent, 'S');
    return [
      { role: 'parent', pid: pids.parent, cause: 'wait-on-stopped-child', culprit: pids.child },
      { role: 'child', pid: pids.child, cause: 'stopped' },
    ];
  },
};
