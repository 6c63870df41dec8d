import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'signalfd',
  title: 'SIGTERM is blocked, and read from a signalfd: nothing is wrong',
  story: `\
SigBlk has SIGTERM and SigCgt has not, which looks as if the signal could never arrive.
But the program reads its signals from a descriptor: its fdinfo has a \`sigmask:\` line with the same bit.
To learn: a blocked signal with a signalfd (or sigwait) is a way to receive it.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'signals', ['signalfd'], ['process']);
    await settled(lab, pids.process, 'S');
    return [{ role: 'process', pid: pids.process, cause: 'signal-signalfd' }];
  },
};
