import { play, settled, zombieFor } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-teardown-stuck',
  title: 'A container cannot end: its dead init waits for a zombie that an outsider holds',
  story: `\
The container's init was killed, and has to wait until every member of its namespace is reaped.
One member is a zombie whose parent is outside (nsenter, docker exec) and never waits for it.
So init hangs in zap_pid_ns_processes, in S yet not killable, and its runtime hangs in wait4 on init.
\`ps\` shows init as \`[name]\`, as if it were a kernel thread; strace on it hangs.
To learn: find the zombie of that namespace whose PPid is outside; end or fix that parent, and all of it goes.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['teardown'], ['runtime', 'init', 'parent', 'zombie']);
    await settled(lab, pids.zombie, 'Z');
    process.kill(pids.init, 'SIGKILL');
    await lab.until('init to wait for its last member', () =>
      lab.frames(pids.init).includes('zap_pid_ns_processes'),
    );
    await zombieFor(lab, pids.zombie);
    await settled(lab, pids.init, 'S');
    return [
      { role: 'init', pid: pids.init, cause: 'pidns-teardown-stuck', culprit: pids.parent },
      { role: 'runtime', pid: pids.runtime, cause: 'pidns-teardown-stuck', culprit: pids.parent },
      {
        role: 'zombie',
        pid: pids.zombie,
        cause: 'zombie-parent-not-waiting',
        alsoOk: ['pidns-teardown-stuck'],
        culprit: pids.parent,
      },
      {
        role: 'parent',
        pid: pids.parent,
        cause: 'zombie-parent-not-waiting',
        alsoOk: ['pidns-teardown-stuck'],
        culprit: pids.parent,
      },
    ];
  },
};
