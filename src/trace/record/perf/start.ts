import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, wordsOf } from '../account.ts';
import type { Guard } from '../guard.ts';
import type { Refusal } from '../preflight/refusal.ts';
import { isLive } from '../strace/attachees.ts';
import type { PerfTool } from '../tools.ts';
import { startTimes, TICKS_PER_SECOND, type TreeTask, tasksOfTree, ticksNow } from '../tree.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { readIdIndex } from './id-index.ts';
import { deniedAltogether, isDenied, switchesOnly } from './limits.ts';
import { eventsOpened, PerfRecorder, type PerfSight } from './recorder.ts';

/** perf fails as a whole when one of its processes ends while it starts: on a busy host, where that takes seconds, often. */
const TRIES = 8;
/** A process younger than this is likely to end so, or to make threads meanwhile. */
const YOUNG_SECONDS = 1;
/** A thread that perf has not opened and that lives this long is worth a recorder of its own. */
const LATE_MS = 40;
const LATE_TRIES = 3;

export interface PerfStart {
  readonly guard: Guard;
  readonly perf: PerfTool;
  readonly pid: number;
  readonly follow: boolean;
  /** See narrowed.ts. */
  readonly filter: string | undefined;
  /** Why perf may see no more than switches. */
  readonly limit: Refusal | undefined;
  readonly account: Account;
}

/** perf's recorders, ready and not enabled yet; none: it could not be started, and the account says why. */
export interface StartedPerf {
  readonly recorders: readonly PerfRecorder[];
  readonly sight: PerfSight;
  /** Threads that none of them has opened, or may not have. */
  readonly blind: readonly number[];
}

/** Starts what perf needs: the tree's recorder, the host's wake-ups beside it, and one for threads that came meanwhile. */
export async function startPerf(start: PerfStart): Promise<StartedPerf> {
  const sight = start.limit === undefined ? 'tracepoints' : 'switches';
  const host = sight === 'switches' ? undefined : startHost(start, sight);
  const tree = await startTree(start, sight);
  const wakeups = await host;
  if (tree === undefined) {
    await wakeups?.stop();
    return { recorders: [], sight, blind: [] };
  }
  if (start.limit !== undefined) start.account.note(switchesOnly(start.limit));
  const { late, blind } = start.follow ? await startLate(start, sight, tree) : NONE_LATE;
  return { recorders: [tree, wakeups, late].filter((recorder) => recorder !== undefined), sight, blind };
}

async function startHost(
  { guard, perf, account }: PerfStart,
  sight: PerfSight,
): Promise<PerfRecorder | undefined> {
  try {
    return await PerfRecorder.start(guard, perf, { role: 'host', ids: [], follow: false, threads: 0, sight });
  } catch (error) {
    account.note(
      `Who woke whom is known inside of the tree only: the recorder of the host's wake-ups did not start (${wordsOf(error)}).`,
    );
    return undefined;
  }
}

async function startTree(start: PerfStart, sight: PerfSight): Promise<PerfRecorder | undefined> {
  const { guard, perf, pid: root, follow, filter, limit, account } = start;
  let said = '';
  for (let nth = 0; nth < TRIES; nth++) {
    const tasks = await grownUp(tasksOfTree(root, follow), root);
    const all = [...new Set(tasks.map(({ pid }) => pid))];
    // At last without its children: those that live on get a recorder of their own.
    const ids = nth < TRIES - 1 ? all : all.filter((pid) => pid === root);
    if (ids.length === 0) break;
    try {
      const options = { role: 'tree', ids, follow, threads: tasks.length, sight, filter } as const;
      return await PerfRecorder.start(guard, perf, options);
    } catch (error) {
      said = wordsOf(error);
      // Versions have different words for one that ended meanwhile; these will not change.
      if (isDenied(said) || /open file|unknown tracepoint|No space/i.test(said)) break;
    }
  }
  if (limit !== undefined && isDenied(said)) {
    account.refuse(deniedAltogether(limit, said));
    return undefined;
  }
  account.refuse({
    source: 'perf',
    code: 'perf-failed',
    message: `perf did not start: ${said || 'the process has ended'}.`,
    remedy: /open file|Too many/.test(said)
      ? 'It needs a descriptor for each event of each thread on each CPU: use --strace, or --no-follow on one process.'
      : 'procdiag doctor tells what this host lets perf do.',
  });
  return undefined;
}

interface Late {
  readonly late: PerfRecorder | undefined;
  readonly blind: readonly number[];
}

const NONE_LATE: Late = { late: undefined, blind: [] };

/** perf misses the threads that are born while it starts: those get a recorder of their own. */
async function startLate(start: PerfStart, sight: PerfSight, tree: PerfRecorder): Promise<Late> {
  const { threads, events } = readIdIndex(tree.file);
  if (threads.size === 0) return NONE_LATE;
  const span = tree.opening?.span(events || eventsOpened(threads.size, cpus().length, sight));
  const look = () => coverageNow(start.pid, threads, span);
  const first = await look();
  let missed = [...first.blind, ...first.unknown];
  let lasting = first.blind;
  if (lasting.length > 0) await pause(LATE_MS);
  for (let nth = 0; nth < LATE_TRIES && lasting.length > 0; nth++) {
    const { blind, unknown } = await look();
    // Most of a tree that forks a lot have ended by now; who has outlived a start that failed is likely to outlive the next.
    const ids = blind.filter((tid) => lasting.includes(tid));
    missed = [...blind, ...unknown];
    lasting = ids;
    if (ids.length === 0) break;
    try {
      const options = { role: 'late', ids, follow: true, threads: ids.length, sight } as const;
      const late = await PerfRecorder.start(start.guard, start.perf, { ...options, filter: start.filter });
      return { late, blind: missed.filter((tid) => !ids.includes(tid)) };
    } catch {
      // One of them ended meanwhile.
    }
  }
  return { late: undefined, blind: missed };
}

async function coverageNow(
  root: number,
  threads: ReadonlySet<number>,
  span: Parameters<typeof coverageOf>[2],
): Promise<Coverage> {
  const tasks = tasksOfTree(root, true).filter(isLive);
  const started = await startTimes(tasks.filter(({ tid }) => !threads.has(tid)));
  const candidates = tasks.map(({ pid, tid, status: { ppid } }) => ({
    pid,
    tid,
    ppid,
    startTime: started.get(tid),
  }));
  return coverageOf(candidates, threads, span);
}

async function grownUp(tasks: readonly TreeTask[], root: number): Promise<TreeTask[]> {
  const live = tasks.filter(isLive);
  const started = await startTimes(live.filter(({ pid, tid }) => pid === tid));
  const now = ticksNow();
  return live.filter(({ pid }) => {
    const start = started.get(pid);
    return pid === root || (start !== undefined && now - start >= YOUNG_SECONDS * TICKS_PER_SECOND);
  });
}
