import { play, settled, tracerOf } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'attach-to-d',
  title: 'strace hangs because the program that it attaches to is in D',
  story: `\
A program is in D (it waits in vfork for its child). Somebody runs \`strace -p PID\` on it: strace hangs as well,
prints nothing and does not even end at Ctrl+C or SIGTERM.
The target shows TracerPid = strace, but stays in D: it cannot stop for its tracer before its wait is over.
To learn: strace is only a second victim (end it with SIGKILL); fix what the target waits for.`,
  needs: ['root', 'gcc', 'strace'],
  async setUp(lab) {
    const { pids } = await play(lab, 'zombies', ['vforking-parent'], ['parent', 'child']);
    await settled(lab, pids.parent, 'D');
    const strace = (await lab.start('strace', ['-o', '/dev/null', '-p', `${pids.parent}`])).pid;
    await lab.until('strace to be attached', () => tracerOf(pids.parent) === strace);
    await settled(lab, strace, 'S');
    return [
      { role: 'parent', pid: pids.parent, cause: 'd-vfork-wait', culprit: pids.child },
      { role: 'strace', pid: strace, cause: 'ptrace-attach-blocked', culprit: pids.child },
      { role: 'child', pid: pids.child, cause: null },
    ];
  },
};
