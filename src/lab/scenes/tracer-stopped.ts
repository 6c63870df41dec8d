import { allAsleep, play, settled, tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tracer-stopped',
  title: 'A traced program stands still since its tracer was stopped',
  story: `\
A strace-like tracer followed the target from syscall to syscall until somebody sent the tracer SIGSTOP.
The target is in t; field 52 of its stat is 133 (a syscall stop) and not 0: nobody has collected it.
The tracer is in T. The target's own state is only the symptom.
To learn: follow TracerPid, look at the tracer's state; \`kill -CONT\` the tracer, and both go on.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['working-tracer'], ['target', 'tracer', 'director']);
    await lab.until('the target to be traced', () => tracerOf(pids.target) === pids.tracer);
    await allAsleep(lab, [pids.target, pids.tracer]);
    process.kill(pids.tracer, 'SIGSTOP');
    await settled(lab, pids.tracer, 'T');
    process.kill(pids.director, 'SIGUSR1');
    await settled(lab, pids.target, 't');
    return [
      { role: 'target', pid: pids.target, cause: 'ptrace-tracer-stopped', culprit: pids.tracer },
      { role: 'tracer', pid: pids.tracer, cause: 'stopped' },
    ];
  },
};
