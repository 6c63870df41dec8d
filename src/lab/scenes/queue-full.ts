import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'queue-full',
  title: 'A program cannot send: nobody receives from its message queue',
  story: `\
The POSIX queue holds two messages, and is full. The sender sleeps in mq_send() until somebody receives.
The receiver is alive and sleeps somewhere else.
To learn: a queue is a file; who has it open to read is the one that should receive.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pipes', ['queue-full'], ['receiver', 'sender']);
    await settled(lab, pids.sender, 'S');
    await settled(lab, pids.receiver, 'S');
    return [
      { role: 'sender', pid: pids.sender, cause: 'queue-full', culprit: pids.receiver },
      { role: 'receiver', pid: pids.receiver, cause: null },
    ];
  },
};
