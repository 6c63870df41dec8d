import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'cgroup-pids-max',
  title: 'A program cannot start another, since its container may hold no more processes',
  story: `\
A container was given a limit on its processes and threads (--pids-limit, TasksMax=), and has them all.
The program tries to fork, gets EAGAIN, sleeps for a moment and tries again, for ever. \`ps\` shows S, and next to no CPU.
No file of the process tells of it: pids.events of the cgroup counts what was refused (\`max\`), and pids.current is pids.max.
To learn: "Resource temporarily unavailable" of a fork is a limit: of the cgroup (pids.max), of the user, or of the host.`,
  needs: ['root', 'gcc', 'cgroup-pids'],
  async setUp(lab) {
    const cgroup = makeCgroup(lab, cgroupMount('pids') ?? cgroupMount('v2')!);
    const { pids, process: program } = await play(lab, 'busy', ['fork'], ['process']);
    writeFileSync(join(cgroup, 'pids.max'), '3');
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pids.process}`);
    process.kill(pids.process, 'SIGUSR1');
    const child = Number((await program.line()).replace('child ', ''));
    await lab.until('a fork that was refused', () =>
      /^max [1-9]/m.test(readFileSync(join(cgroup, 'pids.events'), 'latin1')),
    );
    return [
      { role: 'process', pid: pids.process, cause: 'cgroup-pids-max', culpritKind: 'cgroup' },
      { role: 'child', pid: child, cause: null },
    ];
  },
};
