import { rule } from './rule.ts';

export default rule({
  id: 'zombie-leak',
  family: 'leak',
  title: 'Its dead children are never collected, and more and more pile up',
  explanation: {
    meaning:
      'A process starts children that end, and does not wait for them: each stays as a zombie, which holds a PID, counts for ' +
      'pids.max of the cgroup and for RLIMIT_NPROC of the user, and holds no memory. One does no harm; when a limit is ' +
      'reached, fork fails with EAGAIN, for healthy processes of the same cgroup or user as well. The culprit is the ' +
      'parent: it has no SIGCHLD handler, or one that waits once for each signal (signals merge: one may stand for many ' +
      'children), or it is the PID 1 of a container and does not reap what it adopts. SIGKILL of a zombie does nothing.',
    byHand: [
      "`ps -eo ppid,stat,comm | awk '$2 ~ /^Z/ {n[$1]++} END {for (p in n) print n[p], p}' | sort -rn`: whose they are, twice, " +
        'a minute apart.',
      "`grep -E '^(SigIgn|SigCgt|SigBlk|ShdPnd)' /proc/PARENT/status`: SIGCHLD is bit 0x10000.",
      '`strace -f -e trace=wait4,waitid,exit_group,clone,clone3,vfork -p PARENT`: children come and go, and no wait follows.',
      '`cat /sys/fs/cgroup/…/pids.current`: counts the zombies, too.',
    ],
    resolves: [
      'Repair the parent: on SIGCHLD loop over `waitpid(-1, …, WNOHANG)` until it returns 0 or ECHILD; or ignore SIGCHLD ' +
        'explicitly (SA_NOCLDWAIT), and the kernel reaps.',
      'A container: run an init that reaps as its PID 1 (`docker run --init`, tini, dumb-init).',
      'Restart the parent: its zombies go to init, which reaps them.',
    ],
    doesNot: [
      '`kill -9` of the zombies: they are dead already.',
      '`kill -CHLD PARENT`: helps only one whose handler waits in a loop.',
      'Raising pids.max or pid_max: it takes longer, and ends the same way.',
    ],
    lookAlikes: [
      'A busy parent that is behind: the zombies are other ones at each look, and their number does not grow.',
      'A few old ones that do not grow: `zombie-parent-not-waiting`.',
      'Z with `Threads: 2` or more: `zombie-leader-live-threads`.',
    ],
    sources: [
      'wait(2), sigaction(2) (SA_NOCLDWAIT), signal(7)',
      'kernel: kernel/exit.c (exit_notify, release_task)',
    ],
  },
});
