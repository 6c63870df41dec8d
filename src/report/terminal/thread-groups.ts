import type { Diagnosis, ThreadReport } from '../../diagnosis/diagnosis.ts';

/** More threads than this in one and the same wait are one row: a pool of 2000 idle workers says nothing 2000 times. */
const MOST_ALIKE = 50;

/** A row of the table of threads: one thread, or many that do the same. */
export interface ThreadGroup {
  readonly threads: readonly [ThreadReport, ...ThreadReport[]];
  /** Cause of the finding that starts at (one of) these threads. */
  readonly cause?: string;
}

/** Threads in trouble first, then those that run or wait for something of note, then the idle ones; by number within. */
export function threadGroups(diagnosis: Diagnosis): ThreadGroup[] {
  const causes = causesByThread(diagnosis);
  const alike = new Map<string, ThreadReport[]>();
  for (const thread of diagnosis.threads) {
    const key = [thread.state, thread.waitPoint, thread.idle ?? '', causes.get(thread.tid) ?? ''].join('\0');
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [thread]);
    else group.push(thread);
  }
  const groups: ThreadGroup[] = [];
  for (const threads of alike.values()) {
    const sorted = threads.toSorted((a, b) => a.tid - b.tid);
    if (sorted.length > MOST_ALIKE) groups.push(group(sorted, causes));
    else groups.push(...sorted.map((thread) => group([thread], causes)));
  }
  return groups.sort((a, b) => rank(a) - rank(b) || a.threads[0].tid - b.threads[0].tid);
}

function group(threads: readonly ThreadReport[], causes: ReadonlyMap<number, string>): ThreadGroup {
  const [first, ...others] = threads;
  if (first === undefined) throw new RangeError('a group of no threads');
  const cause = causes.get(first.tid);
  return { threads: [first, ...others], ...(cause === undefined ? {} : { cause }) };
}

/** A finding belongs to the thread in which its chain starts; one that starts at the process, to its only thread. */
function causesByThread({ findings, threads }: Diagnosis): Map<number, string> {
  const causes = new Map<number, string>();
  const only = threads.length === 1 ? threads[0]?.tid : undefined;
  for (const { chain, rule } of findings) {
    const start = chain[0]?.from.tid ?? (chain.length > 0 ? only : undefined);
    for (const tid of [start, ...chain.map(({ from }) => from.tid)]) {
      if (tid !== undefined && !causes.has(tid)) causes.set(tid, rule.id);
    }
  }
  return causes;
}

function rank({ threads, cause }: ThreadGroup): number {
  if (cause !== undefined) return 0;
  return threads[0].idle === undefined ? 1 : 2;
}
