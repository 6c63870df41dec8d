import { rule } from './rule.ts';

export default rule({
  id: 'cgroup-pids-max',
  family: 'limit',
  title: 'The cgroup may hold no more processes or threads',
  explanation: {
    meaning:
      'fork, clone and pthread_create fail with EAGAIN: the cgroup, or one above it, has pids.max tasks. Threads count, and ' +
      'zombies until they are reaped; root is bound as well. systemd sets it as TasksMax= (15 % of the limit of the host by ' +
      'default), container runtimes as --pids-limit, kubelet as podPidsLimit. The kernel logs “fork rejected by pids ' +
      'controller” once for each cgroup. What is already there goes on running; moving tasks in is not refused. Often the ' +
      'tasks are a leak of threads, or zombies (`zombie-leak`).',
    byHand: [
      '`cat /proc/PID/cgroup`, and in that folder under /sys/fs/cgroup (version 1: /sys/fs/cgroup/pids): `grep -H . pids.max ' +
        'pids.current pids.events`, and in each folder above it.',
      '`dmesg | grep "fork rejected by pids controller"`: which cgroup.',
      '`systemctl status UNIT`: “Tasks: 4915 (limit: 4915)”.',
      '`for p in $(cat cgroup.procs); do ls /proc/$p/task | wc -l; done | sort -rn | head`: who has most threads.',
    ],
    resolves: [
      '`systemctl set-property UNIT TasksMax=8192`, or `echo 8192 > pids.max` in that cgroup: at once.',
      '`docker update --pids-limit 8192 CONTAINER`.',
      'End what has run wild: SIGKILL works always; `echo 1 > cgroup.kill` (version 2, Linux 5.14) ends all of the cgroup at ' +
        'once.',
    ],
    doesNot: [
      '`ulimit -u`, limits.conf: another limit (`rlimit-nproc`).',
      'Raising it below an ancestor that has the lower one.',
      '`docker exec`, a shell in the container to look: it needs a task as well, and fails likewise.',
    ],
    lookAlikes: [
      'EAGAIN with pids.current far below pids.max in all folders above: `rlimit-nproc`, or the host (kernel.threads-max, ' +
        'kernel.pid_max).',
      'ENOMEM of fork: no memory, or a PID namespace without init (`pidns-fork-enomem`).',
    ],
    sources: [
      'fork(2), cgroups(7), systemd.resource-control(5) (TasksMax=)',
      'kernel: Documentation/admin-guide/cgroup-v2.rst (PID), kernel/cgroup/pids.c',
    ],
  },
});
