import { rule } from './rule.ts';
import { unansweredFindings } from './unanswered.ts';

export default rule({
  id: 'autofs-wait',
  family: 'd-state',
  title: 'Waits for the automounter',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    unansweredFindings(blame, 'autofs', 'automount', 'the automount daemon', (daemon, waiter) => ({
      command: `kill -KILL ${waiter}`,
      effect: `ends ${waiter}, which works; the end of ${daemon} alone would not wake it`,
      risk: 'the next one that looks there waits again',
    })),
  explanation: {
    meaning:
      'The thread looked up a name below an autofs mount: the kernel asks the automounter ' +
      '(automount(8) or systemd) through a pipe to mount it, and the thread sleeps in D, ' +
      '`autofs_wait` under `autofs_mount_wait` (all kernels alike), until it answers. The culprit ' +
      'is the automounter, or what it waits for itself, usually the mount of a server that does not ' +
      'answer. This D is killable: SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/wchan` (5.10: 0, look at `stack` as root): `autofs_wait`.',
      "`grep ' - autofs ' /proc/PID/mountinfo`: `pgrp=` is the automounter's process group, " +
        '`pipe_ino=` the inode of its pipe.',
      "`find /proc/[0-9]*/fd -lname 'pipe:\\[INO\\]'`: who holds that pipe, so the automounter itself " +
        '(can hang if a process is stuck in execve, kernels 6.12 and 6.18).',
      '`grep State /proc/DAEMON/task/*/status` and `cat /proc/DAEMON/task/*/children`: stopped, or ' +
        'waiting for a `mount` child that hangs.',
    ],
    resolves: [
      'Bring back the server that is to be mounted, or end the hanging `mount` child: the look-up ' +
        'goes on or fails.',
      '`kill -CONT DAEMON` if it is stopped.',
      '`kill -KILL PID`: the waiter can be killed; the next one will wait again.',
      '`systemctl restart autofs` (or the systemd `.automount` unit), when the automounter itself ' +
        'is broken: look-ups are answered again as far as the servers answer.',
    ],
    doesNot: [
      'Ending the automounter: who waits already is not woken by that, only by the next look-up of somebody else, which finds its pipe broken.',
      '`umount -l` of the autofs mount: hides it, and wakes nobody.',
      '`ls`, `stat` or `df` on the path: they wait as well.',
      '`strace -p` of the waiter: hangs.',
    ],
    lookAlikes: [
      'A slow mount (DNS, Kerberos, a far server): takes seconds, then the waiter goes on.',
      'The mount is done and its server is dead: then the frames are those of NFS or SMB: ' +
        '`d-network-fs`.',
    ],
    sources: [
      'autofs(5), automount(8), systemd.automount(5)',
      'fs/autofs/waitq.c, Documentation/filesystems/autofs.rst',
    ],
  },
});
