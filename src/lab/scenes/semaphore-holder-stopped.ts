import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'semaphore-holder-stopped',
  title: 'A program waits for a System V semaphore that a stopped process has taken',
  story: `\
A database or an old daemon uses a semaphore as a lock; who has it is stopped.
\`ps\` shows the waiter in S, wchan __do_semtimedop, as any idle consumer.
A semaphore names no owner, but the kernel knows who changed it last (semctl GETPID; \`ipcs -s -i ID\` prints it).
To learn: for a semaphore that is a lock, the last one to change it has it.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['semaphore'], ['holder', 'waiter']);
    await settled(lab, pids.holder, 'T');
    await settled(lab, pids.waiter, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'stopped', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: 'stopped', culprit: pids.holder },
    ];
  },
};
