import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'tracer-holds',
  title: 'A tracer took the stop of its tracee and does not let it go on',
  story: `\
A tracer attached (PTRACE_SEIZE, PTRACE_INTERRUPT), collected the stop with waitpid and now sleeps.
\`ps\` shows the target in t; field 52 of its stat is 0, which says that the tracer has taken the stop.
To learn: the fault is the tracer's, named by TracerPid; when it is gone, the target runs on.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['holding-tracer'], ['target', 'tracer']);
    await settled(lab, pids.target, 't');
    await settled(lab, pids.tracer, 'S');
    return [
      { role: 'target', pid: pids.target, cause: 'ptrace-stopped', culprit: pids.tracer },
      { role: 'tracer', pid: pids.tracer, cause: null },
    ];
  },
};
