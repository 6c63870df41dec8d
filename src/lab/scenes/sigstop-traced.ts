import { statusField } from '../peek.ts';
import { play, settled, settledAtOnce } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'sigstop-traced',
  title: 'SIGSTOP of a program that is traced: t instead of T, and what its tracer does tells who holds it',
  story: `\
Two programs are traced, and somebody sends SIGSTOP to both. Both are in t, not T, and TracerPid names their tracers.
One tracer only watches (PTRACE_LISTEN, as strace does): SIGCONT makes its program go on. The other has taken notice of the
stop and sleeps: its program stays in t after SIGCONT too. Up to then /proc shows the two programs alike, and only their tracers
make a difference: the one waits for what comes next, the other does not.
To learn: field 52 of /proc/PID/stat says 19 (SIGSTOP), that of /proc/PID/task/PID/stat 0: send SIGCONT first, then look again.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'tracer', ['stop-watchers'], ['target', 'tracer', 'kept', 'keeper']);
    // A child that has not yet come to its sleep would be stopped on its way out of fork.
    const naps = (pid: number) => Number(statusField(pid, 'voluntary_ctxt_switches'));
    await lab.until('their naps', () => [pids.target, pids.kept].every((pid) => naps(pid) > 2));
    for (const pid of [pids.target, pids.kept]) {
      process.kill(pid, 'SIGSTOP');
      await settled(lab, pid, 't');
    }
    // A tracer sleeps on the way as well: from the stop of the signal to the stop of the process.
    await settledAtOnce(lab, [
      [pids.target, 't'],
      [pids.tracer, 'S'],
      [pids.kept, 't'],
      [pids.keeper, 'S'],
    ]);
    return [
      { role: 'target', pid: pids.target, cause: 'stopped', culprit: pids.target },
      { role: 'kept', pid: pids.kept, cause: 'ptrace-stopped', culprit: pids.keeper },
      { role: 'tracer', pid: pids.tracer, cause: null },
      { role: 'keeper', pid: pids.keeper, cause: null },
    ];
  },
};
