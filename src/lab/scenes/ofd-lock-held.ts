import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'ofd-lock-held',
  title: 'A program waits for a file lock (open file description lock) that another one holds',
  story: `\
One process took the lock on a file and sleeps; another one wants the same lock and waits without a limit.
\`ps\` shows two processes in S; the syscall of the waiter is fcntl, with the descriptor of the file.
/proc/locks says PID -1: the lock belongs to the description; the \`lock:\` lines in fdinfo tell who has it open.
To learn: the holder's wait is the question, not the waiter's.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['ofd', `${lab.dir}/lock`], ['holder', 'waiter']);
    await settled(lab, pids.waiter, 'S');
    await settled(lab, pids.holder, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null },
    ];
  },
};
