import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-init-ignores-sigterm',
  title: 'SIGTERM to the first process of a PID namespace does nothing',
  story: `\
\`docker stop\` takes ten seconds and then kills: the application is PID 1 of its namespace, without a SIGTERM handler.
The kernel drops signals with the default action for such a process. SigIgn does not have it, nothing is pending.
SigCgt lacks bit 15 (0x4000) and NSpid ends in 1: this is the whole evidence.
To learn: install a handler or use a real init; from outside only SIGKILL and SIGSTOP work.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['ignores-sigterm'], ['init']);
    await settled(lab, pids.init, 'S');
    return [{ role: 'init', pid: pids.init, cause: 'pidns-init-ignores-signals', culprit: pids.init }];
  },
};
