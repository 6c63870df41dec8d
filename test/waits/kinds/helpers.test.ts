import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, paths, told, waitOf } from '../../support/looks.ts';

const init = { pid: 1, comm: 'init' };
const host = (...processes: FakeProcess[]): FakeHost => ({ processes: [init, ...processes] });

describe('fanotify', () => {
  const opener: FakeProcess = {
    pid: 60,
    state: 'D',
    call: 'openat(-100, 0x7f0000000100)',
    stack: 'fanotify_handle_event < fsnotify',
  };
  const listener = (pid: number, mask: string): FakeProcess => ({
    pid,
    fds: { 3: 'rw anon_inode:[fanotify]' },
    fdinfo: {
      3: ['fanotify flags:0 event-flags:8000', `fanotify mnt_id:1b mflags:0 mask:${mask} ignored_mask:0`],
    },
  });

  it('waits for the listener that asks for permissions, not for one that only watches', async () => {
    const wait = await waitOf(host(opener, listener(70, '8'), listener(71, '10000')), 60);
    expect(paths(wait)).toEqual(['process:60 > kernel:fanotify:60 > process:71']);
    expect(wait.hops[0]?.edges[1]?.confidence).toBe('likely');
  });

  it('may wait for any of several such', async () => {
    const wait = await waitOf(host(opener, listener(70, '20000'), listener(71, '10000')), 60);
    expect(wait.hops.map(({ edges }) => edges[1]?.confidence)).toEqual(['possible', 'possible']);
  });
});

it('fanotify: waits for the listener with a mark on the mount of its file', async () => {
  const mounts: FakeHost['mounts'] = [
    { at: '/data', fs: 'ext4', dev: '8:1' },
    { at: '/other', fs: 'ext4', dev: '8:2' },
  ];
  const opener: FakeProcess = {
    pid: 60,
    state: 'D',
    call: 'openat(-100, 0x7f0000000100)',
    stack: 'fanotify_handle_event < fsnotify',
    memory: { '7f0000000100': '/data/f' },
  };
  const listener = (pid: number, sdev: string): FakeProcess => ({
    pid,
    fds: { 3: 'rw anon_inode:[fanotify]' },
    fdinfo: { 3: [`fanotify sdev:${sdev} mflags:0 mask:10000 ignored_mask:0`] },
  });
  const wait = await waitOf(
    { mounts, processes: [init, opener, listener(70, '800002'), listener(71, '800001')] },
    60,
  );
  expect(wait.hops.map(({ next }) => next?.pid)).toEqual([71]);
});

it.each<[string, FakeProcess, readonly string[]]>([
  [
    'a userfaultfd handler, whose end leaves zeros',
    { pid: 70, fds: { 3: 'r anon_inode:[userfaultfd]' }, fdinfo: { 3: ['pending: 1', 'total: 1'] } },
    ['procdiag inspect 70', 'kill -KILL 60'],
  ],
  [
    'a stopped one',
    {
      pid: 70,
      state: 'T',
      fds: { 3: 'r anon_inode:[userfaultfd]' },
      fdinfo: { 3: ['pending: 1', 'total: 1'] },
    },
    ['kill -CONT 70'],
  ],
])('advises not to end %s', async (_, handler, commands) => {
  const waiter: FakeProcess = { pid: 60, call: 'page fault', stack: 'handle_userfault < handle_mm_fault' };
  const [finding] = (await diagnosed(host(waiter, handler), 60)).findings;
  expect(finding?.remedies.map(({ command }) => command).filter((command) => command !== '')).toEqual(
    commands,
  );
});

