import { edge, thing } from '../waits/nodes.ts';
import { type CpuLimit, cpuLimit } from '../waits/objects/cgroup.ts';
import type { Step } from '../waits/walk.ts';
import type { Blame } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, shellWord } from './remedies.ts';
import { rule } from './rule.ts';

/** Of the time between the looks that a thread which wants to run is kept off its CPU, to be called throttled. */
const MOST_OF_IT = 0.5;
/** And the share of a CPU that it gets at most: who has more is slowed, not stuck. */
const LITTLE = 0.25;

export default rule({
  id: 'cgroup-cpu-throttled',
  family: 'limit',
  title: 'Wants to run, and its cgroup has used up its CPU time',
  find: (blame) =>
    blame.steps
      .filter((step) => step.wait.kind === 'running' && step.cycle === undefined)
      .flatMap((step) => {
        const { process } = step.wait;
        const limit = cpuLimit(blame.evidence, `${process.dir}/cgroup`, process.cgroups);
        // The first look at one who runs under a limit asks for a second.
        if (limit === undefined || limit.throttled === 0) return [];
        const kept = blame.sampled ? keptOff(blame, step, limit) : 1;
        if (kept < MOST_OF_IT) return [];
        const name = `cgroup ${limit.cgroup}`;
        const allowed = `${Number((limit.cpus * 100).toPrecision(2))} % of a CPU`;
        const cgroup = thing('cgroup', limit.cgroup, name);
        const how = `${limit.throttled} of ${limit.periods} periods ended early`;
        return [
          findingAt(blame, step, {
            severity: 'warning',
            confidence: 'certain',
            because: `state R at every look, and hardly any CPU time; ${how}`,
            title: `kept off the CPU by ${limit.cgroup}`,
            summary: `${who(step)} wants to run; ${name} may use ${allowed}, and has used it up: ${how}.`,
            culprit: cgroup,
            chain: [...step.chain, edge(step.wait.node, cgroup, 'throttled by', allowed, how, limit.facts)],
            facts: [...step.wait.facts, ...limit.facts],
            remedies: [
              {
                command:
                  limit.version === 1
                    ? `echo -1 > ${shellWord(`${limit.cgroup}/cpu.cfs_quota_us`)}`
                    : `echo max > ${shellWord(`${limit.cgroup}/cpu.max`)}`,
                effect: 'takes the limit away; it runs at once',
                risk: 'others on this host get less; systemd or the container runtime may set it again',
              },
              advice(
                'For good: CPUQuota= of the unit, --cpus of the container, resources.limits.cpu of the pod.',
              ),
            ],
          }),
        ];
      }),
  explanation: {
    meaning:
      'The cgroup, or one above it, may use so much CPU time a period (cpu.max; version 1: cpu.cfs_quota_us), and its tasks ' +
      'have used it up: they wait for the next period in state R, off their CPUs. With a quota far too small a program stands ' +
      'still for most of the time while nothing seems to hold it: no D, no wait channel, no lock. Whoever waits for it (a ' +
      'lock that it holds, an answer) stands still as well. SIGKILL works, once it gets its turn.',
    byHand: [
      '`cat /proc/PID/cgroup`, and in that folder under /sys/fs/cgroup (version 1: /sys/fs/cgroup/cpu) and in each above it: ' +
        '`grep -H . cpu.max cpu.stat` (version 1: `cpu.cfs_quota_us`).',
      '`cat cpu.stat` twice: `nr_throttled` and `throttled_usec` (version 1: `throttled_time`) grow.',
      "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f1,12,13` twice: R, and the times stand nearly still.",
    ],
    resolves: [
      '`systemctl set-property UNIT CPUQuota=200%`, `docker update --cpus 2 CONTAINER`, or `echo max > cpu.max`: at once.',
      'Fewer busy threads: the limit is shared by all of the cgroup, and a garbage collector with a thread for each CPU of ' +
        'the host uses it up in one burst.',
    ],
    doesNot: [
      '`renice`, real-time priority: the limit is not a matter of priority.',
      'Raising it below an ancestor that has the lower one.',
    ],
    lookAlikes: [
      '`nr_throttled` that grew at some time in the past: what counts is that it grows now.',
      'A crowded host: R as well, and `nr_throttled` stands still (`/proc/pressure/cpu` tells).',
      'A frozen cgroup: S or D, and no CPU time at all: `cgroup-frozen`.',
    ],
    sources: [
      'cgroups(7), systemd.resource-control(5) (CPUQuota=)',
      'kernel: Documentation/scheduler/sched-bwc.rst, Documentation/admin-guide/cgroup-v2.rst (CPU)',
    ],
  },
});

/** The part of the time between the looks, 0 to 1, that a thread stood still by its limit. */
function keptOff(blame: Blame, step: Step, limit: CpuLimit): number {
  const { thread } = step.wait;
  const span = blame.spanSeconds;
  const spent = thread.cpuBetweenLooks;
  if (spent === undefined || span <= 0 || !thread.states.every((state) => state === 'R')) return 0;
  const share = (spent.user + spent.system) / span;
  if (share > LITTLE) return 0;
  // The kernel counts when a period ends: of a long one nothing is seen between two looks, of shorter ones all that counts.
  if (limit.throttledBetweenLooks === 0 && span > 2 * limit.periodSeconds) return 0;
  const often = limit.periods > 0 && limit.throttled / limit.periods >= MOST_OF_IT;
  const isLow = limit.cpus < LITTLE && share <= 2 * limit.cpus + 0.02;
  return Math.max(limit.secondsBetweenLooks / span, often || isLow ? MOST_OF_IT : 0);
}
