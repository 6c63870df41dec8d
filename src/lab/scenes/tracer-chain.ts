import { allAsleep, play, settledAtOnce, tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tracer-chain',
  title: 'A tracer is itself stopped by a tracer',
  story: `\
A traces B, and B traces C. A has stopped B, so B does not serve the stops of C: both are in t.
TracerPid of C is B, TracerPid of B is A; only A is not stopped.
To learn: follow TracerPid to its end. To free B or C by themselves does not help while A holds on.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['chain'], ['target', 'middle', 'top']);
    await lab.until('the target to be traced', () => tracerOf(pids.target) === pids.middle);
    await allAsleep(lab, [pids.target, pids.middle]);
    process.kill(pids.top, 'SIGUSR1');
    await settledAtOnce(lab, [
      [pids.middle, 't'],
      [pids.target, 't'],
      [pids.top, 'S'],
    ]);
    return [
      { role: 'target', pid: pids.target, cause: 'ptrace-tracer-stopped', culprit: pids.top },
      { role: 'middle', pid: pids.middle, cause: 'ptrace-stopped', culprit: pids.top },
      { role: 'top', pid: pids.top, cause: null },
    ];
  },
};
