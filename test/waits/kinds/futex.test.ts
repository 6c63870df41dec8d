import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const AT = '7f0000000100';
/** int lock; unsigned count; int owner; unsigned nusers; int kind (glibc's pthread_mutex_t). */
const words = (...values: number[]) =>
  values.flatMap((v) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >>> 24) & 255]);
const mutex = (owner: number, users = 1, kind = 0) => words(2, 1, owner, users, kind);

const waiter = (call: string, bytes: number[] = [], changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 60,
  comm: 'waiter',
  call: `futex(0x${AT}, ${call})`,
  stack: 'futex_do_wait < __futex_wait < futex_wait',
  memory: { [AT]: bytes },
  threads: [{ tid: 61, call: 'read(0)' }, { tid: 62 }],
  ...changes,
});
const MUTEX = '0x80, 2';
const waitIn = (process: FakeProcess, ...others: FakeProcess[]) =>
  waitOf({ processes: [{ pid: 1, comm: 'init' }, process, ...others] }, 60);

describe('the owner', () => {
  it.each<[string, FakeProcess, string]>([
    ['of a mutex stands 8 bytes behind its word', waiter(MUTEX, mutex(61)), 'thread:61'],
    ['of a PI mutex stands in the word', waiter('0x86, 1', words(61 + 2 ** 31)), 'thread:61'],
    ['of a PI2 mutex too', waiter('0x8d, 1', words(62 + 2 ** 31)), 'thread:62'],
    [
      'of a mutex that is waited for with a limit too',
      waiter('0x89, 2, 0x7f0000000800', mutex(61)),
      'thread:61',
    ],
    ['of a mutex of C11 too', waiter(MUTEX, mutex(61, 1, 0x200)), 'thread:61'],
    [
      'of a mutex with a priority ceiling too',
      waiter('0x80, 524290', words(524290, 1, 61, 1, 0x40)),
      'thread:61',
    ],
    [
      'of a robust mutex with a limit too',
      waiter('0x109, -2147483587, 0x7f0000000800', words(61 - 2 ** 31)),
      'thread:61',
    ],
    ['of a robust mutex too', waiter('0x80, -2147483587', words(61 - 2 ** 31)), 'thread:61'],
    ['is the waiter itself', waiter(MUTEX, mutex(60)), 'thread:60'],
  ])('%s', async (_, process, owner) => {
    const wait = await waitIn(process);
    expect(paths(wait)).toEqual([`thread:60 > futex:60:${AT} > ${owner}`]);
    expect(wait).toMatchObject({ kind: 'futex-lock', detail: { gone: false, self: owner === 'thread:60' } });
    expect(wait.facts.at(-1)?.says).toMatch(/^owner TID \d+$/);
  });

  it('is a thread of another process when the mutex is shared', async () => {
    const wait = await waitIn(waiter('0, 2', mutex(71)), { pid: 70, comm: 'other', threads: [{ tid: 71 }] });
    expect(wait.hops[0]?.next).toEqual({ pid: 70, tid: 71 });
  });

  it('holds nobody up while it waits for a connection as a brother of the waiter', async () => {
    const accepts = { pid: 70, ppid: 50, comm: 'worker', call: 'accept4(5)', stack: 'inet_csk_accept' };
    const wait = await waitIn(
      { ...waiter('0, 2', mutex(70)), ppid: 50 },
      { pid: 50, comm: 'server' },
      accepts,
    );
    expect(wait).toMatchObject({ kind: 'futex-lock', idle: 'idle-accept' });
  });

  it('is counted as the waiter’s PID namespace counts', async () => {
    const other = { pid: 70, comm: 'other', nsPid: [70, 9] };
    const wait = await waitIn(waiter('0, 2', mutex(9), { nsPid: [60, 5], threads: [] }), other);
    expect(wait.hops[0]?.next?.pid).toBe(70);
  });

  it('is gone when there is no such thread', async () => {
    const wait = await waitIn(waiter(MUTEX, mutex(555)));
    expect(wait).toMatchObject({ kind: 'futex-lock', detail: { gone: true, owner: 555 } });
    expect(wait.hops[0]?.next).toBeUndefined();
  });

  it('is gone when its thread is a zombie', async () => {
    const wait = await waitIn(waiter('0x86, 1', words(61), { threads: [{ tid: 61, state: 'Z' }] }));
    expect(wait.detail).toMatchObject({ gone: true });
  });
});

describe('the lock of a stdio stream', () => {
  const stream = words(2, 1, 0x0200_0000, 0x7f00);
  const descriptor = (tid: number) => ({
    [AT]: [...stream, ...words(0)],
    '7f0002000000': words(0x0200_0000, 0x7f00, 0, 0, 0x0200_0000, 0x7f00),
    '7f00020002d0': words(tid),
  });
  const maps = [
    '7f0000000000-7f0000100000 rw-p 00000000 00:00 0',
    '7f0002000000-7f0002001000 rw-p 00000000 00:00 0',
  ];

  it('points to the descriptor of its owner', async () => {
    const wait = await waitIn(waiter(MUTEX, [], { memory: descriptor(61), maps }));
    expect(paths(wait)).toEqual([`thread:60 > futex:60:${AT} > thread:61`]);
    expect(wait.point).toMatch(/stdio/);
  });

  it('has an owner that is gone after a fork', async () => {
    const wait = await waitIn(waiter(MUTEX, [], { memory: descriptor(555), maps }));
    expect(wait.detail).toMatchObject({ gone: true, owner: 555 });
  });

  it('is none when the pointer leads to anything else', async () => {
    const memory = { ...descriptor(61), '7f0002000000': words(1, 2, 3, 4, 5, 6) };
    expect((await waitIn(waiter(MUTEX, [], { memory, maps }))).kind).toBe('futex');
  });
});

