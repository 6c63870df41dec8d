import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Fact } from '../graph.ts';
import { readMemory, u32 } from './memory.ts';

/** What the memory around a futex word tells of the lock that it belongs to. */
export interface LockWord {
  /** `mutex`, `read-write lock` … */
  readonly label: string;
  /** TID of who holds it, as the process itself counts; undefined where the lock only counts its holders. */
  readonly owner?: number;
  /** How many hold it for reading. */
  readonly readers?: number;
  readonly memory: Fact;
}

/** Bits of a PI or robust futex's word: FUTEX_WAITERS, FUTEX_OWNER_DIED, FUTEX_TID_MASK (uapi/linux/futex.h). */
const TID_MASK = 0x3fff_ffff;
/** glibc's pthread_mutex_t begins: int lock; unsigned count; int owner; unsigned nusers; int kind (nptl struct_mutex.h). */
const MUTEX_BYTES = 20;
/** Below this stand the states of a priority-protected mutex's word, above it the ceiling (nptl pthreadP.h). */
const CEILING_SHIFT = 19;
/** Type, robust, protocol, shared and elision bits of a mutex's kind (nptl pthreadP.h). */
const KINDS = 0x400;
/** More threads than this wait for no mutex: the upper half of a pointer, maybe. */
const MOST_USERS = 10_000;
const TID_IN_THREAD = 0x2d0n;
/** glibc's pthread_rwlock_t (2.25 and later, struct_rwlock.h): waiters sleep on its third or fourth word. */
const RWLOCK_BYTES = 56;
const WRITE_PHASE = 1;
const WRITE_LOCKED = 2;
const READER_SHIFT = 3;

/**
 * The lock behind a futex word, by the layouts that are known: `expected` is the value that the waiter sleeps on, `pi` for
 * the kernel's own locks. Undefined when it is none of them: a condition variable, a semaphore, another runtime's lock.
 * `unread`: it could be one, and its memory was not read.
 */
export function lockWordOf(
  evidence: Evidence,
  process: ProcessEvidence,
  address: bigint,
  expected: number | 'pi',
): LockWord | { readonly unread: string } | undefined {
  const bytes = (at: bigint, length: number) => {
    const read = readMemory(evidence, process, at, length);
    return read === undefined ? { refused: 'pending' } : read;
  };
  if (expected === 'pi' || expected < 0) {
    // PI and robust mutexes (and all of musl's) keep the owner's TID in the word itself.
    const read = bytes(address, 4);
    if ('refused' in read) return { unread: read.refused };
    const owner = u32(read.bytes, 0) & TID_MASK;
    if (owner === 0) return undefined;
    const label = expected === 'pi' ? 'PI lock' : 'robust mutex';
    return { label, owner, memory: memoryFact(process, address, read.bytes, `owner TID ${owner}`) };
  }
  const state = expected & ((1 << CEILING_SHIFT) - 1);
  if (state === 2) {
    const read = bytes(address, MUTEX_BYTES);
    if ('refused' in read) return { unread: read.refused };
    const stream = u32(read.bytes, 12) > MOST_USERS ? streamOwner(evidence, process, read.bytes) : undefined;
    if (stream !== undefined)
      return {
        label: 'lock of a stdio stream',
        owner: stream,
        memory: memoryFact(process, address, read.bytes, `its owner is the thread with TID ${stream}`),
      };
    const owner = mutexOwner(read.bytes);
    if (owner !== undefined)
      return {
        label: 'mutex',
        owner,
        memory: memoryFact(process, address, read.bytes, `owner TID ${owner}`),
      };
  }
  if (expected !== state || state < 1 || state > 3) return undefined;
  // A reader, or the first of the writers, sleeps on the third word; all other writers sleep on the fourth.
  for (const offset of [8, 12]) {
    const start = address - BigInt(offset);
    const read = bytes(start, RWLOCK_BYTES);
    if ('refused' in read) continue;
    const found = rwlockHolder(read.bytes, offset);
    if (found === undefined) continue;
    const says = 'owner' in found ? `writer TID ${found.owner}` : `readers: ${found.readers}`;
    return { label: 'read-write lock', ...found, memory: memoryFact(process, start, read.bytes, says) };
  }
  return undefined;
}

/** lock 2 (contended), users, and a kind that exists: semaphores, stdio locks and other runtimes' locks do not look so. */
function mutexOwner(bytes: Uint8Array): number | undefined {
  const owner = u32(bytes, 8);
  const users = u32(bytes, 12);
  const contended = (u32(bytes, 0) & ((1 << CEILING_SHIFT) - 1)) === 2;
  const fits = contended && users >= 1 && users <= MOST_USERS && u32(bytes, 16) < KINDS;
  return fits && owner !== 0 ? owner : undefined;
}

/**
 * The owner of a stdio stream's lock, which is not its TID but the address of its `struct pthread` (x86-64): that begins
 * with two pointers to itself, and holds the TID further on (glibc: stdio-lock.h, tls.h, descr.h).
 */
function streamOwner(evidence: Evidence, process: ProcessEvidence, lock: Uint8Array): number | undefined {
  const pointer = u64(lock, 8);
  const read = readMemory(evidence, process, pointer, 24);
  if (read === undefined || 'refused' in read) return undefined;
  if (u64(read.bytes, 0) !== pointer || u64(read.bytes, 16) !== pointer) return undefined;
  const tid = readMemory(evidence, process, pointer + TID_IN_THREAD, 4);
  return tid === undefined || 'refused' in tid ? undefined : u32(tid.bytes, 0);
}

const u64 = (bytes: Uint8Array, offset: number) =>
  BigInt(u32(bytes, offset)) | (BigInt(u32(bytes, offset + 4)) << 32n);

/** The writer that has it, or how many readers, when these bytes can be a read-write lock that keeps somebody out. */
function rwlockHolder(
  bytes: Uint8Array,
  offset: number,
): { owner: number } | { readers: number } | undefined {
  const readers = u32(bytes, 0);
  const count = readers >>> READER_SHIFT;
  const writer = u32(bytes, 24);
  // Padding is zero, `shared` a truth, `flags` what it prefers; whoever waits does so for a write phase, or with the write
  // lock taken.
  if ([16, 20, 32, 36, 40, 44].some((padding) => u32(bytes, padding) !== 0)) return undefined;
  if (u32(bytes, 28) > 1 || u32(bytes, 48) > 2) return undefined;
  if (count > 1_000_000 || u32(bytes, offset) > 3) return undefined;
  if (writer !== 0) {
    const needed = offset === 8 ? WRITE_PHASE : WRITE_LOCKED;
    return (readers & needed) === 0 ? undefined : { owner: writer };
  }
  const reading = (readers & WRITE_LOCKED) !== 0 && (readers & WRITE_PHASE) === 0 && count > 0;
  return reading ? { readers: count } : undefined;
}

function memoryFact(process: ProcessEvidence, at: bigint, bytes: Uint8Array, says: string): Fact {
  const line = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { path: `${process.dir}/mem@0x${at.toString(16)}`, line, says };
}
