import { type Account, wordsOf } from '../account.ts';
import type { Guard } from '../guard.ts';
import { statusOf } from '../proc.ts';
import type { StraceTool } from '../tools.ts';
import { type TreeTask, tasksOfTree } from '../tree.ts';
import { chooseAttachees, isLive } from './attachees.ts';
import { StraceRecorder } from './recorder.ts';

/** strace fails as a whole when the thread that it was told of ends before it comes to it. */
const TRIES = 4;

export interface StraceStart {
  readonly guard: Guard;
  readonly strace: StraceTool;
  readonly pid: number;
  readonly follow: boolean;
  /** For `strace -e trace=`. */
  readonly syscalls: string | undefined;
  readonly hasPerf: boolean;
  readonly account: Account;
}

/** Attaches strace to the tree. Undefined: it could not, and the account says why. */
export async function startStrace(start: StraceStart): Promise<StraceRecorder | undefined> {
  const { guard, strace, follow, syscalls, account } = start;
  let recorder: StraceRecorder | undefined;
  let said = '';
  let pids: readonly number[] = [];
  let live: readonly TreeTask[] = [];
  for (let nth = 0; nth < TRIES; nth++) {
    live = tasksOfTree(start.pid, follow).filter(isLive);
    pids = await chooseAttachees(live, follow);
    if (pids.length === 0) said ||= 'the process has ended';
    if (pids.length === 0) break;
    try {
      const options = { pids, follow, ...(syscalls === undefined ? {} : { syscalls }) };
      recorder = await StraceRecorder.start(guard, strace, options);
      if (nth === TRIES - 1 || !(await recorder.stumbles())) break;
      await recorder.giveUp();
      recorder = undefined;
    } catch (error) {
      said = wordsOf(error);
      // Others of the process live, where the one that was named did not until strace came to it.
      if (pids.every(isThere)) break;
    }
  }
  if (recorder === undefined) {
    account.refuse({
      source: 'strace',
      code: 'strace-failed',
      message: `strace did not start: ${said}.`,
      remedy: remedyFor(said, start.hasPerf),
    });
    return undefined;
  }
  const missed = stillMissed(recorder.refused, live, follow);
  if (missed.length > 0)
    account.note(
      `strace could not attach to ${missed.length} of ${pids.length}: ${missed.slice(0, 20).join(', ')}.`,
    );
  return recorder;
}

function remedyFor(said: string, hasPerf: boolean): string {
  // An older strace knows fewer, so it is asked and not a table of ours.
  const named = /invalid system call|invalid.*class/.test(said)
    ? '--syscalls takes what strace -e trace= does: openat,read or %file. '
    : '';
  return `${named}${hasPerf ? 'What follows is of perf alone.' : named === '' ? 'Use --perf alone.' : ''}`.trim();
}

/** Of those that strace could not attach to, who is there still, or has others of its process that are. */
function stillMissed(refused: readonly number[], live: readonly TreeTask[], follow: boolean): number[] {
  const processOf = new Map(live.map(({ pid, tid }) => [tid, pid]));
  return refused.filter((tid) => {
    const pid = processOf.get(tid) ?? tid;
    return isThere(tid) || (follow && tid !== pid && tasksOfTree(pid, false).some(isLive));
  });
}

const isThere = (tid: number): boolean => !['Z', 'X', undefined].includes(statusOf(tid)?.state);
