import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, paths, told, waitOf } from '../../support/looks.ts';

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

it('a loop’s own pair of sockets is not, though all of its holders were left behind', async () => {
  const files = {
    '/proc/60/net/unix':
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 03    88\n',
    'ss:unix:0': 'u_str ESTAB  0      0                     * 88     * 89    \n',
  };
  const daemon = { ...epoll([6, '1']), ppid: 1, session: 60, fds: { ...fds, 8: 'rw socket:[89]' } };
  for (const others of [[], [left]]) {
    const wait = await waitOf({ ...host(daemon, ...others), files }, 60);
    expect(wait).toMatchObject({ idle: 'idle-epoll', detail: { held: false }, hops: [] });
  }
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

describe('a connect that is not answered', () => {
  const SYN_SENT =
    '   0: 0100007F:1F90 05060708:01BB 02 00000000:00000001 01:00000000 00000000     0        0 88 2 00000000dddcaf0c 100 0 0 10 0';
  const files = {
    '/proc/60/net/tcp': `  sl  local_address rem_address   st\n${SYN_SENT}`,
    '/proc/60/net/unix':
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 03    98\n',
    'ss:unix:0': 'u_str ESTAB  0      0                     * 98     * 99    \n',
  };
  const withPair = { ...fds, 7: 'rw socket:[98]', 8: 'rw socket:[99]' };

  it.each<[string, FakeProcess]>([
    ['by epoll', epoll([6, '4'], [5, '1'])],
    ['by epoll of edges, as Go has it', epoll([6, '8000201d'], [5, '1'])],
    ['beside a pair of sockets of its own', { ...epoll([6, '4'], [7, '1']), fds: withPair }],
  ])('%s', async (_, watcher) => {
    const wait = await waitOf({ ...host(watcher), files }, 60);
    expect(wait).toMatchObject({ kind: 'connect', restless: true });
    expect(paths(wait)).toEqual(['thread:60 > socket:88 > remote:8.7.6.5:443']);
  });

  it('is one of many things that a server watches: nothing is proved', async () => {
    const server = { ...epoll([6, '8000201d'], [9, '8000201d']), fds: { ...fds, 9: 'rw socket:[79]' } };
    expect((await waitOf({ ...host(server), files }, 60)).kind).toBe('watch');
  });
});

describe('who polls again and again', () => {
  const SYN_SENT =
    '   0: 0100007F:1F90 05060708:01BB 02 00000000:00000001 01:00000000 00000000     0        0 88 2 00000000dddcaf0c 100 0 0 10 0';
  const files = { '/proc/60/net/tcp': `  sl  local_address rem_address   st\n${SYN_SENT}` };
  const set = [6, 0, 0, 0, 4, 0, 0, 0];
  const polls = (time: string, at = '100') => ({
    ...poll,
    call: `poll(0x7f0000000${at}, 1, ${time})`,
    memory: { '7f0000000100': set, '7f0000000200': set },
  });

  it.each([
    ['of the same set, with what is left of its time', { ...polls('0x3b1'), switches: 99 }, true],
    ['of another set', { ...polls('0x3b1', '200'), switches: 99 }, false],
  ])('%s', async (_, later, isTold) => {
    const before = { ...polls('0x3e8'), switches: 9 };
    const diagnosis = await diagnosed({ ...host(before), files, looks: [{ 60: later }] }, 60);
    expect(told(diagnosis)).toEqual(isTold ? ['tcp-connect-wait → remote:8.7.6.5:443'] : []);
  });
});

describe('a connection', () => {
  const row = (local: string, remote: string, inode: number) =>
    `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 00000000dddcaf0c 100 0 0 10 0`;
  const [HERE, THERE] = ['0100007F:1F90', '0100007F:1F91'];
  const files = {
    '/proc/60/net/tcp': `  sl\n${row(HERE, THERE, 88)}\n${row(THERE, HERE, 89)}`,
    '/proc/60/net/unix':
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000003 00000000 00000000 0001 03    98\n',
    'ss:unix:0': 'u_str ESTAB  0      0                     * 98     * 99    \n',
  };
  const server: FakeProcess = { pid: 70, comm: 'server', ppid: 50, fds: { 3: 'rw socket:[89]' } };
  const pairToo = { ...fds, 7: 'rw socket:[98]', 8: 'rw socket:[99]' };
  const client = (...entries: [fd: number, events: number][]): FakeProcess => ({
    ...base,
    threads: [],
    fds: pairToo,
    call: `poll(0x7f0000000100, ${entries.length}, -1)`,
    stack: 'poll_schedule_timeout < do_sys_poll',
    memory: { '7f0000000100': entries.flatMap(([fd, events]) => [fd, 0, 0, 0, events, 0, 0, 0]) },
  });

  it('of a client that watches nothing else leads to the server', async () => {
    const where = { ...host(client([6, 1], [7, 1]), { ...server, state: 'T', exitCode: 19 }), files };
    expect(paths(await waitOf(where, 60))).toEqual(['process:60 > socket:88 > process:70']);
    expect(told(await diagnosed(where, 60))).toEqual(['stopped → process:70']);
  });

  it.each<[string, FakeProcess]>([
    [
      'of one that watches its terminal too',
      { ...client([6, 1], [9, 1]), fds: { ...pairToo, 9: 'rw /dev/pts/3' } },
    ],
    ['of one with more threads', { ...client([6, 1], [7, 1]), threads: [{ tid: 61 }] }],
  ])('%s does not', async (_, watcher) => {
    const where = { ...host(watcher, { ...server, state: 'T', exitCode: 19 }), files };
    expect(told(await diagnosed(where, 60))).toEqual([]);
  });

  it('may stand in the set twice, for input and for output', async () => {
    const wait = await waitOf({ ...host(client([6, 4], [6, 1]), server), files }, 60);
    expect(wait.kind).toBe('socket-write');
    expect(paths(wait)).toEqual(['process:60 > socket:88 > process:70']);
  });

  it('of a relay whose output is stuck: a note, since what it reads may let it go on', async () => {
    const relay = { ...client([6, 1], [1, 4]), fds: { ...pairToo, 1: 'w pipe:[7]' } };
    const reader = { pid: 80, comm: 'pager', ppid: 50, fds: { 0: 'r pipe:[7]' } };
    const diagnosis = await diagnosed({ ...host(relay, server, reader), files }, 60);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.findings[0]).toMatchObject({
      rule: { id: 'pipe-full' },
      severity: 'info',
      confidence: 'possible',
      culprit: { pid: 80 },
    });
    expect(diagnosis.verdict.state).toBe('healthy');
  });
});

describe('two at the other end of all that is watched', () => {
  const watcher: FakeProcess = {
    ...epoll([3, '19'], [8, '19'], [5, '1']),
    fds: { ...fds, 8: 'r pipe:[7]' },
  };
  const ends = { 1: 'w pipe:[9]', 2: 'w pipe:[7]' };
  const shell = { pid: 70, comm: 'sh', ppid: 60, call: 'wait4(-1, 0, 0)', stack: 'do_wait', fds: ends };
  const command = { pid: 71, comm: 'job', ppid: 70, fds: ends };

  it('hold it up when both are held up', async () => {
    const stopped = { ...command, state: 'T', exitCode: 19 };
    expect(told(await diagnosed(host(watcher, shell, stopped), 60))).toContain(
      'wait-on-stopped-child → process:71',
    );
  });

  it.each<[string, FakeProcess[]]>([
    ['one works on', [shell, command]],
    [
      'there is one more that is free',
      [shell, { ...command, state: 'T', exitCode: 19 }, { ...command, pid: 72 }],
    ],
    [
      'one has more threads',
      [
        { ...shell, threads: [{ tid: 79 }] },
        { ...command, state: 'T', exitCode: 19 },
      ],
    ],
  ])('do not while %s', async (_, others) => {
    expect(told(await diagnosed(host(watcher, ...others), 60))).toEqual([]);
  });
});
