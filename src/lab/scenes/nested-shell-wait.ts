import { nameOf, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'nested-shell-wait',
  title: 'A shell waits for the command that it runs: nothing is wrong',
  story: `\
A script within a script runs a long command. Each shell is in wait4, the last one sleeps.
To learn: a parent in wait4 on a healthy child is not hung; look at the child.`,
  needs: [],
  async setUp(lab) {
    const outer = await lab.start('sh', ['-c', 'sh -c "sleep 100; true"; true']);
    const inner = await lab.until('the inner shell', () => lab.children(outer.pid)[0]);
    lab.owns(inner);
    const sleep = await lab.until('the command', () =>
      lab.children(inner).find((pid) => nameOf(pid) === 'sleep'),
    );
    lab.owns(sleep);
    for (const pid of [outer.pid, inner, sleep]) await settled(lab, pid, 'S');
    return [
      { role: 'outer', pid: outer.pid, cause: null, idle: 'idle-wait-child' },
      { role: 'inner', pid: inner, cause: null, idle: 'idle-wait-child' },
      { role: 'sleep', pid: sleep, cause: null, idle: 'idle-timer' },
    ];
  },
};
