import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-injected',
  title: 'A process was put into a PID namespace from outside, and is well',
  story: `\
\`nsenter -t INIT -p\` or \`docker exec\`: a process of the namespace whose parent is outside of it.
NSpid has two numbers; inside, its PPid reads 0. That looks strange, and is healthy: the parent waits as any parent does.
To learn: PPid 0 inside of a namespace is no hang and no leak.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['injected'], ['init', 'parent', 'injected']);
    for (const pid of Object.values(pids)) await settled(lab, pid, 'S');
    return [
      { role: 'injected', pid: pids.injected, cause: null },
      { role: 'parent', pid: pids.parent, cause: null, idle: 'idle-wait-child' },
      { role: 'init', pid: pids.init, cause: null },
    ];
  },
};