describe('of several supervisors', () => {
  const fds = { 3: 'rw anon_inode:seccomp notify' };
  const waiter: FakeProcess = {
    pid: 60,
    ppid: 50,
    session: 40,
    call: 'mkdir(0)',
    stack: 'seccomp_do_user_notification < __seccomp_filter',
  };
  const supervisor = (pid: number, changes: Partial<FakeProcess> = {}): FakeProcess => ({
    pid,
    fds,
    session: pid,
    ...changes,
  });

  it.each<[string, FakeProcess[], number[]]>([
    ['the parent', [supervisor(50), supervisor(70)], [50]],
    ['a brother', [{ pid: 50 }, supervisor(51, { ppid: 50 }), supervisor(70)], [51]],
    ['one of the same session', [{ pid: 50 }, supervisor(51, { session: 40 }), supervisor(70)], [51]],
    ['strangers alike', [{ pid: 50 }, supervisor(51), supervisor(70)], [51, 70]],
    [
      'one that does not just take requests',
      [supervisor(50, { call: 'ioctl(3)', stack: 'seccomp_notify_ioctl < __x64_sys_ioctl' }), supervisor(70)],
      [70],
    ],
  ])('it waits for %s', async (_, others, expected) => {
    const wait = await waitOf(host(waiter, ...others), 60);
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual(expected);
    expect(wait.hops[0]?.edges[1]?.confidence).toBe(expected.length === 1 ? 'likely' : 'possible');
  });

  it('it is not itself the one, unless another of its threads could answer', async () => {
    const own = { ...waiter, fds };
    expect((await waitOf(host(own, supervisor(70)), 60)).hops.map(({ next }) => next?.pid)).toEqual([70]);
    const threaded = { ...waiter, threads: [{ tid: 61 }] };
    const stack = 'handle_userfault < handle_mm_fault';
    const uffd = { fds: { 3: 'r anon_inode:[userfaultfd]' }, fdinfo: { 3: ['pending: 1', 'total: 1'] } };
    const faults = (by: FakeProcess) => ({ ...by, ...uffd, call: 'page fault', stack });
    const other = { pid: 70, ...uffd };
    expect((await waitOf(host(faults(waiter), other), 60)).hops.map(({ next }) => next?.pid)).toEqual([70]);
    expect((await waitOf(host(faults(threaded), other), 60)).hops.map(({ next }) => next?.pid)).toEqual([60]);
  });
});

it('userfaultfd: waits for the holder with faults that are not answered', async () => {
  const waiter: FakeProcess = { pid: 60, call: 'page fault', stack: 'handle_userfault < handle_mm_fault' };
  const handler = (pid: number, total: number): FakeProcess => ({
    pid,
    fds: { 3: 'r anon_inode:[userfaultfd]' },
    fdinfo: { 3: [`pending: 0`, `total: ${total}`] },
  });
  const wait = await waitOf(host(waiter, handler(70, 0), handler(71, 1)), 60);
  expect(paths(wait)).toEqual(['process:60 > kernel:userfaultfd:60 > process:71']);
});

it('seccomp: waits for the supervisor, not for a child that inherited the listener', async () => {
  const fds = { 3: 'rw anon_inode:seccomp notify' };
  const waiter: FakeProcess = {
    pid: 60,
    call: 'getpid()',
    stack: 'seccomp_do_user_notification < __seccomp_filter',
    fds,
  };
  expect(paths(await waitOf(host(waiter, { pid: 70, fds }), 60))).toEqual([
    'process:60 > kernel:seccomp-notify:60 > process:70',
  ]);
});

