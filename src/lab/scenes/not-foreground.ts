import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'not-foreground',
  title: 'Ctrl+C does nothing: the program is not in the foreground',
  story: `\
The job runs in the background of its terminal; Ctrl+C goes to the foreground group, which is another one.
pgrp in stat is not tpgid, though tty_nr is the terminal's.
To learn: \`fg\` first, or kill it by its PID.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['background-quiet'], ['terminal', 'shell', 'job']);
    await settled(lab, pids.job, 'S');
    return [{ role: 'job', pid: pids.job, cause: 'signal-not-foreground' }];
  },
};
