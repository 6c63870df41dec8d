import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigttou',
  title: 'A background job was stopped because it wanted to print to its terminal',
  story: `\
A job in the background prints to its terminal (with \`stty tostop\`; else background output is let through).
The terminal driver answers with SIGTTOU: the whole job is stopped. \`ps\` shows T, and tpgid is not its pgrp.
Field 52 of stat is 22; the syscall is still the write of the terminal.
To learn: \`fg\`, or start it with its output in a file; SIGCONT alone stops it again at once.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['background-write'], ['terminal', 'shell', 'job']);
    await settled(lab, pids.job, 'T');
    return [
      { role: 'job', pid: pids.job, cause: 'stopped-tty' },
      { role: 'shell', pid: pids.shell, cause: null },
      { role: 'terminal', pid: pids.terminal, cause: null },
    ];
  },
};
