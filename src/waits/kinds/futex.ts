import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { pointFacts } from '../facts.ts';
import type { Edge, Fact } from '../graph.ts';
import { edge, processNode, strangerNode, thing, threadNode } from '../nodes.ts';
import { acceptsFor } from '../objects/accept-turn.ts';
import { type LockWord, lockWordOf } from '../objects/futex-lock.ts';
import { type Hop, inFrames, type Resolver, type Wait, type WaitContext, waitOf } from '../wait.ts';

/** futex(2) operations and flags. */
const FUTEX_WAIT = 0;
const FUTEX_LOCK_PI = 6;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE = 0x80;
const COMMAND = 0x7f;

/** futex: a lock (glibc mutex, PI), a join, a condition variable; the owner is read from memory where it cannot fault. */
export const futex: Resolver = (context) => {
  const { evidence, thread } = context;
  const name = thread.syscallName ?? '';
  const isFutex =
    /^futex(?:_wait|_waitv)?$/.test(name) ||
    inFrames(
      thread,
      /^(?:futex_do_wait|futex_wait\w*|__futex_wait|futex_lock_pi|rt_mutex_\w+|__rt_mutex_\w+)$/,
      2,
    );
  if (!isFutex) return undefined;
  const facts = pointFacts(evidence, thread);
  const asleep = (point: string, detail: NonNullable<Wait['detail']> = {}) =>
    waitOf(context, {
      kind: 'futex',
      point,
      idle: 'idle-futex',
      subsystem: 'futex',
      killable: true,
      facts,
      detail,
    });
  const address = thread.argument(0);
  const operation = thread.intArgument(1);
  if (name !== 'futex' || address === undefined || operation === undefined) {
    return asleep(name || 'futex');
  }
  const command = operation & COMMAND;
  const at = `0x${address.toString(16)}`;
  const expected = thread.intArgument(2) ?? 0;
  const point = `futex(${at}, ${nameOf(command)})`;

  // pthread_join waits for the word that holds the thread's TID to be cleared (CLONE_CHILD_CLEARTID).
  const isWait = command === FUTEX_WAIT || command === FUTEX_WAIT_BITSET;
  const joined =
    isWait && expected > 3 && thread.argument(3) === 0n
      ? context.process.tids.find((tid) => tidInNamespace(context, tid) === expected)
      : undefined;
  if (joined !== undefined) return joinWait(context, joined, point, facts);
  const pi = command === FUTEX_LOCK_PI || command === FUTEX_LOCK_PI2;
  if (pi || isWait) {
    const lock = lockWordOf(evidence, context.process, address, pi ? 'pi' : expected);
    // Condition variables, semaphores and other runtimes' locks wait for the same values: without an owner nothing is claimed.
    if (lock !== undefined && 'unread' in lock) return asleep(point, { ownerUnread: lock.unread });
    const wait = lock === undefined ? undefined : lockWait(context, address, lock, point, facts);
    if (wait !== undefined) return wait;
  }
  return asleep(point);
};

function nameOf(command: number): string {
  return (
    {
      [FUTEX_WAIT]: 'WAIT',
      [FUTEX_LOCK_PI]: 'LOCK_PI',
      [FUTEX_WAIT_BITSET]: 'WAIT_BITSET',
      [FUTEX_LOCK_PI2]: 'LOCK_PI2',
    }[command] ?? String(command)
  );
}

function tidInNamespace({ process, evidence }: WaitContext, tid: number): number {
  const thread = process.thread(tid);
  return (thread?.status ?? evidence.host.status(tid))?.nsPid.at(-1) ?? tid;
}

function joinWait(context: WaitContext, tid: number, point: string, facts: readonly Fact[]) {
  const { process, node } = context;
  const thread = process.thread(tid);
  const to = thread === undefined ? strangerNode(tid, '') : threadNode(process, thread);
  return waitOf(context, {
    kind: 'join',
    point: `${point}: joins thread ${tid}`,
    idle: 'idle-futex',
    subsystem: 'futex',
    killable: true,
    facts,
    hops: [
      {
        soft: true,
        next: { pid: process.pid, tid },
        edges: [
          edge(
            node,
            to,
            'joins',
            `thread ${tid}`,
            'the word it waits on holds that thread’s TID',
            [],
            'likely',
          ),
        ],
      },
    ],
  });
}

