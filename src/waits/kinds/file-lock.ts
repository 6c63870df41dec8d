import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { FileLock } from '../../procfs/locks.ts';
import { fact, fdFact, lineFact, partFact, pointFacts, stateFact } from '../facts.ts';
import type { Edge, Fact, Node } from '../graph.ts';
import { edge, processNode, strangerNode, thing } from '../nodes.ts';
import { acceptsFor } from '../objects/accept-turn.ts';
import { type CallTarget, callTarget } from '../objects/call-target.ts';
import { type Hop, inFrames, isBlind, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** fcntl(2) */
const F_SETLKW = 7;
const F_OFD_SETLKW = 38;

/** flock, POSIX and open-file-description locks: who holds the lock now. */
export const fileLock: Resolver = (context) => {
  const { evidence, process, thread } = context;
  const name = thread.syscallName;
  const command = thread.intArgument(1);
  const byCall = name === 'flock' || (name === 'fcntl' && (command === F_SETLKW || command === F_OFD_SETLKW));
  const byFrame = inFrames(
    thread,
    /^(?:locks_lock_inode_wait|flock_lock_inode_wait|posix_lock_inode_wait|fcntl_setlk|fcntl_setlk64|__break_lease|nlmclnt_\w+|nfs4_proc_lock)$/,
    3,
  );
  if (!byFrame && !(byCall && isBlind(thread))) return undefined;
  const lease = inFrames(thread, /^(?:__)?break_lease$/, 3);
  // A lease stands in the way of calls on a path as well.
  const call = lease ? callTarget(context) : onDescriptor(process, thread.intArgument(0));
  const { fd, path: target } = call;
  const locks = command === F_OFD_SETLKW ? 'OFD lock' : 'POSIX lock';
  const kind = lease ? 'lease' : name === 'fcntl' ? locks : 'flock';
  const hops = holders(context, fd, target);
  const turn = hops.some(({ next }) => acceptsFor(process, evidence.process(next?.pid)));
  return waitOf(context, {
    kind: 'file-lock',
    point: `${name ?? 'lock'}(${[fd, target].filter((part) => part !== undefined).join(', ') || '?'}): ${turn ? `its turn to accept connections (${kind})` : kind}`,
    subsystem: 'file-lock',
    killable: true,
    facts: [...pointFacts(evidence, thread), ...call.facts],
    // The kernel looks every few milliseconds whether the holder of a lease has stepped down (fs/locks.c, __break_lease).
    ...(lease ? { restless: true } : {}),
    ...(turn ? { idle: 'idle-accept' } : {}),
    hops,
    detail: { lock: kind, ...(target === undefined ? {} : { file: target }) },
  });
};

function onDescriptor(process: ProcessEvidence, fd: number | undefined): CallTarget {
  if (fd === undefined) return { facts: [] };
  const path = process.fd(fd)?.target;
  return { fd, ...(path === undefined ? {} : { path }), facts: fdFact(process, fd) };
}

function holders(context: WaitContext, fd: number | undefined, target: string | undefined): Hop[] {
  const { evidence, process, node } = context;
  const { locks } = evidence.host;
  const ours = locks.find(
    (lock) =>
      lock.blocked && lock.pid === process.pid && (target === undefined || matchesInode(context, fd, lock)),
  );
  const blocking =
    ours === undefined
      ? locksOfFile(context, fd, target)
      : locks.filter((lock) => lock.id === ours.id && !lock.blocked);
  const file = thing('file', target ?? `${process.pid}:${fd}`, target ?? 'the file');
  const proof: Fact[] =
    ours === undefined
      ? []
      : partFact(evidence, '/proc/locks', new RegExp(`^${ours.id}: +(-> .* ${process.pid} .*)$`, 'm'));
  const waits = edge(node, file, 'waits for the lock on', file.name, 'its system call', proof);
  const found = new Map<number, Hop>();
  for (const lock of blocking) {
    const line = partFact(evidence, '/proc/locks', new RegExp(`^${lock.id}: +((?!->).*)$`, 'm'));
    const owner = lock.pid > 0 ? evidence.process(lock.pid) : undefined;
    const what = `${lock.kind} ${lock.access}`;
    // A POSIX lock is the process's; a flock belongs to the open file description, and its pid is only who took it.
    const named = lock.kind === 'POSIX' || holdsByFdinfo(owner, lock);
    if (owner !== undefined && named && owner.state !== 'Z') {
      const facts = [...line, ...stateFact(evidence, owner)];
      const to = edge(file, processNode(owner), 'locked by', what, '/proc/locks names it', facts);
      found.set(owner.pid, { next: { pid: owner.pid }, edges: [waits, to] });
      continue;
    }
    for (const { process: by, fd: held } of inheritors(context, lock, target)) {
      const to = heldBy(evidence, file, { lock, by, held, line, owner });
      found.set(by.pid, { next: { pid: by.pid }, edges: [waits, to] });
    }
    if (found.size > 0) continue;
    const how = '/proc/locks; its holder could not be found';
    const to = edge(file, lostHolder(lock), 'locked by', what, how, line, 'possible');
    found.set(-1, { edges: [waits, to] });
  }
  return found.size === 0 ? [{ edges: [waits] }] : [...found.values()].slice(0, 8);
}

/** A lock that a process holds by a descriptor, whoever took it. */
function heldBy(
  evidence: Evidence,
  file: Node,
  told: {
    readonly lock: FileLock;
    readonly by: ProcessEvidence;
    readonly held: number;
    readonly line: readonly Fact[];
    readonly owner: ProcessEvidence | undefined;
  },
): Edge {
  const { lock, by, held, line, owner } = told;
  const info = lineFact(evidence, by.fdinfoPath(held), 'lock:');
  const taker =
    lock.pid > 0 && lock.pid !== by.pid
      ? `; taken by ${lock.pid}, which ${owner === undefined ? 'is gone' : 'has not this descriptor'}`
      : '';
  return edge(
    file,
    processNode(by),
    'locked by',
    `${lock.kind} ${lock.access}, fd ${held}`,
    `its descriptor carries the lock${taker}`,
    [...line, fact(by.fdPath(held), by.fd(held)?.target ?? ''), ...info, ...stateFact(evidence, by)],
  );
}

function lostHolder({ pid }: FileLock): Node {
  return strangerNode(Math.max(pid, 0), pid > 0 ? 'which is gone' : 'a holder that cannot be seen from here');
}

/** Processes whose descriptor carries this lock, by the `lock:` line of its fdinfo. */
function inheritors(
  { evidence, process }: WaitContext,
  lock: FileLock,
  target: string | undefined,
): { process: ProcessEvidence; fd: number }[] {
  const candidates = target === undefined ? [] : evidence.host.holders(target);
  const found: { process: ProcessEvidence; fd: number }[] = [];
  for (const { pid, fd } of candidates) {
    const by = evidence.process(pid);
    if (by === undefined || found.some((entry) => entry.process.pid === pid)) continue;
    const carries = (by.fdinfo(fd)?.locks ?? []).some(
      (line) => line.kind === lock.kind && line.inode === lock.inode && !line.blocked,
    );
    // The waiter has the file open too, by a description of its own.
    if (carries && pid !== process.pid) found.push({ process: by, fd });
  }
  return found;
}

function holdsByFdinfo(owner: ProcessEvidence | undefined, lock: FileLock): boolean {
  if (owner === undefined) return false;
  return owner.fds.some(({ fd, target }) => {
    if (!target.startsWith('/')) return false;
    return (owner.fdinfo(fd)?.locks ?? []).some(
      (line) => line.kind === lock.kind && line.inode === lock.inode,
    );
  });
}

function matchesInode({ process }: WaitContext, fd: number | undefined, lock: FileLock): boolean {
  const inode = fd === undefined ? undefined : process.fdinfo(fd)?.ino;
  return inode === undefined || inode === lock.inode;
}

/** Locks on the same file when our own waiting line is not there (another PID namespace's /proc, OFD locks show −1). */
function locksOfFile(context: WaitContext, fd: number | undefined, target: string | undefined): FileLock[] {
  const { evidence, process } = context;
  const inode = fd === undefined ? undefined : (process.fdinfo(fd)?.ino ?? lockedInode(context, target));
  const mount = fd === undefined ? undefined : process.mount(process.fdinfo(fd)?.mntId);
  if (inode === undefined) return [];
  return evidence.host.locks.filter(
    (lock) => !lock.blocked && lock.inode === inode && (mount === undefined || lock.minor === mount.minor),
  );
}

/** Inode of a file that somebody holds a lock on, by that descriptor: fdinfo tells a file's own only from 5.14 on. */
function lockedInode({ evidence, process }: WaitContext, target: string | undefined): number | undefined {
  const holders = target === undefined ? [] : evidence.host.holders(target);
  return holders
    .filter(({ pid }) => pid !== process.pid)
    .flatMap(({ pid, fd }) => evidence.process(pid)?.fdinfo(fd)?.locks ?? [])
    .find(({ blocked }) => !blocked)?.inode;
}
