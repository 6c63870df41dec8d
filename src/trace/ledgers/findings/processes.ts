import type { TraceFinding } from '../../finding.ts';
import type { FailedSpawns } from '../processes/book.ts';
import type { Context } from './context.ts';
import { count, named, span } from './words.ts';

/** fork(2) has one number, EAGAIN, for four limits. The two that are met in practice are told, each as possible. */
export function findProcessLimits({ books }: Context): TraceFinding[] {
  const failures = books.processes.failedSpawns.items.filter(({ errno }) => errno === 'EAGAIN');
  const seen = new Set<number>();
  return failures.flatMap((failure): TraceFinding[] => {
    if (seen.has(failure.pid)) return [];
    seen.add(failure.pid);
    const total = failures.filter(({ pid }) => pid === failure.pid).reduce((sum, { count: n }) => sum + n, 0);
    const root = failure.uid === 0;
    const limits = [
      limit(failure, total, {
        cause: 'cgroup-pids-max',
        what: 'pids.max of its cgroup',
        other: 'rlimit-nproc',
        command: `cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/${failure.pid}/cgroup) && grep -H . pids.max pids.current pids.events`,
        effect:
          'shows the limit, how many there are, and how often it was hit; ancestors may have a lower one',
      }),
      limit(failure, total, {
        cause: 'rlimit-nproc',
        what: 'RLIMIT_NPROC of its user',
        other: 'cgroup-pids-max',
        command: `grep -E 'Max processes' /proc/${failure.pid}/limits; ps -L --no-headers -U $(stat -c %u /proc/${failure.pid}) | wc -l`,
        effect: 'shows the limit, and how many threads the user has; it does not hold for root',
      }),
    ];
    // RLIMIT_NPROC does not bind root, but in a user namespace of its own.
    return root ? limits.slice(0, 1).map((found) => ({ ...found, ...OF_ROOT })) : limits;
  });
}

const OF_ROOT = {
  confidence: 'likely',
  because: 'EAGAIN for root, whom RLIMIT_NPROC does not bind: this, or the host has no PIDs or threads left',
} as const;

function limit(
  { pid, comm, call, errno, firstNs, lastNs }: FailedSpawns,
  total: number,
  told: {
    readonly cause: string;
    readonly what: string;
    readonly other: string;
    readonly command: string;
    readonly effect: string;
  },
): TraceFinding {
  return {
    cause: told.cause,
    family: 'limit',
    severity: 'warning',
    confidence: 'possible',
    because: `EAGAIN of ${call} means this, ${told.other}, or that the host has no PIDs or threads left: a trace cannot tell them apart`,
    title: `${named(pid, comm)}: ${count(total, 'child', 'children')} could not be started (${errno}): ${told.what}?`,
    summary: `${call} of ${named(pid, comm)} failed with EAGAIN ${count(total, 'time')}, first at ${span(firstNs)} into the trace, last at ${span(lastNs)}: ${told.what} may be reached.`,
    culprit: { pid, comm },
    facts: [{ text: `${call}(…) = -1 EAGAIN`, pid, atNs: firstNs }],
    remedies: [{ command: told.command, effect: told.effect, risk: 'none: reads only' }],
  };
}
