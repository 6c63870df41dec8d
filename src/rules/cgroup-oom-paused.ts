import { findingAt, who } from './build.ts';
import { shellWord } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'cgroup-oom-paused',
  family: 'limit',
  title: 'Its cgroup is out of memory, and may not kill',
  find: (blame) =>
    blame.stepsOf('memory-oom').map((step) => {
      const to = step.wait.hops[0]?.edges[0]?.to;
      const cgroup = to?.kind === 'cgroup' ? to : undefined;
      const directory = cgroup?.id.slice('cgroup:'.length);
      return findingAt(blame, step, {
        severity: 'critical',
        title: `waits for memory${directory === undefined ? ' of its cgroup' : ` of ${directory}`}`,
        summary:
          `${who(step)} needs a page more; ${cgroup?.name ?? 'its cgroup'} is out of memory, and its OOM killer is switched ` +
          'off: it waits until some of that memory is free.',
        ...(cgroup === undefined ? {} : { culprit: cgroup }),
        remedies:
          directory === undefined
            ? []
            : [
                {
                  command: `for p in $(cat ${shellWord(`${directory}/cgroup.procs`)}); do grep -H VmRSS /proc/$p/status; done`,
                  effect: 'shows who has the memory; SIGKILL of one of them works',
                  risk: 'none: reads only',
                },
                {
                  command: `echo -1 > ${shellWord(`${directory}/memory.limit_in_bytes`)}`,
                  effect: 'takes the limit away; all of them go on at once',
                  risk: 'they may then take all memory of the host',
                },
                {
                  command: `echo 0 > ${shellWord(`${directory}/memory.oom_control`)}`,
                  effect: 'switches the OOM killer on again',
                  risk: 'it ends one of them at once',
                },
              ],
      });
    }),
  explanation: {
    meaning:
      'The memory cgroup (version 1) is at its limit, and its OOM killer is switched off (`echo 1 > memory.oom_control`, ' +
      '`docker run --oom-kill-disable`): so that a supervisor may be told and decide. Nobody is killed. Each task that ' +
      'touches a new page sleeps until there is memory again: D in `mem_cgroup_oom_synchronize` under ' +
      '`pagefault_out_of_memory`, outside of any system call; system calls that need memory fail with ENOMEM instead. The ' +
      'kernel log says nothing. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `mem_cgroup_oom_synchronize`.',
      '`grep memory /proc/PID/cgroup`, and in that folder under /sys/fs/cgroup/memory and in each above it: `cat ' +
        'memory.oom_control`: `oom_kill_disable 1` and `under_oom 1`.',
      '`grep -H . memory.limit_in_bytes memory.usage_in_bytes memory.failcnt` there.',
    ],
    resolves: [
      '`echo -1 > memory.limit_in_bytes`, or a larger number; `docker update --memory 2g --memory-swap 2g CONTAINER`.',
      'SIGKILL of one of its processes: the others go on.',
      '`echo 0 > memory.oom_control`: the kernel kills one itself.',
    ],
    doesNot: [
      'SIGTERM: the signal is taken only after the wait.',
      'Memory on the host: the limit is that of the cgroup.',
      '`strace -p`: it hangs on a task in D.',
    ],
    lookAlikes: [
      'cgroup v2 has no such switch: above memory.max it kills, and above memory.high it slows down: `cgroup-memory-high`.',
      'A frozen cgroup: other frames, and `cgroup-frozen`.',
    ],
    sources: [
      'cgroups(7)',
      'kernel: Documentation/admin-guide/cgroup-v1/memory.rst (OOM Control), mm/memcontrol-v1.c',
    ],
  },
});
