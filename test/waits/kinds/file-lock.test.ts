import { expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, path, paths, told, waitOf } from '../../support/looks.ts';

const FILE = '/data/f';
const LOCKED = { 3: `rw ${FILE}` };
const waiter: FakeProcess = {
  pid: 60,
  comm: 'waiter',
  call: 'flock(3, 2)',
  stack: 'locks_lock_inode_wait < __do_sys_flock',
  fds: LOCKED,
  fdinfo: { 3: ['ino: 77'] },
};
const holder = (lock: string, changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 70,
  comm: 'holder',
  fds: { 4: `rw ${FILE}` },
  fdinfo: { 4: ['ino: 77', `lock:\t1: ${lock}`] },
  ...changes,
});
const host = (locks: string[], ...processes: FakeProcess[]): FakeHost => ({
  files: { '/proc/locks': locks.map((line) => `${line}\n`).join('') },
  processes: [{ pid: 1, comm: 'init' }, ...processes],
});

const FLOCK = 'FLOCK  ADVISORY  WRITE 70 fe:00:77 0 EOF';

it('is held by whom /proc/locks names, when its descriptor carries the lock', async () => {
  const locks = [`4: ${FLOCK}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const wait = await waitOf(host(locks, waiter, holder(FLOCK)), 60);
  expect(wait.point).toBe('flock(3, /data/f): flock');
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:70']);
  expect(wait.hops[0]?.edges[0]?.facts[0]?.line).toContain('-> FLOCK');
});

it('is held by the heir when its taker is dead', async () => {
  const locks = [`4: ${FLOCK}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const wait = await waitOf(host(locks, waiter, holder(FLOCK, { pid: 71, comm: 'heir' })), 60);
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:71']);
  expect(wait.hops[0]?.edges[1]?.how).toBe('its descriptor carries the lock; taken by 70, which is gone');
});

it('is held by the heir when the taker’s number is another process’s by now', async () => {
  const locks = [`4: ${FLOCK}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const reused = { pid: 70, comm: 'new', fds: { 0: 'r /dev/null' } };
  const wait = await waitOf(host(locks, waiter, reused, holder(FLOCK, { pid: 71 })), 60);
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:71']);
});

it('ends at somebody who is gone when no descriptor carries it', async () => {
  const locks = [`4: ${FLOCK}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const wait = await waitOf(host(locks, waiter), 60);
  expect(wait.hops[0]?.edges[1]).toMatchObject({ to: { name: 'which is gone' }, confidence: 'possible' });
});

it('is a POSIX lock by its taker’s number alone', async () => {
  const locks = [
    '2: POSIX  ADVISORY  WRITE 70 fe:00:77 0 EOF',
    '2: -> POSIX  ADVISORY  WRITE 60 fe:00:77 0 EOF',
  ];
  const posix = { ...waiter, call: 'fcntl(3, 7)', stack: 'fcntl_setlk < do_fcntl' };
  const wait = await waitOf(host(locks, posix, { pid: 70, comm: 'holder' }), 60);
  expect(wait.detail?.lock).toBe('POSIX lock');
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:70']);
});

it('is an OFD lock by the descriptors that carry it: /proc/locks says -1', async () => {
  const ofd = 'OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF';
  const asks = { ...waiter, call: 'fcntl(3, 38)', stack: 'fcntl_setlk < do_fcntl' };
  const wait = await waitOf(host([`2: ${ofd}`, `2: -> ${ofd}`], asks, holder(ofd, { pid: 71 })), 60);
  expect(wait.detail?.lock).toBe('OFD lock');
  expect(path(wait.hops[0]?.edges)).toBe('process:60 > file:/data/f > process:71');
});

it('names every reader that shares the lock', async () => {
  const shared = (pid: number) => `FLOCK  ADVISORY  READ ${pid} fe:00:77 0 EOF`;
  const locks = [`4: ${shared(70)}`, `5: ${shared(71)}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const processes = [waiter, holder(shared(70)), holder(shared(71), { pid: 71 })];
  const wait = await waitOf(host(locks, ...processes), 60);
  expect(paths(wait)).toContain('process:60 > file:/data/f > process:70');
});

it('does not take another file’s lock for the one it waits for', async () => {
  const locks = ['1: POSIX  ADVISORY  WRITE 80 fe:00:5 0 EOF', `4: ${FLOCK}`];
  const wait = await waitOf(
    host([...locks, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'], waiter, holder(FLOCK), { pid: 80 }),
    60,
  );
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:70']);
});

it.each<[string, Partial<FakeProcess>, string | undefined]>([
  ['its brother waits for a connection: it is its turn next', {}, 'idle-accept'],
  ['a stranger waits for a connection', { ppid: 51 }, undefined],
  ['its brother was stopped in it', { state: 'T', exitCode: 19 }, undefined],
  ['its brother does something else', { call: 'nanosleep()' }, undefined],
])('while %s', async (_, changes, idle) => {
  const locks = [`4: ${FLOCK}`, '4: -> FLOCK  ADVISORY  WRITE 60 fe:00:77 0 EOF'];
  const server = { pid: 50, comm: 'server' };
  const accepts = { ppid: 50, call: 'accept4(5)', stack: 'inet_csk_accept < inet_accept', ...changes };
  const workers = host(locks, server, { ...waiter, ppid: 50 }, holder(FLOCK, accepts));
  expect((await waitOf(workers, 60)).idle).toBe(idle);
  const diagnosis = await diagnosed(workers, 60);
  expect(told(diagnosis).length > 0).toBe(idle === undefined);
  if (idle !== undefined) expect(diagnosis.verdict).toMatchObject({ state: 'healthy', idle });
});

it('a lease is told by the path that the call is about', async () => {
  const LEASE = 'LEASE  BREAKING  UNLCK 70 fe:00:77 0 EOF';
  const truncates: FakeProcess = {
    pid: 60,
    comm: 'waiter',
    call: 'truncate(0x7f0000000100, 0)',
    stack: '__break_lease < do_truncate < do_sys_truncate',
    memory: { '7f0000000100': FILE },
  };
  const locks = [`4: ${LEASE}`, '4: -> LEASE  ACTIVE    WRITE 60 fe:00:77 0 EOF'];
  const wait = await waitOf(host(locks, truncates, holder(LEASE)), 60);
  expect(wait.point).toBe('truncate(/data/f): lease');
  expect(paths(wait)).toEqual(['process:60 > file:/data/f > process:70']);
});
