import type { TraceFinding } from '../../finding.ts';
import type { Unreaping } from '../processes/book.ts';
import { type Context, hasGap } from './context.ts';
import { count, named, span } from './words.ts';

/** A healthy parent may take a second or two. */
const YOUNG_NS = 2_000_000_000;
const OLD_NS = 5_000_000_000;
const WORTH_A_LEAK = 8;
const MOST_FACTS = 8;

/** Children that have exited, and whose parent lives and does not collect them. */
export function findZombies(context: Context): TraceFinding[] {
  return context.books.processes.unreaping.items.flatMap((parent): TraceFinding[] => {
    // Whom it has collected, nobody knows: these perhaps.
    if (parent.oldestNs < YOUNG_NS || parent.reapedUnknown >= parent.zombies) return [];
    const growing = parent.zombies >= WORTH_A_LEAK && parent.quarters.filter((n) => n > 0).length >= 3;
    if (growing) return [leaking(context, parent)];
    return parent.ended ? [] : [notWaiting(context, parent)];
  });
}

function leaking(context: Context, parent: Unreaping): TraceFinding {
  const { pid, comm, zombies, quarters } = parent;
  return {
    cause: 'zombie-leak',
    family: 'leak',
    severity: 'warning',
    confidence: hasGap(context, pid) ? 'possible' : 'likely',
    because: hasGap(context, pid)
      ? 'events were lost: it may have waited unseen'
      : `${zombies} children exited all through the trace (${quarters.join(', ')} by quarters) and none was collected`,
    title: `${named(pid, comm)} leaves its dead children: ${count(zombies, 'zombie')}, and more come`,
    summary: `${named(pid, comm)} starts children that exit and does not wait for them: ${count(zombies, 'zombie')} ${parent.ended ? 'when it ended' : 'so far'}, the oldest for ${span(parent.oldestNs)}${waiting(parent)}. Each holds a PID; when pids.max or pid_max is reached, nothing can be started.`,
    culprit: { pid, comm },
    facts: facts(context, parent),
    remedies: remedies(pid),
  };
}

function notWaiting(context: Context, parent: Unreaping): TraceFinding {
  const { pid, comm, zombies, oldestNs, waits } = parent;
  // One that waits now and then may come round to these too.
  const old = oldestNs >= OLD_NS && waits === 0 && !hasGap(context, pid);
  return {
    cause: 'zombie-parent-not-waiting',
    family: 'reaping',
    severity: waits === 0 || oldestNs >= OLD_NS ? 'warning' : 'info',
    confidence: old ? 'likely' : 'possible',
    because: hasGap(context, pid)
      ? 'events were lost: it may have waited unseen'
      : `dead for ${span(oldestNs)}, and ${waits === 0 ? 'the parent made no call that waits' : 'the parent has waited, for others'}`,
    title: `${count(zombies, 'zombie')}: the parent ${named(pid, comm)} does not wait`,
    summary: `${named(pid, comm)} has not collected ${count(zombies, 'dead child', 'dead children')}, the oldest for ${span(oldestNs)}${waiting(parent)}.`,
    culprit: { pid, comm },
    facts: facts(context, parent),
    remedies: remedies(pid),
  };
}

function waiting({ waits, reaped }: Unreaping): string {
  return waits === 0 ? '' : `; it called wait ${waits} times and collected ${reaped} others`;
}

function facts({ books }: Context, { pid }: Unreaping) {
  return books.processes.zombies.items
    .filter(({ parentPid }) => parentPid === pid)
    .slice(0, MOST_FACTS)
    .map((zombie) => ({
      text: `${named(zombie.pid, zombie.comm)} exited, and nobody has waited for it for ${span(zombie.ageNs)}`,
      pid: zombie.pid,
      atNs: zombie.exitedNs,
    }));
}

function remedies(pid: number) {
  return [
    {
      command: `kill -CHLD ${pid}`,
      effect: 'reminds a parent that has missed a SIGCHLD',
      risk: 'none',
    },
    {
      command: `kill ${pid}`,
      effect: 'when the parent ends, init reaps its zombies',
      risk: 'ends that program',
    },
  ];
}