describe('autofs', () => {
  const mounts: FakeHost['mounts'] = [
    { at: '/net', fs: 'autofs', dev: '0:40', options: 'rw,fd=5,pgrp=70,timeout=300' },
    { at: '/home', fs: 'autofs', dev: '0:41', options: 'rw,fd=5,pgrp=71,timeout=300' },
  ];
  const waiter: FakeProcess = {
    pid: 60,
    state: 'D',
    call: 'openat(-100, 0x7f0000000100)',
    stack: 'autofs_wait < autofs_mount_wait',
  };
  const daemons = [
    { pid: 70, comm: 'automount' },
    { pid: 71, comm: 'automount' },
  ];

  it('waits for the holder of the pipe by which the kernel asks, whoever leads its group', async () => {
    const mount = { at: '/net', fs: 'autofs', dev: '0:40', options: 'rw,fd=5,pgrp=70,pipe_ino=99' };
    const shell = { pid: 70, comm: 'sh', fds: { 1: 'w pipe:[99]' } };
    const daemon = { pid: 72, comm: 'automount', fds: { 4: 'r pipe:[99]' } };
    const asker = { ...waiter, memory: { '7f0000000100': '/net/x' } };
    const wait = await waitOf({ mounts: [mount], processes: [init, asker, shell, daemon] }, 60);
    expect(paths(wait)).toEqual(['process:60 > mount:0:40 > process:72']);
    expect(wait.hops[0]?.edges.at(-1)?.facts.at(-1)).toMatchObject({
      path: '/proc/72/fd/4',
      line: 'pipe:[99]',
    });
  });

  it('waits for the group that serves the mount of its path', async () => {
    const wait = await waitOf(
      { mounts, processes: [{ ...waiter, memory: { '7f0000000100': '/home/me/x' } }, ...daemons] },
      60,
    );
    expect(paths(wait)).toEqual(['process:60 > mount:0:41 > process:71']);
    expect(wait.hops[0]?.edges[0]?.confidence).toBe('certain');
  });

  it('may wait for any of them when its path cannot be read', async () => {
    const wait = await waitOf({ mounts, processes: [waiter, ...daemons] }, 60);
    expect(wait.hops.map(({ next, edges }) => [next?.pid, edges[0]?.confidence])).toEqual([
      [70, 'possible'],
      [71, 'possible'],
    ]);
  });
});

it('core dump: waits for the kernel’s helper, which is a child of kthreadd and no kernel thread', async () => {
  const dumper: FakeProcess = {
    pid: 60,
    coreDumping: true,
    stack:
      'anon_pipe_write < __kernel_write_iter < __kernel_write < __dump_skip < dump_user_range < elf_core_dump',
  };
  const kthreadd = { pid: 2, comm: 'kthreadd', ppid: 0, kthread: true };
  const worker = { pid: 70, comm: 'kworker/0:1', ppid: 2, kthread: true };
  const handler = { pid: 71, comm: 'handler', ppid: 2 };
  for (const kernel of ['5.10.223', '6.18.44']) {
    const wait = await waitOf({ kernel, processes: [init, kthreadd, worker, handler, dumper] }, 60);
    expect(paths(wait)).toEqual(['process:60 > pipe:core:60 > process:71']);
  }
});

