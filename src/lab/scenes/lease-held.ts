import { play, settled } from '../play.ts';
import type { Scene } from '../scene.ts';

export const scene: Scene = {
  name: 'lease-held',
  title: 'A program waits for a lease that a file server does not give back',
  story: `\
Samba and NFS servers take leases on files, and are asked by SIGIO to give them back when somebody else opens the file.
This one ignores the signal: who truncates the file waits, 45 seconds at most (/proc/sys/fs/lease-break-time).
\`ps\` shows S; /proc/locks has the lease with BREAKING, and the waiter below it.
To learn: a lock that nobody of the waiters has asked for can be a lease.`,
  needs: ['gcc'],
  async setUp(lab) {
    const { pids } = await play(lab, 'filelocks', ['lease', `${lab.dir}/lock`], ['holder', 'waiter']);
    await settled(lab, pids.holder, 'S');
    await settled(lab, pids.waiter, 'S');
    return [
      { role: 'waiter', pid: pids.waiter, cause: 'file-lock', culprit: pids.holder },
      { role: 'holder', pid: pids.holder, cause: null },
    ];
  },
};
