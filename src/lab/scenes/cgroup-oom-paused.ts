import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'cgroup-oom-paused',
  title: 'Out of memory in a cgroup that may not kill: the program waits for memory',
  story: `\
The container has used up its memory, and the OOM killer is switched off for it (memory.oom_control of cgroup v1;
\`docker run --oom-kill-disable\`). So the kernel kills nobody: whoever touches a page more waits until there is memory.
\`ps\` shows D, in mem_cgroup_oom_synchronize, outside of any system call; the kernel log says nothing.
To learn: memory.oom_control says \`under_oom 1\`; more memory, or one process less, and the others go on.`,
  needs: ['root', 'gcc', 'cgroup-v1-memory'],
  async setUp(lab) {
    const cgroup = makeCgroup(lab, cgroupMount('memory')!);
    const { pids } = await play(lab, 'memory', ['eat'], ['eater']);
    lab.release(`echo 0 > ${cgroup}/memory.oom_control`);
    writeFileSync(join(cgroup, 'memory.limit_in_bytes'), `${4 << 20}`);
    writeFileSync(join(cgroup, 'memory.oom_control'), '1');
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pids.eater}`);
    process.kill(pids.eater, 'SIGUSR1');
    await stuckIn(lab, pids.eater, 'D', /mem_cgroup_oom_synchronize/);
    return [{ role: 'eater', pid: pids.eater, cause: 'cgroup-oom-paused', culpritKind: 'cgroup' }];
  },
};
