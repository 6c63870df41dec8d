import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const init = { pid: 1, comm: 'init' };
const mounts: FakeHost['mounts'] = [{ at: '/mnt/x', fs: 'fuse.sshfs', dev: '0:39' }];
const D = { state: 'D' };

describe('the mutex of a pipe', () => {
  const reader: FakeProcess = {
    pid: 60,
    ...D,
    call: 'read(0)',
    stack: 'anon_pipe_read < vfs_read',
    fds: { 0: 'r pipe:[9]' },
  };
  const holder = (fd: string): FakeProcess => ({
    pid: 70,
    ...D,
    call: 'write(1)',
    stack: 'filemap_fault < __do_fault < handle_mm_fault < anon_pipe_write < vfs_write',
    fds: { 1: fd },
  });

  it('is held by the task that faults inside of a write to the same pipe', async () => {
    const wait = await waitOf({ processes: [init, reader, holder('w pipe:[9]')] }, 60);
    expect(wait).toMatchObject({
      kind: 'kernel-lock',
      killable: false,
      detail: { lock: 'mutex of the pipe' },
    });
    expect(paths(wait)).toEqual(['process:60 > lock:pipe:pipe:[9] > process:70']);
    expect(wait.hops[0]?.edges.at(-1)?.confidence).toBe('certain');
  });

  it('of which two could be the holder is nobody’s for sure', async () => {
    const two = [holder('w pipe:[9]'), { ...holder('w pipe:[9]'), pid: 71 }];
    const wait = await waitOf({ processes: [init, reader, ...two] }, 60);
    expect(wait.hops.map(({ edges }) => edges.at(-1)?.confidence)).toEqual(['possible', 'possible']);
  });

  it('is not held by one that writes to another pipe, nor by one that waits for it as well', async () => {
    for (const other of [holder('w pipe:[8]'), { ...reader, pid: 70 }]) {
      expect(paths(await waitOf({ processes: [init, reader, other] }, 60))).toEqual([
        'process:60 > lock:pipe:pipe:[9]',
      ]);
    }
  });
});

describe('the lock of a directory', () => {
  const maker: FakeProcess = {
    pid: 60,
    ...D,
    call: 'mkdir(0x7f0000000100)',
    stack: 'filename_create < do_mkdirat',
    memory: { '7f0000000100': '/mnt/x/new' },
  };
  const looker: FakeProcess = {
    pid: 70,
    call: 'newfstatat(-100, 0x7f0000000100)',
    stack:
      'request_wait_answer < __fuse_simple_request < fuse_lookup_name < fuse_lookup < __lookup_slow < walk_component',
  };

  it('is held by a lookup that waits for an answer, though that one is S', async () => {
    const wait = await waitOf({ mounts, processes: [init, maker, looker] }, 60);
    expect(wait.detail?.lock).toBe('lock of the directory');
    expect(wait.hops[0]?.edges[0]?.to.name).toBe('lock of the directory /mnt/x');
    expect(wait.hops.map(({ next }) => next)).toEqual([{ pid: 70, tid: 70 }]);
  });

  it('is held by the one that makes a file in it, not by one at work in another directory', async () => {
    const creator = (pid: number, name: string): FakeProcess => ({
      pid,
      ...D,
      call: 'openat(-100, 0x7f0000000100, 0x241)',
      stack: 'xfs_buf_iowait < xfs_create < xfs_generic_create < path_openat < do_filp_open',
      memory: { '7f0000000100': name },
    });
    const opener = { ...creator(60, '/mnt/x/a'), stack: 'path_openat < do_filp_open' };
    const processes = [init, opener, creator(70, '/mnt/x/sub/b'), creator(71, '/mnt/x/c')];
    expect(paths(await waitOf({ mounts, processes }, 60))).toEqual([
      'process:60 > lock:inode-lock:/mnt/x/a > process:71',
    ]);
  });

  it('is not held by a lookup on another file system', async () => {
    const two = [...(mounts ?? []), { at: '/mnt/y', fs: 'fuse.sshfs', dev: '0:40' }];
    const elsewhere = { ...looker, memory: { '7f0000000100': '/mnt/y/f' } };
    expect((await waitOf({ mounts: two, processes: [init, maker, elsewhere] }, 60)).hops[0]?.next).toBe(
      undefined,
    );
    const there = { ...looker, pid: 71, memory: { '7f0000000100': '/mnt/x/f' } };
    const wait = await waitOf({ mounts: two, processes: [init, maker, elsewhere, there] }, 60);
    expect(wait.hops.map(({ next, edges }) => [next?.pid, edges.at(-1)?.confidence])).toEqual([
      [71, 'likely'],
    ]);
  });

  it.each(['5.10.223', '6.1.176'])('is told on %s too, where frames differ', async (kernel) => {
    const stack = kernel.startsWith('5')
      ? 'rwsem_down_write_slowpath < filename_create < do_mkdirat'
      : maker.stack;
    const processes = [
      init,
      { ...maker, ...(stack === undefined ? {} : { stack }) },
      { ...looker, state: 'D' },
    ];
    expect((await waitOf({ kernel, mounts, processes }, 60)).hops[0]?.next?.pid).toBe(70);
  });
});

