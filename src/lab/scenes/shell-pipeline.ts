import { nameOf, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'shell-pipeline',
  title: 'A pipeline waits for its slow first command: nothing is wrong',
  story: `\
\`sleep 100 | cat\`: cat reads a pipe whose writer is not its child but its sibling, and says nothing yet.
To learn: a pipe whose writer lives and is at work is what pipelines are made of; this is not pipe-held.`,
  needs: [],
  async setUp(lab) {
    const shell = await lab.start('sh', ['-c', 'sleep 100 | cat']);
    const command = (name: string) =>
      lab.until(name, () => lab.children(shell.pid).find((pid) => nameOf(pid) === name));
    const sleep = await command('sleep');
    const cat = await command('cat');
    for (const pid of [sleep, cat]) lab.owns(pid);
    for (const pid of [shell.pid, sleep, cat]) await settled(lab, pid, 'S');
    return [
      { role: 'cat', pid: cat, cause: null, idle: 'idle-read' },
      { role: 'sleep', pid: sleep, cause: null, idle: 'idle-timer' },
      { role: 'shell', pid: shell.pid, cause: null, idle: 'idle-wait-child' },
    ];
  },
};