/** readers, writers, two futexes, two words of padding, writer, shared, four of padding, flags (glibc's pthread_rwlock_t). */
const rwlock = (readers: number, phase: number, writers: number, writer: number, padding = 0) =>
  words(readers, 0, phase, writers, 0, padding, writer, 0, 0, 0, 0, 0, 0, 0);
/** The word that is waited on stands so many bytes behind the beginning of the lock. */
const rwWaiter = (offset: number, expected: number, bytes: number[]): FakeProcess => {
  const start = BigInt(`0x${AT}`);
  return waiter('', [], {
    call: `futex(0x${(start + BigInt(offset)).toString(16)}, 0x189, ${expected})`,
    memory: { [AT]: bytes },
  });
};

describe('a read-write lock', () => {
  it.each<[string, FakeProcess, string]>([
    ['names its writer to a reader', rwWaiter(8, 3, rwlock(0xb, 3, 1, 61)), 'thread:61'],
    ['names its writer to a writer', rwWaiter(12, 3, rwlock(3, 0, 3, 61)), 'thread:61'],
    [
      'only counts its readers: some thread of the process',
      rwWaiter(8, 2, rwlock(0xa, 2, 0, 0)),
      'process:60',
    ],
  ])('%s', async (_, process, holder) => {
    const wait = await waitIn(process);
    expect(wait).toMatchObject({ kind: 'futex-lock' });
    expect(wait.hops[0]?.edges.at(-1)?.to.id).toBe(holder);
  });

  it.each<[string, FakeProcess]>([
    ['that nobody has', rwWaiter(8, 2, rwlock(0, 2, 0, 0))],
    ['whose padding is used', rwWaiter(8, 3, rwlock(0xb, 3, 1, 61, 7))],
    ['whose writer no thread can be', rwWaiter(8, 3, rwlock(0xb, 3, 1, 0x3fff_fff0))],
    ['which is not in a write phase', rwWaiter(8, 3, rwlock(0xa, 3, 1, 61))],
  ])('%s is none', async (_, process) => {
    expect(await waitIn(process)).toMatchObject({ kind: 'futex', idle: 'idle-futex', hops: [] });
  });
});

describe('no lock is claimed', () => {
  it.each<[string, FakeProcess]>([
    ['of a condition variable', waiter('0x189, 0')],
    ['of another value', waiter('0x80, 1', mutex(61))],
    ['of a word that is not contended', waiter(MUTEX, words(1, 1, 61, 1, 0))],
    ['of a semaphore: no users behind the word', waiter(MUTEX, words(2, 0, 61, 0, 0))],
    ['of garbage behind the word', waiter(MUTEX, words(2, 7, 61, 0x7fff_1234, 0))],
    ['of a kind of mutex that does not exist', waiter(MUTEX, mutex(61, 1, 0x5555))],
    ['of an owner above any possible TID', waiter(MUTEX, mutex(0x3fff_fff0))],
    ['of a word without owner', waiter(MUTEX, mutex(0))],
    ['of futex_waitv', { ...waiter(MUTEX), call: 'futex_waitv(1)' }],
  ])('%s', async (_, process) => {
    const wait = await waitIn(process);
    expect(wait).toMatchObject({ kind: 'futex', idle: 'idle-futex', hops: [] });
  });

  it.each<[string, Partial<FakeProcess>, RegExp]>([
    ['the page is not present', { swappedOut: ['7f0000000000'] }, /^the page is not present/],
    ['its memory map may not be read', { denied: ['maps'] }, /^maps could not be read/],
    [
      'the address is not mapped',
      { maps: ['1000-2000 rw-p 00000000 00:00 0'] },
      /^the address is not mapped/,
    ],
    ['the map does not answer', { blocked: ['maps'] }, /^maps could not be read/],
  ])('since %s, and why is kept', async (_, changes, why) => {
    const wait = await waitIn(waiter(MUTEX, mutex(61), changes));
    expect(wait).toMatchObject({ kind: 'futex', idle: 'idle-futex' });
    expect(wait.detail?.ownerUnread).toMatch(why);
  });

  it('--read-memory reads a page that is not present', async () => {
    const process = waiter(MUTEX, mutex(61), { swappedOut: ['7f0000000000'] });
    const wait = await waitOf({ processes: [process] }, 60, 60, true);
    expect(wait.kind).toBe('futex-lock');
  });
});

it('a join waits for the thread whose TID is the value, and is healthy', async () => {
  const wait = await waitIn(waiter('0x109, 61'));
  expect(wait).toMatchObject({
    kind: 'join',
    idle: 'idle-futex',
    hops: [{ soft: true, next: { pid: 60, tid: 61 } }],
  });
});

it('a timed join is no join that hangs', async () => {
  expect((await waitIn(waiter('0x109, 61, 0x7f0000000800'))).kind).toBe('futex');
});