describe('terminals', () => {
  const writer: FakeProcess = {
    pid: 60,
    call: 'write(1)',
    stack: 'wait_woken < n_tty_write',
    fds: { 1: 'rw /dev/pts/3' },
  };
  const master = (pid: number, index: number): FakeProcess => ({
    pid,
    comm: 'sshd',
    fds: { 9: 'rw /dev/ptmx' },
    fdinfo: { 9: [`tty-index: ${index}`] },
  });

  it('lead to whoever holds the master of that terminal', async () => {
    const wait = await waitOf(host(writer, master(70, 2), master(71, 3)), 60);
    expect(paths(wait)).toEqual(['process:60 > terminal:/dev/pts/3 > process:71']);
  });

  it('a master leads to whoever has its terminal open', async () => {
    const filler = {
      ...writer,
      fds: { 1: 'rw /dev/ptmx' },
      fdinfo: { 1: ['tty-index: 3'] },
      stack: 'wait_woken < file_tty_write < vfs_write',
    };
    const slave = { pid: 72, comm: 'cat', fds: { 0: 'rw /dev/pts/3' } };
    const wait = await waitOf(host(filler, slave, { ...slave, pid: 73, fds: { 0: 'rw /dev/pts/4' } }), 60);
    expect(paths(wait)).toEqual(['process:60 > terminal:/dev/ptmx > process:72']);
  });

  it.each<[string, Partial<FakeProcess>, string]>([
    [
      'reads: its output was stopped',
      { call: 'read(9)', stack: 'wait_woken < n_tty_read' },
      'terminal:/dev/pts/3',
    ],
    [
      'polls what cannot be read: nothing is sure',
      { call: 'poll(0x7f0000000100, 1, -1)', stack: 'poll_schedule_timeout' },
      'terminal:/dev/pts/3',
    ],
    ['does something else: it is to blame', {}, 'process:71'],
    [
      'polls something else: it is to blame',
      {
        call: 'poll(0x7f0000000100, 1, -1)',
        stack: 'poll_schedule_timeout',
        memory: { '7f0000000100': [4, 0, 0, 0, 1, 0, 0, 0] },
      },
      'process:71',
    ],
    [
      'polls it: its output was stopped',
      {
        call: 'poll(0x7f0000000100, 1, -1)',
        stack: 'poll_schedule_timeout',
        memory: { '7f0000000100': [9, 0, 0, 0, 1, 0, 0, 0] },
      },
      'terminal:/dev/pts/3',
    ],
    ['has a thread more, which does something else, too', { threads: [{ tid: 72 }] }, 'process:71'],
    [
      'has a thread that reads',
      { threads: [{ tid: 72, call: 'read(9)', stack: 'wait_woken < n_tty_read' }] },
      'terminal:/dev/pts/3',
    ],
    [
      'has a thread that runs: nothing is sure',
      { threads: [{ tid: 72, state: 'R' }] },
      'terminal:/dev/pts/3',
    ],
    ['runs: it may be reading', { state: 'R' }, 'terminal:/dev/pts/3'],
    ['sleeps where nobody knows', { call: 'bpf()', stack: 'some_new_function' }, 'terminal:/dev/pts/3'],
  ])('whoever holds the master %s', async (_, changes, culprit) => {
    const diagnosis = await diagnosed(host(writer, { ...master(71, 3), ...changes }), 60);
    expect(told(diagnosis)).toEqual([`tty-write-blocked → ${culprit}`]);
  });

  it.each<[string, Partial<FakeProcess>, number, string]>([
    ['stopped', { state: 'T', exitCode: 19 }, 300, 'certain'],
    ['asleep in something else, and has not moved', {}, 300, 'likely'],
    ['asleep in something else, seen once', {}, 0, 'possible'],
  ])(
    'whoever holds the master, %s, is to blame as surely as that was seen',
    async (_, changes, sampleMs, confidence) => {
      const diagnosis = await diagnosed(host(writer, { ...master(71, 3), ...changes }), 60, { sampleMs });
      const found = diagnosis.findings.find(({ rule }) => rule.id === 'tty-write-blocked');
      expect(found).toMatchObject({ confidence, culprit: { pid: 71 } });
      expect(found?.summary).toContain('does not read: 71 sshd');
    },
  );

  it('the writer is to blame itself, when nobody else has the master that it holds', async () => {
    const both = {
      ...writer,
      fds: { 1: 'rw /dev/pts/3', 9: 'rw /dev/ptmx' },
      fdinfo: { 9: ['tty-index: 3'] },
    };
    expect(told(await diagnosed(host(both), 60))).toEqual(['tty-write-blocked → process:60']);
    expect(told(await diagnosed(host(both, master(71, 3)), 60))).toEqual(['tty-write-blocked → process:71']);
  });

  it('a console has no master', async () => {
    const wait = await waitOf(host({ ...writer, fds: { 1: 'rw /dev/tty1' } }, master(70, 3)), 60);
    expect(paths(wait)).toEqual(['process:60 > terminal:/dev/tty1']);
  });
});

describe('the dying init of a PID namespace', () => {
  const inside = { pid: 4026532001 };
  const dying: FakeProcess = {
    pid: 60,
    nsPid: [60, 1],
    ns: inside,
    flags: 4,
    stack: 'zap_pid_ns_processes < do_exit',
  };

  it('waits for each member that is still there, also for one born outside', async () => {
    const injected = { pid: 70, ppid: 50, nsPid: [70, 2], ns: inside, state: 'Z' };
    const other = { pid: 71, nsPid: [71, 1], ns: { pid: 4026532002 } };
    const wait = await waitOf(host({ pid: 50, comm: 'nsenter' }, dying, injected, other), 60);
    expect(paths(wait)).toEqual(['process:60 > process:70']);
    expect(wait.killable).toBe(false);
  });

  it('waits for members of namespaces below it', async () => {
    const nested = { pid: 72, ppid: 60, nsPid: [72, 3, 1], ns: { pid: 4026532003 } };
    expect((await waitOf(host(dying, nested), 60)).hops[0]?.next?.pid).toBe(72);
  });
});
