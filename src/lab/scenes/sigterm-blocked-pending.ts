import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigterm-blocked-pending',
  title: 'SIGTERM was sent and waits: every thread blocks it',
  story: `\
The program blocks SIGTERM (a forgotten sigprocmask, or a mask inherited from its parent). It was sent, and is pending.
SigBlk and ShdPnd in status both have bit 15 (0x4000): the kernel keeps it until somebody unblocks it.
To learn: blocked is not ignored; only SIGKILL ends this one.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'signals', ['blocked-pending'], ['process']);
    await settled(lab, pids.process, 'S');
    return [{ role: 'process', pid: pids.process, cause: 'signal-blocked-pending', culprit: pids.process }];
  },
};
