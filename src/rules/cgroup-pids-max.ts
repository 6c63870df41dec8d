import { edge, thing } from '../waits/nodes.ts';
import { reachedTaskLimit } from '../waits/objects/task-limit.ts';
import type { Blame } from './blame.ts';
import { advice, shellWord } from './remedies.ts';
import { rule } from './rule.ts';

/** For how long a full cgroup is watched for a fork that it refuses, in seconds: who retries waits in between. */
const WATCHED = 1;

export default rule({
  id: 'cgroup-pids-max',
  family: 'limit',
  title: 'The cgroup may hold no more processes or threads',
  find: (blame) => {
    const { target, evidence } = blame;
    if (!mayRetry(blame)) return [];
    const reached = reachedTaskLimit(evidence, `${target.dir}/cgroup`, target.cgroups);
    if (reached === undefined) return [];
    const { limit, refusedBetweenLooks } = reached;
    const isRefused = refusedBetweenLooks > 0 && hasRun(blame);
    const isYoung = !isRefused && blame.spanSeconds < WATCHED;
    const cgroup = thing('cgroup', reached.cgroup, `cgroup ${reached.cgroup}`);
    const refused = refusedBetweenLooks > 0 ? `, ${refusedBetweenLooks} of them while we looked` : '';
    const how = `${limit} of ${limit} tasks are there`;
    return [
      {
        severity: isRefused || isYoung ? 'warning' : 'info',
        young: isYoung,
        confidence: 'certain',
        because: `${how}${refusedBetweenLooks > 0 ? ', and the count of refused forks grew' : ''}`,
        title: `${reached.cgroup} may hold no more processes or threads`,
        summary:
          `${cgroup.name} has ${limit} tasks and may have no more: each fork and each new thread in it fails with EAGAIN` +
          `${refused}.${isRefused ? ` ${target.pid} ${target.comm} ran meanwhile; whether it was its own that failed only a trace can tell.` : ''}`,
        culprit: cgroup,
        chain: [edge(blame.node, cgroup, 'limited by', 'pids.max', how, reached.facts)],
        facts: reached.facts,
        remedies: [
          {
            command: `for p in $(cat ${shellWord(`${reached.cgroup}/cgroup.procs`)}); do echo "$(ls /proc/$p/task | wc -l) $p"; done | sort -rn | head`,
            effect: 'shows who has most of the tasks',
            risk: 'none: reads only',
          },
          {
            command: `procdiag trace --strace --syscalls clone,clone3,fork,vfork ${target.pid} --duration 5`,
            effect: 'shows whether its own forks fail',
            risk: 'slows it down meanwhile',
          },
          {
            command: `echo ${2 * limit} > ${shellWord(`${reached.cgroup}/pids.max`)}`,
            effect: 'lets it have twice as many, at once',
            risk: 'a leak goes on; systemd or the container runtime may set it again',
          },
          advice('For good: TasksMax= of the unit, --pids-limit of the container, or fewer threads.'),
        ],
      },
    ];
  },
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

/** Is in a fork, runs, or sleeps for a time, as between two attempts: of others it is not asked. */
const mayRetry = ({ steps }: Blame) =>
  steps.some(
    ({ depth, wait }) =>
      depth === 0 &&
      (wait.kind === 'running' || wait.idle === 'idle-timer' || FORKS.has(wait.thread.syscallName ?? '')),
  );

const FORKS = new Set(['clone', 'clone3', 'fork', 'vfork']);

const hasRun = ({ steps }: Blame) =>
  steps.some(({ depth, wait }) => depth === 0 && (wait.kind === 'running' || wait.thread.moved === true));
