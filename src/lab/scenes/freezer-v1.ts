import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'freezer-v1',
  title: 'A process in D: its cgroup is frozen (cgroup v1)',
  story: `\
A container was paused with the freezer of cgroup v1 (\`docker pause\`, a checkpoint, a batch scheduler).
\`ps\` shows D. wchan is __refrigerator, or still that of the sleep before (hrtimer_nanosleep), as is the syscall.
SIGKILL is kept until the thaw, and khungtaskd never reports it.
To learn: freezer.state says FROZEN, maybe of an ancestor only; \`echo THAWED > freezer.state\`.`,
  needs: ['root', 'cgroup-v1-freezer'],
  async setUp(lab) {
    const cgroup = makeCgroup(lab, cgroupMount('freezer')!);
    const { pid } = await lab.start('sleep', ['110']);
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pid}`);
    lab.release(`echo THAWED > ${cgroup}/freezer.state`);
    writeFileSync(join(cgroup, 'freezer.state'), 'FROZEN');
    // On 5.10 a process that sleeps for a time stays S there; later kernels show D.
    await lab.until(
      'the frozen process',
      () => readFileSync(join(cgroup, 'freezer.state'), 'latin1').trim() === 'FROZEN',
    );
    return [{ role: 'process', pid, cause: 'cgroup-frozen', culpritKind: 'cgroup' }];
  },
};
