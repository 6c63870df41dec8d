import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';
import { stuckIn } from '../stuck.ts';

export const scene: Scene = {
  name: 'cgroup-memory-high',
  title: 'A program over memory.high is let go on for a moment every two seconds',
  story: `\
A service was given a soft limit on its memory (MemoryHigh= of systemd), has used it up, and there is nothing to reclaim.
The kernel kills nothing: it makes each allocation sleep for up to two seconds. \`ps\` shows D, in
mem_cgroup_handle_over_high; the program does get on, by a quarter of a megabyte a time, and seems to be dead.
To learn: memory.current above memory.high, and \`high\` in memory.events grows; raising the limit frees it at once.`,
  needs: ['root', 'gcc', 'cgroup-v2', 'cgroup-v2-memory'],
  async setUp(lab) {
    const cgroup = makeCgroup(lab, cgroupMount('v2')!);
    const { pids } = await play(lab, 'memory', ['eat'], ['eater']);
    lab.release(`echo max > ${cgroup}/memory.high`);
    writeFileSync(join(cgroup, 'memory.high'), `${4 << 20}`);
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pids.eater}`);
    process.kill(pids.eater, 'SIGUSR1');
    await stuckIn(lab, pids.eater, 'D', /mem_cgroup_handle_over_high/);
    return [{ role: 'eater', pid: pids.eater, cause: 'cgroup-memory-high', culpritKind: 'cgroup' }];
  },
};
