import type { Step } from '../waits/walk.ts';
import { findingAt, who } from './build.ts';
import { advice, shellWord, sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

/** Where the mount can be named only as the waiter names it: a prefix that goes into its mount namespace. */
const inside = ({ wait }: Step): string =>
  wait.detail?.elsewhere === true ? `nsenter --target ${wait.process.pid} --mount ` : '';

export default rule({
  id: 'd-fs-frozen',
  family: 'd-state',
  title: 'Writes to a frozen file system',
  find: (blame) =>
    blame.stepsOf('fs-frozen').map((step) => {
      const mount = step.wait.detail?.mountPoint;
      const isOverlay = step.wait.detail?.fsType === 'overlay';
      return findingAt(blame, step, {
        severity: 'critical',
        title: mount === undefined ? 'a file system is frozen' : `${mount} is frozen`,
        summary: `${who(step)} writes to a file system that is frozen (fsfreeze, a snapshot, a backup agent): no process holds it, the mount does. Reading it still works.`,
        remedies: [
          {
            command: `${inside(step)}fsfreeze --unfreeze ${mount === undefined || isOverlay ? 'MOUNTPOINT' : shellWord(String(mount))}`,
            effect: 'thaws it; every writer goes on',
            risk: 'a snapshot or backup that is being taken right now is not consistent',
          },
          ...(isOverlay
            ? [advice('An overlay cannot be thawed itself: MOUNTPOINT is the file system of its upperdir.')]
            : []),
          sigkillDoesNot(),
        ],
      });
    }),
  explanation: {
    meaning:
      'Somebody froze the file system (`fsfreeze -f`, `xfs_freeze`, a backup or snapshot agent, ' +
      '`dmsetup suspend` of its device), and every task that changes something there sleeps in D ' +
      'until the thaw: `percpu_rwsem_wait` under `vfs_write` (5.10: with `__percpu_down_read` ' +
      'between them; creat, unlink and the like come by `mnt_want_write`). Reading, stat and even ' +
      '`sync` still work there, and nothing in /proc or /sys says "frozen". The culprit is the ' +
      'mount, not a process: whoever froze it may have ended long ago, and the freeze stays. ' +
      'SIGKILL does not end the wait (`SigPnd` bit 0x100 stays). khungtaskd reports it; ' +
      '`procs_blocked` and PSI do not count it.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `percpu_rwsem_wait`, then a write ' +
        'path. Without root `/proc/PID/wchan` names it (5.10: always 0).',
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 1 is write on x86-64, and the next word ' +
        'the descriptor N in hex.',
      "`grep mnt_id /proc/PID/fdinfo/N` and `grep '^MNT_ID ' /proc/PID/mountinfo`: the mount and " +
        'its device.',
      '`cat /sys/block/dm-N/dm/suspended`: 1 when the device-mapper device was suspended (then ' +
        'readers hang as well).',
      'Do not probe with `touch MNT/x`: it hangs too, and cannot be killed.',
    ],
    resolves: [
      '`fsfreeze --unfreeze MNT`: all writers go on. A snapshot that is being taken just now may ' +
        'become inconsistent: ask the backup first.',
      '`dmsetup resume NAME` when the device below was suspended.',
      '`echo j > /proc/sysrq-trigger`: thaws all file systems, when the mount cannot be told or ' +
        'reached.',
    ],
    doesNot: [
      '`kill -9` of the writer: pending until the thaw.',
      'Killing the program that froze it: the freeze belongs to the file system, not to a process ' +
        'or descriptor.',
      '`strace -p`: attaches, hangs, and needs SIGKILL itself.',
    ],
    lookAlikes: [
      'A freeze of a healthy snapshot lasts milliseconds to seconds: look twice.',
      'A dead disk: there readers hang as well, and `procs_blocked` counts the waiters.',
      'A device suspended by device mapper: writers look just like this, readers look like dead ' +
        'block I/O.',
      'A writer to an overlay (a container): the file system of its upperdir is the frozen one.',
      'A frozen cgroup (v1) is D as well, in `__refrigerator` or in its last sleep: see ' +
        '`cgroup-frozen`.',
    ],
    sources: [
      'fsfreeze(8), xfs_freeze(8)',
      'fs/super.c (freeze_super), kernel/locking/percpu-rwsem.c',
      'Documentation/admin-guide/sysrq.rst (command j)',
    ],
  },
});
