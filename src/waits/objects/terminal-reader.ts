import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { contextOf } from '../wait.ts';
import { watchedSet } from './watched-set.ts';

/**
 * Whether somebody is about to read a descriptor: `ready` sleeps until it has something to be read (so there is nothing),
 * `away` sleeps in something else with all of its threads, `unknown` may do either.
 */
export type Reading = 'ready' | 'away' | 'unknown';

/** Calls in which a thread does not read anything but what they are given. */
const READS = /^(?:p?read(?:v2?|64)?|preadv2?|recv(?:from|msg|mmsg)?)$/;
/** Calls which sleep and read nothing at all. */
const ELSEWHERE =
  /^(?:futex(?:_wait\w*)?|(?:clock_)?nanosleep|pause|rt_sig\w+|wait4|waitid|p?write(?:v2?|64)?|pwritev2?|send(?:to|msg|mmsg)|connect|accept4?|flock|fcntl|semop|semtimedop|msgsnd|msgrcv|mq_\w+|fsync|fdatasync|openat2?|open|execve|clone3?|vfork)$/;

/** How all threads of `process` stand to the descriptors in `fds`, which are ends of one and the same thing. */
export function readingOf(evidence: Evidence, process: ProcessEvidence, fds: ReadonlySet<number>): Reading {
  const { threads } = process;
  if (threads.length < process.tids.length) return 'unknown';
  const all = threads.map((thread) => readingIn(evidence, process, thread, fds));
  if (all.includes('ready')) return 'ready';
  return all.length > 0 && all.every((each) => each === 'away') ? 'away' : 'unknown';
}

function readingIn(
  evidence: Evidence,
  process: ProcessEvidence,
  thread: ThreadEvidence,
  fds: ReadonlySet<number>,
): Reading {
  if (!thread.deep || !/[SDTt]/.test(thread.state) || thread.moved === true) return 'unknown';
  const set = watchedSet(contextOf(evidence, process, thread));
  if (set !== undefined) {
    if (set.watched.some(({ fd, input }) => input && fds.has(fd))) return 'ready';
    return set.isWhole ? 'away' : 'unknown';
  }
  const name = thread.syscallName ?? '';
  if (READS.test(name)) return fds.has(thread.intArgument(0) ?? -1) ? 'ready' : 'away';
  return ELSEWHERE.test(name) ? 'away' : 'unknown';
}
