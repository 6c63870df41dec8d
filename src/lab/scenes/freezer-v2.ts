import { cgroupMount, freezeV2, frozenV2, makeCgroup } from '../cgroup.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'freezer-v2',
  title: 'A process in S that never runs: its cgroup is frozen (cgroup v2)',
  story: `\
A container was paused with the freezer of cgroup v2 (\`docker pause\`, \`systemctl freeze\`).
\`ps\` shows S and no hint: wchan is get_signal, the syscall still that of before.
SIGKILL works, unlike in cgroup v1; SIGCONT and SIGTERM with a handler do nothing before the thaw.
To learn: cgroup.events says \`frozen 1\`; \`echo 0 > cgroup.freeze\`.`,
  needs: ['root', 'cgroup-v2'],
  async setUp(lab) {
    const cgroup = makeCgroup(lab, cgroupMount('v2')!);
    const { pid } = await lab.start('sleep', ['110']);
    freezeV2(lab, cgroup, cgroup, pid);
    await lab.until('the frozen process', () => lab.state(pid) === 'S' && frozenV2(cgroup));
    return [{ role: 'process', pid, cause: 'cgroup-frozen', culpritKind: 'cgroup' }];
  },
};
