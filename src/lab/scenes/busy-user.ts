import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'busy-user',
  title: 'A program does not answer because it burns CPU in its own code',
  story: `\
It hangs for its users, but waits for nothing: state R, at 100 % of a CPU.
utime in stat grows, stime does not. A profiler (perf top -p) or gdb says where.
To learn: "hung" has two kinds, blocked and busy; look at the state and the CPU time first.`,
  needs: ['gcc'],
  maxSeconds: 60,
  async setUp(lab) {
    const { pids } = await play(lab, 'busy', ['user'], ['process']);
    await lab.until('it to run', () => lab.state(pids.process) === 'R');
    return [{ role: 'process', pid: pids.process, cause: 'busy-user', culprit: pids.process }];
  },
};
