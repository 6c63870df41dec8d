import { rule } from './rule.ts';

export default rule({
  id: 'rlimit-nproc',
  family: 'limit',
  title: 'The user may start no more processes or threads',
  explanation: {
    meaning:
      'fork, clone and pthread_create fail with EAGAIN: the real user ID has as many tasks as RLIMIT_NPROC of the caller ' +
      'allows. All threads of all processes of that user count, in other sessions and containers that share the number as ' +
      'well, and zombies too. The limit does not hold for root, nor with CAP_SYS_ADMIN or CAP_SYS_RESOURCE. After setuid to ' +
      'a user who is over the limit it is execve that fails with EAGAIN. Programs say “Resource temporarily unavailable”, ' +
      '“cannot fork”, “unable to create native thread”.',
    byHand: [
      '`grep "Max processes" /proc/PID/limits`: soft and hard.',
      '`ps -L --no-headers -U USER | wc -l`: tasks of the user, threads counted.',
      '`ps -L --no-headers -U USER -o comm | sort | uniq -c | sort -rn | head`: of which program.',
      '`strace -f -e trace=clone,clone3,fork,vfork -p PID`: EAGAIN; it is the same with `cgroup-pids-max`.',
    ],
    resolves: [
      '`prlimit --pid PID --nproc=16384:16384`: raises it for the running process at once.',
      'For the next start: `LimitNPROC=` of the systemd unit, limits.conf for logins.',
      'End what has run wild: `pkill -KILL -u USER COMMAND` (SIGKILL, since its handlers may want to fork); zombies go with ' +
        'their parent.',
    ],
    doesNot: [
      'More memory: that would be ENOMEM.',
      'Raising kernel.pid_max or kernel.threads-max: limits of the host.',
      'A limit set in another shell: each process has its own, from whoever started it.',
    ],
    lookAlikes: [
      'EAGAIN with far fewer tasks than the limit: `cgroup-pids-max`, or the host (kernel.threads-max, kernel.pid_max).',
      'ENOMEM of fork: no memory, or a PID namespace without init (`pidns-fork-enomem`).',
    ],
    sources: [
      'getrlimit(2) (RLIMIT_NPROC), fork(2), clone(2), execve(2), pthread_create(3)',
      'kernel: kernel/fork.c (copy_process)',
    ],
  },
});
