import { play, settled, tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'traced-running',
  title: 'A program is traced, and runs',
  story: `\
A tracer is attached without stopping anything, as crash reporters and some sandboxes are.
TracerPid is not 0, and yet nothing hangs: the switch counts of the target grow.
To learn: TracerPid alone is no hang. It says who could stop the program, and why a second debugger cannot attach.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['idle-tracer'], ['target', 'tracer']);
    await lab.until('the target to be traced', () => tracerOf(pids.target) === pids.tracer);
    await settled(lab, pids.tracer, 'S');
    return [
      { role: 'target', pid: pids.target, cause: 'ptrace-traced-running', culprit: pids.tracer },
      { role: 'tracer', pid: pids.tracer, cause: null },
    ];
  },
};
