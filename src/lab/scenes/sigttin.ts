import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigttin',
  title: 'A background job was stopped because it wanted to read from its terminal',
  story: `\
A job in the background reads from its terminal (a program that asks "are you sure?" in the background).
The terminal driver answers with SIGTTIN: the whole job is stopped. \`ps\` shows T, and tpgid is not its pgrp.
Field 52 of stat is 21; the syscall is still the read of the terminal.
To learn: \`fg\`, or start it with </dev/null; SIGCONT alone stops it again at once.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['background-read'], ['terminal', 'shell', 'job']);
    await settled(lab, pids.job, 'T');
    return [
      { role: 'job', pid: pids.job, cause: 'stopped-tty' },
      { role: 'shell', pid: pids.shell, cause: null },
      { role: 'terminal', pid: pids.terminal, cause: null },
    ];
  },
};
