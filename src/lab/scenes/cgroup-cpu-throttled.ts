import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, makeCgroup } from '../cgroup.ts';
import { play } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'cgroup-cpu-throttled',
  title: 'A program that wants to run gets a thousandth of a CPU',
  story: `\
A container was given a CPU limit, one far too low (--cpus 0.001, CPUQuota=0.1%, a typing error in a manifest).
\`ps\` shows R: it is not blocked, and yet it does nothing; top shows next to no CPU.
cpu.stat of its cgroup counts the periods in which it was kept off its CPU (nr_throttled).
To learn: R without CPU time: look at cpu.max (cpu.cfs_quota_us) of the cgroup, and of those above it.`,
  needs: ['root', 'gcc', 'cgroup-cpu'],
  async setUp(lab) {
    const v1 = cgroupMount('cpu');
    const cgroup = makeCgroup(lab, v1 ?? cgroupMount('v2')!);
    if (v1 === undefined) {
      lab.release(`echo max > ${cgroup}/cpu.max`);
      writeFileSync(join(cgroup, 'cpu.max'), '1000 1000000');
    } else {
      lab.release(`echo -1 > ${cgroup}/cpu.cfs_quota_us`);
      writeFileSync(join(cgroup, 'cpu.cfs_period_us'), '1000000');
      writeFileSync(join(cgroup, 'cpu.cfs_quota_us'), '1000');
    }
    const { pids } = await play(lab, 'busy', ['user'], ['process']);
    writeFileSync(join(cgroup, 'cgroup.procs'), `${pids.process}`);
    await lab.until('a period in which it was kept off its CPU', () =>
      /^nr_throttled [1-9]/m.test(readFileSync(join(cgroup, 'cpu.stat'), 'latin1')),
    );
    return [{ role: 'process', pid: pids.process, cause: 'cgroup-cpu-throttled', culpritKind: 'cgroup' }];
  },
};
