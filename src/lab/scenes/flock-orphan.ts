import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'flock-orphan',
  title: 'A file lock is held by an inherited descriptor; the one who took it is dead',
  story: `\
A script took a flock, started a daemon and ended. The daemon inherited the descriptor, and the lock with it.
/proc/locks names the dead PID (maybe by now somebody else's!).
The real holder is the process with a \`lock:\` line in its /proc/PID/fdinfo.
To learn: a flock lives as long as the last copy of the descriptor; close-on-exec (or \`flock -o\`) prevents this.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(
      lab,
      'filelocks',
      ['flock-orphan', `${lab.dir}/lock`],
      ['taker', 'holder', 'waiter'],
    );
    await settled(lab, pids.waiter, 'S');
    await settled(lab, pids.holder, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null, alsoOk: ['orphan-adopted', 'fd-inherited'] },
    ];
  },
};
