import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tty-flow-stopped',
  title: 'A program cannot print: output of its terminal is stopped (Ctrl+S)',
  story: `\
Somebody pressed Ctrl+S, maybe in the wrong window. The program sleeps in write() to its terminal.
\`ps\` shows S and wchan wait_woken; SIGCONT does nothing, it is not stopped, its terminal is.
The terminal emulator reads and would show everything: nothing comes.
To learn: Ctrl+Q; \`stty -ixon\` for the future.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'terminal', ['flow-stopped'], ['terminal', 'writer']);
    await settled(lab, pids.writer, 'S');
    await settled(lab, pids.terminal, 'S');
    return [
      { role: 'writer', pid: pids.writer, cause: 'tty-write-blocked' },
      { role: 'terminal', pid: pids.terminal, cause: null },
    ];
  },
};