/** Waits for a lock: whoever its memory names as its owner, if that can be a thread at all. */
function lockWait(
  context: WaitContext,
  address: bigint,
  word: LockWord,
  point: string,
  facts: readonly Fact[],
) {
  const { process, node } = context;
  const { owner, label, memory } = word;
  const found = owner === undefined ? undefined : findThread(context, owner);
  // Another use of a futex with the same value has anything at all behind its word: only a plausible TID is an owner.
  if (owner !== undefined && found === undefined && !plausible(context, owner)) return undefined;
  const lock = thing('futex', `${process.pid}:${address.toString(16)}`, `lock 0x${address.toString(16)}`);
  const waits = edge(node, lock, 'waits for', lock.name, 'its futex call', facts);
  const hop =
    owner === undefined ? readersHop(context, word, waits) : ownerHop(context, owner, found, word, waits);
  const turn = acceptsFor(process, found?.process);
  return waitOf(context, {
    subsystem: 'futex',
    killable: true,
    kind: 'futex-lock',
    ...(turn ? { idle: 'idle-accept' } : {}),
    point: `${point}, ${turn ? `its turn to accept connections (${label})` : label}`,
    facts: [...facts, memory],
    hops: [hop],
    detail: {
      ...(owner === undefined ? {} : { owner: found?.thread.tid ?? owner }),
      ...(word.readers === undefined ? {} : { readers: word.readers }),
      gone: owner !== undefined && found === undefined,
      self: found !== undefined && found.thread.tid === context.thread.tid,
    },
  });
}

/** The thread that the lock names, or what is left of it: its number. */
function ownerHop(
  { process }: WaitContext,
  owner: number,
  found: { process: ProcessEvidence; thread: ThreadEvidence } | undefined,
  { memory }: LockWord,
  waits: Edge,
): Hop {
  const lock = waits.to;
  if (found === undefined) {
    const gone = { ...thing('thread', String(owner), 'a thread that is gone'), pid: process.pid, tid: owner };
    const how = 'the owner’s TID in the lock, and no such thread';
    return { edges: [waits, edge(lock, gone, 'owned by', `TID ${owner}`, how, [memory], 'likely')] };
  }
  const holder = threadNode(found.process, found.thread);
  const how = 'the owner’s TID stands in the lock';
  return {
    next: { pid: found.process.pid, tid: found.thread.tid },
    edges: [waits, edge(lock, holder, 'held by', lock.name, how, [memory], 'likely')],
  };
}

/** A read lock counts its holders and does not name them: in private memory they are threads of this process. */
function readersHop(context: WaitContext, { readers, memory }: LockWord, waits: Edge): Hop {
  const { process } = context;
  const on = `${readers} read lock${readers === 1 ? '' : 's'}`;
  const how = 'the lock counts its readers and does not name them';
  const holder = isPrivate(context)
    ? processNode(process)
    : thing('lock', waits.to.id, 'readers that the lock does not name');
  return { edges: [waits, edge(waits.to, holder, 'held by', on, how, [memory], 'likely')] };
}

const isPrivate = ({ thread }: WaitContext) => ((thread.intArgument(1) ?? 0) & FUTEX_PRIVATE) !== 0;

/** The thread with this TID as the waiter's namespace counts: its own process first, then every other. */
function findThread(context: WaitContext, tid: number) {
  const { process } = context;
  const own = process.tids.find((candidate) => tidInNamespace(context, candidate) === tid);
  const ownThread = own === undefined ? undefined : process.thread(own);
  if (ownThread !== undefined)
    return ownThread.state === 'Z' && !ownThread.isLeader ? undefined : { process, thread: ownThread };
  // A private lock's owner is a thread of this process or nobody: a fork copies a locked lock, and not its owner.
  if (isPrivate(context)) return undefined;
  const owner = ownerElsewhere(context, tid);
  const thread = owner?.thread(tid) ?? owner?.leader;
  return owner === undefined || thread === undefined || thread.state === 'Z'
    ? undefined
    : { process: owner, thread };
}

/** The process with a thread of this number as the waiter counts. From our own level every TID has a /proc entry. */
function ownerElsewhere({ evidence, process }: WaitContext, tid: number): ProcessEvidence | undefined {
  const level = (process.status?.nsPid.length ?? 1) - 1;
  if (level === 0) return evidence.process(evidence.host.status(tid)?.tgid);
  const found = [...evidence.host.statuses].find(
    ([, { nsPid }]) => nsPid[level] === tid && nsPid.length > level,
  );
  return evidence.process(found?.[0]);
}

/** Could the number have been a thread of this host at all: not above kernel.pid_max. */
function plausible({ evidence }: WaitContext, tid: number): boolean {
  const max = Number(evidence.line('/proc/sys/kernel/pid_max') ?? 4_194_304);
  return tid > 1 && tid < max;
}
