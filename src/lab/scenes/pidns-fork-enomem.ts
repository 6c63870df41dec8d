import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'pidns-fork-enomem',
  title: 'A shell cannot fork: "Cannot allocate memory", with plenty of memory',
  story: `\
\`unshare -p sh\` without \`--fork\`: the shell itself stays outside of the new namespace, its first child becomes PID 1 there.
That child has ended, and the namespace with it. Every further fork fails with ENOMEM.
Nothing is wrong in ps or free; /proc/PID/ns/pid_for_children differs from ns/pid, and nobody lives there.
To learn: \`unshare -p --fork\`. The process cannot be repaired, only started again.`,
  needs: ['root', 'gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'pidns', ['fork-enomem'], ['shell']);
    await settled(lab, pids.shell, 'S');
    return [{ role: 'shell', pid: pids.shell, cause: 'pidns-fork-enomem', culprit: pids.shell }];
  },
};
