import type { Step } from '../waits/walk.ts';
import type { Blame } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, shellWord } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'cgroup-memory-high',
  family: 'limit',
  title: 'Slowed down: its cgroup uses more memory than memory.high',
  find: (blame) =>
    blame.steps
      .filter(({ wait, cycle }) => wait.kind === 'memory-high' && cycle === undefined)
      .filter((step) => isHeldUp(blame, step))
      .map((step) => {
        const limit = step.wait.hops[0]?.edges[0];
        const cgroup = limit?.to.kind === 'cgroup' ? limit.to : undefined;
        const directory = cgroup?.id.slice('cgroup:'.length);
        const file = limit?.on ?? 'memory.high';
        return findingAt(blame, step, {
          severity: 'warning',
          because:
            step.wait.thread.moved === true
              ? `asleep in it at the last of ${blame.evidence.world.rounds} looks, and hardly any step in between`
              : blame.steadiness(step),
          title: `slowed down by ${file}${directory === undefined ? '' : ` of ${directory}`}`,
          summary:
            `${who(step)} wants more memory, and ${cgroup?.name ?? 'its cgroup'} is over its soft limit` +
            `${limit === undefined || cgroup === undefined ? '' : `: ${limit.how}`}. ` +
            'The kernel finds nothing to reclaim, and lets it sleep for up to 2 s after each step.',
          ...(cgroup === undefined ? {} : { culprit: cgroup }),
          remedies: [
            ...(directory === undefined
              ? []
              : [
                  {
                    command: `cat ${shellWord(`${directory}/memory.events`)} ${shellWord(`${directory}/memory.stat`)} | head -20`,
                    effect: '`high` grows with each pause; what the memory is (anon, file, slab)',
                    risk: 'none: reads only',
                  },
                  {
                    command: `echo max > ${shellWord(`${directory}/${file}`)}`,
                    effect: 'takes the soft limit away; it goes on at once',
                    risk: 'it may then take all memory up to memory.max, or of the host; systemd or kubelet may set it again',
                  },
                ]),
            advice(
              'For good: MemoryHigh= of the unit, or less memory (a leak, a cache without bound, a tmpfs).',
            ),
          ],
        });
      }),
  explanation: {
    meaning:
      'The cgroup, or one above it, has more memory than `memory.high` (cgroup v2; MemoryHigh= of systemd, the memory QoS of ' +
      'kubelet) and what it has cannot be reclaimed: anonymous memory without swap, mostly. This limit kills nobody. Each ' +
      'task that gets more memory is put to sleep on its way back to its program, longer the further the cgroup is over, up ' +
      'to 2 s for 64 pages (256 KB): D in `mem_cgroup_handle_over_high` (7.2: two underscores before it), outside of any ' +
      'lock. The program gets on at a crawl, and whoever waits for it with it. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `mem_cgroup_handle_over_high`.',
      '`grep ^0:: /proc/PID/cgroup`, and in that folder under /sys/fs/cgroup and in each above it: `grep -H . memory.high ' +
        'memory.current memory.swap.high memory.swap.current`.',
      '`grep ^high memory.events` twice: it grows.',
      '`cat memory.pressure`: `full` near 100 says that all of the cgroup stands still.',
    ],
    resolves: [
      '`systemctl set-property UNIT MemoryHigh=2G`, or `echo max > memory.high`: at once.',
      'Less memory: `grep -E "^(anon|file|shmem|slab)" memory.stat` says what kind; `shmem` is a tmpfs that somebody may empty.',
      'Swap: with it there is something to reclaim.',
      'SIGKILL of the one that has most: `for p in $(cat cgroup.procs); do grep -H VmRSS /proc/$p/status; done`.',
    ],
    doesNot: [
      'Raising `memory.max`: it is the hard limit, and another file.',
      'Raising it below an ancestor that has the lower one.',
      'Waiting for the OOM killer: above memory.high it does not come.',
    ],
    lookAlikes: [
      '`high` in memory.events that grew at some time in the past, with nobody in `mem_cgroup_handle_over_high`: reclaim did ' +
        'its work.',
      'D in `mem_cgroup_oom_synchronize` (version 1): no memory at all: `cgroup-oom-paused`.',
      'D in `balance_dirty_pages`: writers are slowed down to what the disk takes, not by a memory limit.',
    ],
    sources: [
      'cgroups(7), systemd.resource-control(5) (MemoryHigh=)',
      'kernel: Documentation/admin-guide/cgroup-v2.rst (Memory), mm/memcontrol.c',
    ],
  },
});

/** Of the time between the looks that it ran, at most: who runs for longer is slowed down less than that one could tell. */
const MOST_AT_WORK = 0.5;

/** Asleep at every look, or at work for a short time in between: between two sleeps it runs for a moment. */
function isHeldUp({ spanSeconds }: Blame, { wait }: Step): boolean {
  const { states, cpuBetweenLooks } = wait.thread;
  if (states.every((state) => state === 'D')) return true;
  if (cpuBetweenLooks === undefined || spanSeconds <= 0) return false;
  return (cpuBetweenLooks.user + cpuBetweenLooks.system) / spanSeconds <= MOST_AT_WORK;
}
