import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const init = { pid: 1, comm: 'init' };
const shell = { pid: 50, comm: 'sh' };
const left: FakeProcess = {
  pid: 70,
  comm: 'left',
  session: 50,
  fds: { 1: 'w pipe:[9]', 3: 'rw socket:[89]' },
};
const sibling: FakeProcess = { ...left, pid: 71, ppid: 50 };
const fds = {
  3: 'r pipe:[9]',
  4: 'rwe anon_inode:[eventpoll]',
  5: 'rw anon_inode:[eventfd]',
  6: 'rw socket:[88]',
};
const base: FakeProcess = { pid: 60, comm: 'node', ppid: 50, session: 50, fds, threads: [{ tid: 61 }] };
const epoll = (...sets: [fd: number, events: string][]): FakeProcess => ({
  ...base,
  call: 'epoll_wait(4)',
  stack: 'do_epoll_wait < __x64_sys_epoll_wait',
  fdinfo: {
    4: sets.map(
      ([fd, events]) =>
        `tfd: ${String(fd).padStart(8)} events: ${events.padStart(8)} data: ${fd}  pos:0 ino:1 sdev:9`,
    ),
  },
});
/** struct pollfd: int fd; short events; short revents. */
const poll: FakeProcess = {
  ...base,
  call: 'poll(0x7f0000000100, 2, -1)',
  stack: 'poll_schedule_timeout < do_sys_poll',
  memory: { '7f0000000100': [3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0] },
};
/** fd_set: bit 3. */
const select: FakeProcess = {
  ...base,
  call: 'select(6, 0x7f0000000100)',
  stack: 'poll_schedule_timeout < do_select',
  memory: { '7f0000000100': [8] },
};
const host = (...processes: FakeProcess[]): FakeHost => ({ processes: [init, shell, ...processes] });

it.each<[string, FakeProcess]>([
  ['epoll', epoll([3, '19'], [5, '1'])],
  ['poll', poll],
  ['select', select],
])('%s of a pipe that was left behind with somebody is held', async (_, watcher) => {
  const wait = await waitOf(host(watcher, left), 60);
  expect(wait).toMatchObject({ kind: 'watch', detail: { held: true } });
  expect(paths(wait)).toContain('thread:60 > pipe:pipe:[9] > process:70');
});

it.each<[string, FakeProcess, FakeProcess[]]>([
  ['a pipe with a live writer', epoll([3, '19']), [sibling]],
  ['a pipe with a live writer besides the one left behind', epoll([3, '19']), [left, sibling]],
  ['a pipe to write to', epoll([3, '4']), [left]],
  ['its own wake-up pipe', { ...epoll([3, '19']), fds: { ...fds, 8: 'w pipe:[9]' } }, [left]],
  ['a pipe that it does not watch', epoll([5, '1']), [left]],
])('epoll of %s is not held', async (_, watcher, others) => {
  const wait = await waitOf(host(watcher, ...others), 60);
  expect(wait.detail?.held).toBe(false);
});

it('a nameless unix socket in place of a pipe is held likewise', async () => {
  const files = {
    '/proc/60/net/unix':
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 03    88\n',
    'ss:unix:0': 'u_str ESTAB  0      0                     * 88     * 89    \n',
  };
  const wait = await waitOf({ ...host(epoll([6, '1']), left), files }, 60);
  expect(wait.detail?.held).toBe(true);
  expect(paths(wait)).toEqual(['thread:60 > socket:88 > process:70']);
});

it('a server’s socket with a name is nobody’s output', async () => {
  const files = {
    '/proc/60/net/unix': 'Num\n0000000000000000: 00000003 00000000 00000000 0001 03    88 /run/app.sock\n',
    'ss:unix:0': 'u_str ESTAB  0      0         /run/app.sock 88     * 89    \n',
  };
  const wait = await waitOf({ ...host(epoll([6, '1']), left), files }, 60);
  expect(wait).toMatchObject({ idle: 'idle-epoll', detail: { held: false }, hops: [] });
});

describe('room to write', () => {
  const reader: FakeProcess = { ...left, fds: { 0: 'r pipe:[9]', 3: 'rw socket:[89]' } };
  const writer = (watcher: FakeProcess): FakeProcess => ({ ...watcher, fds: { ...fds, 3: 'w pipe:[9]' } });
  const unix = {
    '/proc/60/net/unix':
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 03    88\n',
    'ss:unix:0': 'u_str ESTAB  0      0                     * 88     * 89    \n',
  };

  it.each<[string, FakeProcess, string]>([
    ['epoll', writer(epoll([3, '4'], [5, '1'])), 'pipe-write'],
    [
      'poll',
      writer({ ...poll, memory: { '7f0000000100': [3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 1] } }),
      'pipe-write',
    ],
    ['select', writer({ ...select, call: 'select(6, 0, 0x7f0000000100)' }), 'pipe-write'],
    ['epoll of a socket', epoll([6, '5']), 'socket-write'],
  ])('%s: asleep, there is none', async (_, watcher, kind) => {
    const wait = await waitOf({ ...host(watcher, reader), files: unix }, 60);
    expect(wait.kind).toBe(kind);
    expect(wait.idle).toBeUndefined();
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual([70]);
  });

  it.each<[string, FakeProcess]>([
    ['an edge is waited for', writer(epoll([3, '80000004']))],
    ['another peer could wake it', writer(epoll([3, '4'], [6, '1']))],
    [
      'it watches something else that has no peer',
      { ...writer(epoll([3, '4'], [7, '1'])), fds: { ...fds, 3: 'w pipe:[9]', 7: 'rw /dev/pts/3' } },
    ],
  ])('%s: nothing is proved', async (_, watcher) => {
    const files = { ...unix, 'ss:unix:0': 'u_str ESTAB  0      0                     * 88     * 90    \n' };
    const other = { pid: 80, comm: 'other', ppid: 60, fds: { 4: 'rw socket:[90]' } };
    const wait = await waitOf({ ...host(watcher, reader, other), files }, 60);
    expect(wait).toMatchObject({ kind: 'watch', idle: 'idle-epoll' });
  });
});
