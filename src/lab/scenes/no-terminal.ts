import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'no-terminal',
  title: 'Ctrl+C does nothing: the program prints to a terminal that is not its own',
  story: `\
\`setsid COMMAND\` in a terminal: it still prints there, but lives in a session of its own without a terminal.
Descriptors 0 to 2 are the terminal; tty_nr in stat is 0. Ctrl+C goes to the terminal's foreground group only.
To learn: compare the terminal of the descriptors with tty_nr; use kill.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['detached'], ['terminal', 'shell', 'job']);
    await settled(lab, pids.job, 'S');
    return [{ role: 'job', pid: pids.job, cause: 'signal-no-tty' }];
  },
};
