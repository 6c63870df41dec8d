import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tty-master-idle',
  title: 'A program cannot print: who shows its terminal does not read',
  story: `\
A terminal multiplexer, an ssh session or a test harness hangs, and holds the master of a pseudo-terminal.
What the program prints piles up until it sleeps in write(). \`ps\` shows S and wchan wait_woken, as after Ctrl+S.
To learn: a reader that is in read or poll shows everything, and the output was stopped by hand; one that sleeps
elsewhere is to blame itself. fdinfo of /dev/ptmx has the number of the terminal.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['master-idle'], ['terminal', 'writer']);
    await settled(lab, pids.terminal, 'S');
    await settled(lab, pids.writer, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'tty-write-blocked', culprit: pids.terminal },
      { role: 'terminal', pid: pids.terminal, cause: null },
    ];
  },
};