it('the lock of a disk that is sought in is held by a read of the same disk', async () => {
  const seeker = {
    pid: 60,
    ...D,
    call: 'lseek(0, 0, 1)',
    stack: 'blkdev_llseek < ksys_lseek',
    fds: { 0: 'r /dev/sda' },
  };
  const reader = {
    pid: 70,
    ...D,
    call: 'read(0)',
    stack: 'folio_wait_bit_common < filemap_read < blkdev_read_iter < vfs_read',
    fds: { 0: 'r /dev/sda' },
  };
  const wait = await waitOf(
    { processes: [init, seeker, reader, { ...reader, pid: 71, fds: { 0: 'r /dev/sdb' } }] },
    60,
  );
  expect(paths(wait)).toEqual(['process:60 > lock:inode-lock:/dev/sda > process:70']);
});

it('the position of an open file is held by who reads at it', async () => {
  const seeker = {
    pid: 60,
    ...D,
    call: 'lseek(3, 0, 0)',
    stack: 'fdget_pos < ksys_lseek',
    fds: { 3: 'r /mnt/x/d' },
  };
  const reader = {
    pid: 70,
    call: 'getdents64(3)',
    stack:
      'request_wait_answer < __fuse_simple_request < fuse_readdir_uncached < iterate_dir < __x64_sys_getdents64',
    fds: { 3: 'r /mnt/x/d' },
  };
  const waiting = { ...seeker, pid: 71 };
  const wait = await waitOf({ mounts, processes: [init, seeker, reader, waiting] }, 60);
  expect(paths(wait)).toEqual(['process:60 > lock:mutex:/mnt/x/d > process:70']);
  expect(wait.kind).toBe('kernel-lock');
  const elsewhere = { ...reader, fds: { 3: 'r /mnt/x/other' } };
  expect(paths(await waitOf({ mounts, processes: [init, seeker, elsewhere] }, 60))).toEqual([
    'process:60 > lock:mutex:/mnt/x/d',
  ]);
});

