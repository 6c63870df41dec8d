import { links } from '../../evidence/keys.ts';
import { openLive } from '../../evidence/live/live-source.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { parseStack } from '../../procfs/stack.ts';
import { parseSyscall } from '../../procfs/syscall.ts';
import type { RecordedTask, RecordingMeta } from '../recording.ts';
import { statusOf } from './proc.ts';
import { startTimes, type TreeTask } from './tree.ts';

/** What the events do not tell: who was there at the start, with which descriptors and signal dispositions. */
export type Snapshot = Pick<RecordingMeta, 'tasks' | 'descriptors' | 'signals' | 'notes'>;

const READ_MS = 2000;
const MOST_PROCESSES = 500;
const MOST_DESCRIPTORS = 200_000;
/** Sleepers of which is read in what they sleep: those of the first processes. */
const MOST_SLEEPERS = 1000;

export async function takeSnapshot(tasks: readonly TreeTask[]): Promise<Snapshot> {
  const started = await startTimes(tasks);
  const leaders = leadersOf(tasks);
  const notes: string[] = [];
  const looked = leaders.slice(0, MOST_PROCESSES);
  if (looked.length < leaders.length) {
    notes.push(
      `Only of ${looked.length} of ${leaders.length} processes the descriptors at the start are known.`,
    );
  }
  const asleep = await sleepsOf(tasks);
  const { descriptors, unknown } = await descriptorsOf(looked.map(({ pid }) => pid));
  if (unknown > 0) notes.push(`Of ${unknown} processes the descriptors at the start could not be read.`);
  return {
    tasks: tasks.map(
      ({ pid, tid, status }): RecordedTask => ({
        pid,
        tid,
        ppid: status.ppid,
        comm: status.name,
        startTime: started.get(tid) ?? 0,
        nspid: status.nsPid,
        ...(status.state.startsWith('T') ? { stopped: true } : {}),
        ...(/^[ZX]/.test(status.state) ? { ended: true } : {}),
        ...(asleep.has(tid) ? { asleep: asleep.get(tid)! } : {}),
      }),
    ),
    descriptors,
    signals: leaders.map(({ pid, status }) => ({
      pid,
      ignored: mask(status.sigIgn),
      caught: mask(status.sigCgt),
      blocked: mask(status.sigBlk),
    })),
    notes,
  };
}

/** More are not looked for again. */
const MOST_LOOKED = 5000;

/** The tasks of a snapshot, looked for again when all records: some may have ended before, of which no recorder tells. */
export function withGone(tasks: readonly RecordedTask[]): RecordedTask[] {
  return tasks.map((task, nth) => {
    if (nth >= MOST_LOOKED || task.ended === true) return task;
    const now = statusOf(task.pid, task.tid);
    return now === undefined || /^[ZX]/.test(now.state) ? { ...task, gone: true } : task;
  });
}

/**
 * Who was made after the tree was listed, as it is when all records: a recorder that attaches to threads which are there tells
 * of no birth of theirs, and strace not of which process they are. Of others, born later, there is an event too.
 */
export function lateTasks(before: readonly TreeTask[], now: readonly TreeTask[]): RecordedTask[] {
  const known = new Set(before.map(({ tid }) => tid));
  return now
    .filter(({ tid }) => !known.has(tid))
    .slice(0, MOST_LOOKED)
    .map(({ pid, tid, status }) => ({
      pid,
      tid,
      ppid: status.ppid,
      comm: status.name,
      startTime: 0,
      nspid: status.nsPid,
      late: true,
    }));
}

/** Of each process its leader, whose mask of signals is told; another of its threads where that one is not there. */
function leadersOf(tasks: readonly TreeTask[]): TreeTask[] {
  const found = new Map<number, TreeTask>();
  for (const task of tasks) if (task.tid === task.pid || !found.has(task.pid)) found.set(task.pid, task);
  return [...found.values()];
}

async function descriptorsOf(pids: readonly number[]) {
  const keys = new Map(pids.map((pid) => [links(`/proc/${pid}/fd`), pid]));
  const outcomes = await openLive({ timeoutMs: READ_MS }).fetch([...keys.keys()], 0);
  const descriptors: { pid: number; fds: (readonly [number, string])[] }[] = [];
  let unknown = 0;
  let left = MOST_DESCRIPTORS;
  for (const [key, pid] of keys) {
    const outcome = outcomes.get(key);
    if (outcome?.kind !== 'text' || left <= 0) {
      // One that has ended meanwhile is no loss.
      if (outcome?.kind !== 'error' || !/^(?:ENOENT|ESRCH)$/.test(outcome.errno)) unknown++;
      continue;
    }
    const fds = parseFdLinks(outcome.text)
      .filter(({ fd }) => Number.isFinite(fd))
      .map(({ fd, target }) => [fd, target] as const);
    left -= fds.length;
    descriptors.push({ pid, fds });
  }
  return { descriptors, unknown };
}

/** In what the sleeping ones sleep. Both files may block, and are read as all evidence is. */
async function sleepsOf(
  tasks: readonly TreeTask[],
): Promise<Map<number, NonNullable<RecordedTask['asleep']>>> {
  const sleepers = tasks.filter(({ status }) => /^[SDI]/.test(status.state)).slice(0, MOST_SLEEPERS);
  const path = ({ pid, tid }: TreeTask, file: string) => `/proc/${pid}/task/${tid}/${file}`;
  const outcomes = await openLive({ timeoutMs: READ_MS }).fetch(
    sleepers.flatMap((task) => [path(task, 'syscall'), path(task, 'stack')]),
    0,
  );
  const textOf = (key: string): string => {
    const outcome = outcomes.get(key);
    return outcome?.kind === 'text' ? outcome.text : '';
  };
  return new Map(
    sleepers.map((task) => {
      const call = parseSyscall(textOf(path(task, 'syscall')));
      const stack = parseStack(textOf(path(task, 'stack'))).map(({ name }) => name);
      return [
        task.tid,
        {
          state: task.status.state.slice(0, 1),
          // Threads of the kernel make no calls: all is 0 there.
          ...(call?.kind === 'in' && call.pc !== 0n
            ? { nr: call.nr, args: call.args.map((word) => `0x${word.toString(16)}`).join(', ') }
            : {}),
          ...(stack.length === 0 ? {} : { stack }),
        },
      ] as const;
    }),
  );
}

/** As in status: 16 hexadecimal digits. */
const mask = (bits: bigint): string => bits.toString(16).padStart(16, '0');
