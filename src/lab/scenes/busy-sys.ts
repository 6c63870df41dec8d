import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'busy-sys',
  title: 'A program does not answer because it burns CPU in the kernel',
  story: `\
It hangs for its users, but waits for nothing: state R, at 100 % of a CPU.
stime in stat grows, utime does not. strace -c or perf says by which call.
To learn: "hung" has two kinds, blocked and busy; look at the state and the CPU time first.`,
  needs: ['gcc'],
  maxSeconds: 60,
  async setUp(lab) {
    const { pids } = await play(lab, 'busy', ['kernel'], ['process']);
    await lab.until('it to run', () => lab.state(pids.process) === 'R');
    return [{ role: 'process', pid: pids.process, cause: 'busy-sys', culprit: pids.process }];
  },
};
