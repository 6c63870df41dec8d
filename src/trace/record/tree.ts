import { openLive } from '../../evidence/live/live-source.ts';
import { listNow } from '../../evidence/live/lock-free.ts';
import { parseChildren } from '../../procfs/children.ts';
import { parseStat } from '../../procfs/stat.ts';
import type { ProcStatus } from '../../procfs/status.ts';
import { procText, statusOf } from './proc.ts';

/** A thread of the tree, as its status tells. */
export interface TreeTask {
  readonly pid: number;
  readonly tid: number;
  readonly status: ProcStatus;
}

/** A tree larger than this is followed no further. */
const MOST_TASKS = 20_000;

/**
 * All threads of a process, and with `follow` of its descendants. Reads only what cannot block. A process that comes or goes
 * meanwhile may be missing or there.
 */
export function tasksOfTree(root: number, follow: boolean): TreeTask[] {
  const tasks: TreeTask[] = [];
  const queue = [root];
  const seen = new Set(queue);
  const parents =
    follow && procText(`/proc/self/task/${process.pid}/children`) === undefined ? parentsByScan() : undefined;
  for (let pid = queue.shift(); pid !== undefined && tasks.length < MOST_TASKS; pid = queue.shift()) {
    for (const tid of tidsOf(pid)) {
      const status = statusOf(pid, tid);
      if (status !== undefined) tasks.push({ pid, tid, status });
      if (!follow || parents !== undefined) continue;
      for (const child of parseChildren(procText(`/proc/${pid}/task/${tid}/children`) ?? '')) {
        if (seen.has(child)) continue;
        seen.add(child);
        queue.push(child);
      }
    }
    for (const child of parents?.get(pid) ?? []) {
      if (seen.has(child)) continue;
      seen.add(child);
      queue.push(child);
    }
  }
  return tasks;
}

function numbersIn(directory: string): number[] {
  const names = listNow(directory);
  if (names.kind !== 'text') return [];
  return names.text
    .split('\n')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

const tidsOf = (pid: number): number[] => numbersIn(`/proc/${pid}/task`);

/** For kernels without /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN). */
function parentsByScan(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of numbersIn('/proc')) {
    const ppid = statusOf(pid)?.ppid;
    if (ppid === undefined) continue;
    const known = children.get(ppid);
    if (known === undefined) children.set(ppid, [pid]);
    else known.push(pid);
  }
  return children;
}

const STAT_MS = 2000;

/** Start times in clock ticks after boot, by tid; who is gone or does not answer is missing. */
export async function startTimes(
  tasks: readonly { readonly pid: number; readonly tid: number }[],
): Promise<Map<number, number>> {
  const keys = new Map(tasks.map(({ pid, tid }) => [`/proc/${pid}/task/${tid}/stat`, tid]));
  const outcomes = await openLive({ timeoutMs: STAT_MS }).fetch([...keys.keys()], 0);
  const times = new Map<number, number>();
  for (const [key, outcome] of outcomes) {
    const stat = outcome.kind === 'text' ? parseStat(outcome.text) : undefined;
    const tid = keys.get(key);
    if (stat !== undefined && tid !== undefined) times.set(tid, stat.startTime);
  }
  return times;
}

/** USER_HZ, which is 100 on all architectures that Node runs on. */
export const TICKS_PER_SECOND = 100;

/** Clock ticks since boot, as start times are given in, cut to a whole one. */
export function ticksNow(): number {
  const seconds = Number.parseFloat(procText('/proc/uptime') ?? '');
  return Number.isFinite(seconds) ? Math.round(seconds * TICKS_PER_SECOND) : Number.NaN;
}
