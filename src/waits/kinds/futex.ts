import type { ProcessEvidence } from '../../evidence/process.ts';
import { pointFacts } from '../facts.ts';
import type { Fact } from '../graph.ts';
import { edge, strangerNode, thing, threadNode } from '../nodes.ts';
import { readMemory, u32 } from '../objects/memory.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** futex(2) operations and flags. */
const FUTEX_WAIT = 0;
const FUTEX_LOCK_PI = 6;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE = 0x80;
const COMMAND = 0x7f;
/** Bits of a PI futex's word: FUTEX_WAITERS, FUTEX_OWNER_DIED, FUTEX_TID_MASK (uapi/linux/futex.h). */
/** glibc's pthread_mutex_t begins: int lock; unsigned count; int owner; unsigned nusers; int kind (nptl struct_mutex.h). */
const MUTEX_BYTES = 20;
const TID_MASK = 0x3fff_ffff;

/** futex: a lock (glibc mutex, PI), a join, a condition variable; the owner is read from memory where it cannot fault. */
export const futex: Resolver = (context) => {
  const { evidence, thread } = context;
  const name = thread.syscallName ?? '';
  const isFutex =
    /^futex(?:_wait|_waitv)?$/.test(name) ||
    inFrames(
      thread,
      /^(?:futex_do_wait|futex_wait_queue(?:_me)?|futex_wait\w*|__futex_wait|futex_lock_pi|rt_mutex_\w+|__rt_mutex_\w+)$/,
      2,
    );
  if (!isFutex) return undefined;
  const facts = pointFacts(evidence, thread);
  const base = { subsystem: 'futex' as const, killable: true };
  const address = thread.argument(0);
  const operation = thread.intArgument(1);
  if (name !== 'futex' || address === undefined || operation === undefined) {
    return waitOf(context, { ...base, kind: 'futex', point: name || 'futex', idle: 'idle-futex', facts });
  }
  const command = operation & COMMAND;
  const at = `0x${address.toString(16)}`;
  const expected = thread.intArgument(2) ?? 0;
  const point = `futex(${at}, ${nameOf(command)})`;

  if (command === FUTEX_LOCK_PI || command === FUTEX_LOCK_PI2)
    return lockWait(context, address, 0, point, 'PI lock', facts);
  // pthread_join waits for the word that holds the thread's TID to be cleared (CLONE_CHILD_CLEARTID).
  const joined =
    expected > 2 ? context.process.tids.find((tid) => tidInNamespace(context, tid) === expected) : undefined;
  if (command === FUTEX_WAIT || command === FUTEX_WAIT_BITSET) {
    if (joined !== undefined && thread.argument(3) === 0n) return joinWait(context, joined, point, facts);
    // A glibc mutex is entered with op FUTEX_WAIT and the value 2; its owner's TID stands 8 bytes further (nptl struct).
    if (command === FUTEX_WAIT && expected === 2 && thread.argument(3) === 0n)
      return lockWait(context, address, 8, point, 'mutex', facts);
    // A robust mutex keeps the owner in the word itself: owner TID with FUTEX_WAITERS set.
    if (command === FUTEX_WAIT && expected < 0)
      return lockWait(context, address, 0, point, 'robust mutex', facts);
  }
  return waitOf(context, {
    ...base,
    kind: 'futex',
    point,
    idle: 'idle-futex',
    facts,
    detail: { private: (operation & FUTEX_PRIVATE) !== 0 },
  });
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

/** Waits for a lock: `offset` bytes behind the word stands the owner's TID. */
function lockWait(
  context: WaitContext,
  address: bigint,
  offset: number,
  point: string,
  label: string,
  facts: readonly Fact[],
) {
  const { evidence, process, node } = context;
  const base = { subsystem: 'futex' as const, killable: true };
  // Condition variables, semaphores and other runtimes' locks wait for the same values: without an owner nothing is claimed.
  const noLock = (detail: Record<string, string> = {}) =>
    waitOf(context, { ...base, kind: 'futex', point, idle: 'idle-futex', facts, detail });
  const read = readMemory(evidence, process, address, offset === 0 ? 4 : MUTEX_BYTES);
  if (read === undefined || 'refused' in read) {
    return noLock({ ownerUnread: read === undefined ? 'pending' : read.refused });
  }
  const word = u32(read.bytes, 0);
  const owner = offset === 0 ? word & TID_MASK : u32(read.bytes, offset);
  const hex = [...read.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const memoryFact: Fact = {
    path: `${process.dir}/mem@0x${address.toString(16)}`,
    line: hex,
    says: `owner TID ${owner}`,
  };
  if (owner === 0 || (offset !== 0 && !looksLikeMutex(read.bytes))) {
    return noLock();
  }
  const found = findThread(context, owner);
  // Another use of a futex with the value 2 has anything at all behind its word: only a plausible TID is an owner.
  if (found === undefined && !plausible(context, owner)) {
    return noLock();
  }
  const lock = thing('futex', `${process.pid}:${address.toString(16)}`, `lock 0x${address.toString(16)}`);
  const waits = edge(node, lock, 'waits for', lock.name, 'its futex call', facts);
  const hop: Hop =
    found === undefined
      ? {
          edges: [
            waits,
            edge(
              lock,
              { ...thing('thread', String(owner), 'a thread that is gone'), pid: process.pid, tid: owner },
              'owned by',
              `TID ${owner}`,
              'the owner’s TID in the lock, and no such thread',
              [memoryFact],
              'likely',
            ),
          ],
        }
      : {
          next: { pid: found.process.pid, tid: found.thread.tid },
          edges: [
            waits,
            edge(
              lock,
              threadNode(found.process, found.thread),
              'held by',
              lock.name,
              'the owner’s TID stands in the lock',
              [memoryFact],
              'likely',
            ),
          ],
        };
  return waitOf(context, {
    ...base,
    kind: 'futex-lock',
    point: `${point}, ${label}`,
    facts: [...facts, memoryFact],
    hops: [hop],
    detail: {
      owner: found?.thread.tid ?? owner,
      gone: found === undefined,
      self: found?.thread.tid === context.thread.tid,
    },
  });
}

/** The thread with this TID as the waiter's namespace counts: its own process first, then every other. */
function findThread(context: WaitContext, tid: number) {
  const { process } = context;
  const own = process.tids.find((candidate) => tidInNamespace(context, candidate) === tid);
  const ownThread = own === undefined ? undefined : process.thread(own);
  if (ownThread !== undefined)
    return ownThread.state === 'Z' && !ownThread.isLeader ? undefined : { process, thread: ownThread };
  // A private lock's owner is a thread of this process or nobody: a fork copies a locked lock, and not its owner.
  if (((context.thread.intArgument(1) ?? 0) & FUTEX_PRIVATE) !== 0) return undefined;
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

/** lock 2 (contended), users, and a kind that exists: semaphores, stdio locks and other runtimes' locks do not look so. */
function looksLikeMutex(bytes: Uint8Array): boolean {
  const users = u32(bytes, 12);
  return u32(bytes, 0) === 2 && users >= 1 && users < 1_000_000 && u32(bytes, 16) < 0x200;
}

/** Could the number have been a thread of this host at all: not above kernel.pid_max. */
function plausible({ evidence }: WaitContext, tid: number): boolean {
  const max = Number(evidence.line('/proc/sys/kernel/pid_max') ?? 4_194_304);
  return tid > 1 && tid < max;
}
