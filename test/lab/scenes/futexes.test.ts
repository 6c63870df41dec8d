import { closeSync, openSync, readSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { stateOf } from '../../../src/lab/peek.ts';
import { type Actor, playScene } from './on-stage.ts';

const FUTEX_WAIT_PRIVATE = 0x80;
const FUTEX_LOCK_PI_PRIVATE = 0x86;
const FUTEX_WAIT_BITSET_PRIVATE = 0x89;

/** Where a thread waits, and by which operation. */
function futexOf(actor: Actor, tid = actor.pid): { address: number; operation: number; value: number } {
  const [, address, operation, value] = actor.read(`task/${tid}/syscall`).split(' ').map(Number);
  return { address: address ?? 0, operation: operation ?? -1, value: value ?? -1 };
}

/** An int of the process's memory. */
function peekInt(actor: Actor, address: number): number {
  const memory = openSync(`/proc/${actor.pid}/mem`, 'r');
  try {
    const buffer = Buffer.alloc(4);
    readSync(memory, buffer, 0, 4, address);
    return buffer.readInt32LE();
  } finally {
    closeSync(memory);
  }
}

/** `__owner` of glibc's struct __pthread_mutex_s: the third int. */
const ownerAt = (actor: Actor, address: number): number => peekInt(actor, address + 8);

function othersOf(actor: Actor): number[] {
  return actor.threads.filter((tid) => tid !== actor.pid);
}

describe('scenes of futexes', () => {
  playScene('futex-deadlock', ({ actor }) => {
    const process = actor('process');
    const [a = 0, b = 0] = othersOf(process);
    expect(ownerAt(process, futexOf(process, a).address)).toBe(b);
    expect(ownerAt(process, futexOf(process, b).address)).toBe(a);
    expect(futexOf(process).value).toBe(a); // pthread_join
  });

  playScene('futex-dead-owner', ({ actor }) => {
    const process = actor('process');
    const owner = ownerAt(process, futexOf(process).address);
    expect(owner).toBeGreaterThan(0);
    expect(process.threads).toEqual([process.pid]);
    expect(stateOf(process.pid, owner)).toBe('');
  });

  playScene('futex-held', ({ actor }) => {
    const process = actor('process');
    const { address, operation } = futexOf(process);
    expect(operation).toBe(FUTEX_WAIT_PRIVATE);
    expect(othersOf(process)).toEqual([ownerAt(process, address)]);
    expect(process.framesOf(ownerAt(process, address))).toContain('nanosleep');
  });

  playScene('futex-timed-held', ({ actor }) => {
    const process = actor('process');
    const { address, operation, value } = futexOf(process);
    expect([operation, value]).toEqual([FUTEX_WAIT_BITSET_PRIVATE, 2]);
    expect(othersOf(process)).toEqual([ownerAt(process, address)]);
  });

  playScene('futex-timed-idle', ({ actor }) => {
    const process = actor('process');
    for (const tid of process.threads) expect(futexOf(process, tid).value).toBe(0);
  });

  playScene('semaphore-deadlock', ({ actor }) => {
    const process = actor('process');
    const words = process.threads.map((tid) => futexOf(process, tid));
    expect(new Set(words.map(({ address }) => address)).size).toBe(2);
    for (const { value } of words) expect(value).toBe(0);
  });

  playScene('rwlock-writer-held', ({ actor }) => {
    const process = actor('process');
    const { address } = futexOf(process); // the third word of the lock; its seventh is __cur_writer
    expect(othersOf(process)).toEqual([peekInt(process, address + 16)]);
  });

  playScene('rwlock-readers-held', ({ actor }) => {
    const process = actor('process');
    const { address } = futexOf(process);
    expect(peekInt(process, address - 8) >> 3).toBe(1); // readers
    expect(peekInt(process, address + 16)).toBe(0);
  });

  playScene('futex-pi-held', ({ actor }) => {
    const process = actor('process');
    const { address, operation } = futexOf(process);
    expect(operation).toBe(FUTEX_LOCK_PI_PRIVATE);
    const tid = peekInt(process, address) & 0x3fffffff; // without FUTEX_WAITERS and FUTEX_OWNER_DIED
    expect(othersOf(process)).toEqual([tid]);
  });

  playScene('futex-shared', ({ actor }) => {
    const [waiter, owner] = [actor('waiter'), actor('owner')];
    const { address, operation } = futexOf(waiter);
    expect(operation).toBe(0);
    expect(ownerAt(waiter, address)).toBe(owner.pid);
  });

  playScene('pthread-join', ({ actor }) => {
    const process = actor('process');
    expect(othersOf(process)).toEqual([futexOf(process).value]);
  });

  playScene('go-like-threadpool', ({ actor }) => {
    const pool = actor('pool');
    expect(pool.frames).toMatch(/ep_poll|do_epoll_wait/);
    expect(othersOf(pool)).toHaveLength(12);
    for (const tid of othersOf(pool)) expect(pool.framesOf(tid)).toMatch(/futex/);
  });
});
