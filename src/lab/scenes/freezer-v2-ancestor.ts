import { cgroupMount, freezeV2, frozenV2, makeCgroup } from '../cgroup.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'freezer-v2-ancestor',
  title: 'A process that never runs: an ancestor of its cgroup is frozen',
  story: `\
Somebody froze the cgroup of a whole slice or pod; the process sits in a cgroup two levels below.
Its own cgroup.freeze says 0, and \`ps\` shows an ordinary S.
To learn: its own cgroup.events says \`frozen 1\` all the same: go up until a cgroup.freeze says 1, and thaw that one.`,
  needs: ['root', 'cgroup-v2'],
  async setUp(lab) {
    const pod = makeCgroup(lab, cgroupMount('v2')!);
    const own = makeCgroup(lab, makeCgroup(lab, pod));
    const { pid } = await lab.start('sleep', ['110']);
    freezeV2(lab, pod, own, pid);
    await lab.until('the frozen process', () => lab.state(pid) === 'S' && frozenV2(own));
    return [{ role: 'process', pid, cause: 'cgroup-frozen', culpritKind: 'cgroup' }];
  },
};