describe('mmap_lock', () => {
  const mapper = { tid: 61, ...D, call: 'mmap()', stack: 'vm_mmap_pgoff' };
  const owner = (other: object): FakeProcess => ({
    pid: 60,
    comm: 'app',
    threads: [mapper, { tid: 62, ...D, ...other }],
  });
  const faulting = { call: 'page fault', stack: 'filemap_fault < __do_fault < handle_mm_fault' };

  it('is held by a thread inside of a page fault', async () => {
    const wait = await waitOf({ processes: [init, owner(faulting)] }, 60, 61);
    expect(wait).toMatchObject({ kind: 'kernel-lock', subsystem: 'mmap-lock', killable: true });
    expect(paths(wait)).toEqual(['thread:61 > lock:mmap_lock:60 > thread:62']);
  });

  // A page fault on x86: 6.18, 6.12, 5.10; on arm64: 6.12, 5.10.
  it.each([
    'lock_mm_and_find_vma < exc_page_fault < asm_exc_page_fault',
    'lock_mm_and_find_vma < do_user_addr_fault < exc_page_fault < asm_exc_page_fault',
    'rwsem_down_read_slowpath < do_user_addr_fault < exc_page_fault < asm_exc_page_fault',
    'lock_mm_and_find_vma < do_page_fault < do_translation_fault < do_mem_abort < el0_da < el0t_64_sync_handler',
    'do_page_fault < do_translation_fault < do_mem_abort < el0_da < el0_sync_handler < el0_sync',
  ])('is waited for in %s, and not held there', async (stack) => {
    const waiting = { call: 'page fault', stack };
    const processes = [
      init,
      {
        ...owner(faulting),
        threads: [
          { tid: 61, ...D, ...waiting },
          { tid: 62, ...D, ...faulting },
          { tid: 63, ...D, ...waiting },
        ],
      },
    ];
    const wait = await waitOf({ processes }, 60, 61);
    expect(wait).toMatchObject({ kind: 'kernel-lock', subsystem: 'mmap-lock' });
    expect(paths(wait)).toEqual(['thread:61 > lock:mmap_lock:60 > thread:62']);
  });

  it('is waited for in a call of arm64', async () => {
    const unmapping = {
      tid: 61,
      ...D,
      call: 'munmap()',
      stack: '__arm64_sys_munmap < invoke_syscall < el0_svc_common',
    };
    const processes = [init, { ...owner(faulting), threads: [unmapping, { tid: 62, ...D, ...faulting }] }];
    expect((await waitOf({ processes }, 60, 61)).detail).toEqual({ lock: 'mmap_lock' });
  });

  it('is held by a stranger who reads its memory and faults there', async () => {
    const stranger: FakeProcess = {
      pid: 70,
      ...D,
      call: 'read(3)',
      stack: 'filemap_fault < __do_fault < handle_mm_fault < __get_user_pages < __access_remote_vm < mem_rw',
      fds: { 3: 'r /proc/60/mem' },
    };
    const reads = (path: string) =>
      waitOf(
        {
          processes: [
            init,
            owner({ stack: 'vm_mmap_pgoff', call: 'mmap()' }),
            { ...stranger, fds: { 3: `r ${path}` } },
          ],
        },
        60,
        61,
      );
    expect(paths(await reads('/proc/60/mem'))).toEqual(['thread:61 > lock:mmap_lock:60 > process:70']);
    expect(paths(await reads('/proc/99/mem'))).toEqual(['thread:61 > lock:mmap_lock:60']);
  });

  it('keeps whoever reads its command line waiting, and leads to its holder', async () => {
    const ps: FakeProcess = {
      pid: 80,
      ...D,
      call: 'read(3)',
      stack: '__access_remote_vm < proc_pid_cmdline_read < vfs_read',
      fds: { 3: 'r /proc/60/cmdline' },
    };
    const wait = await waitOf({ processes: [init, owner(faulting), ps] }, 80);
    expect(wait).toMatchObject({ kind: 'proc-reader', detail: { lock: 'mmap_lock', of: 60 } });
    expect(paths(wait)).toEqual(['process:80 > lock:mmap_lock:60 > thread:62']);
  });
});

describe('exec_update_lock', () => {
  const stuck: FakeProcess = {
    pid: 70,
    comm: 'stuck',
    blocked: ['stat', 'wchan', 'stack', 'syscall', 'fd', 'ns'],
  };
  const ps = (fd: string): FakeProcess => ({
    pid: 60,
    comm: 'ps',
    ...D,
    call: 'read(3)',
    stack: 'do_task_stat < proc_single_show',
    fds: { 3: fd },
  });

  it('keeps the reader of a process waiting which does not answer us either', async () => {
    const wait = await waitOf({ processes: [init, stuck, ps('r /proc/70/stat')] }, 60);
    expect(wait).toMatchObject({ kind: 'proc-reader', detail: { lock: 'exec_update_lock', of: 70 } });
    expect(paths(wait)).toEqual(['process:60 > lock:exec_update_lock:70 > process:70']);
    expect(wait.hops[0]?.edges[1]?.facts[0]).toMatchObject({
      path: '/proc/70/stat',
      says: 'does not answer us either',
    });
  });

  it('of a reader whose descriptor tells nothing is likely the silent process’s', async () => {
    const wait = await waitOf({ processes: [init, stuck, ps('r /proc')] }, 60);
    expect(wait.hops[0]?.next?.pid).toBe(70);
    expect(wait.hops[0]?.edges[1]?.confidence).toBe('likely');
  });

  it('keeps a tracer waiting that attaches', async () => {
    const strace: FakeProcess = {
      ...ps('r /proc'),
      call: 'ptrace(16902, 70)',
      stack: 'ptrace_attach < __do_sys_ptrace',
      state: 'S',
    };
    expect(paths(await waitOf({ processes: [init, stuck, strace] }, 60))).toEqual([
      'process:60 > lock:exec_update_lock:70 > process:70',
    ]);
  });
});

it('execve waits for each of its threads that does not die', async () => {
  const process: FakeProcess = {
    pid: 60,
    ...D,
    call: 'execve()',
    stack: 'begin_new_exec < load_elf_binary',
    threads: [
      { tid: 61, ...D, stack: 'percpu_rwsem_wait < vfs_write' },
      { tid: 62, state: 'Z' },
    ],
  };
  expect(paths(await waitOf({ processes: [init, process] }, 60))).toEqual(['thread:60 > thread:61']);
});
