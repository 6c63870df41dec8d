import { settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigstop',
  title: 'A process was stopped with SIGSTOP',
  story: `\
Somebody (or some tool that wanted a quiet moment) sent SIGSTOP. \`ps\` shows T, not t.
Field 52 of stat is 19, the signal that stopped it; who sent it is not recorded.
SIGTERM and others wait in ShdPnd until it goes on; SIGKILL works.
To learn: \`kill -CONT PID\`.`,
  needs: [],
  async setUp(lab) {
    const { pid } = await lab.start('sleep', ['110']);
    process.kill(pid, 'SIGSTOP');
    await settled(lab, pid, 'T');
    return [{ role: 'process', pid, cause: 'stopped' }];
  },
};
