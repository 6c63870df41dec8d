import { expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, told, waitOf } from '../../support/looks.ts';

const KERNELS = ['5.10.223', '6.1.176', '6.12.107', '6.18.44', '7.2.12'] as const;

interface Row {
  readonly kind: string;
  readonly state: string;
  readonly call: string;
  /** Innermost frames on 5.10, 6.1, 6.12, 6.18 and 7.2; `=` is as before it; the common tail is added. */
  readonly stacks: readonly [string, string, string, string, string];
  /** What the process has besides. */
  readonly has?: Partial<FakeProcess>;
  readonly host?: Partial<FakeHost>;
  /** The wait channel alone says another wait, or none: generic functions, and locks that show as their callers. */
  readonly needsStack?: boolean;
  /** The system call alone tells it too, as to a user on 5.10. */
  readonly byCall?: boolean;
}

const DATA: FakeHost['mounts'] = [
  { at: '/data', fs: 'ext4', dev: '8:1', source: '/dev/sda1' },
  { at: '/mnt/x', fs: 'fuse.sshfs', dev: '0:39' },
  { at: '/net', fs: 'autofs', dev: '0:40', options: 'rw,fd=5,pgrp=70' },
];
const onData = { fds: { 3: 'rw /data/f' } };
const onDevice = { fds: { 3: 'rw /dev/sda1' } };
const onFuse = { fds: { 3: 'rw /mnt/x/f' } };
const pipe = { fds: { 0: 'r pipe:[9]', 1: 'w pipe:[9]' } };
const same = '=';

/** One wait, and what five kernels call it. */
const ROWS: Readonly<Record<string, Row>> = {
  'vfork parent': {
    kind: 'vfork',
    state: 'D',
    call: 'vfork()',
    stacks: ['kernel_clone < __do_sys_vfork', same, same, same, same],
    byCall: true,
  },
  'write to a frozen file system': {
    kind: 'fs-frozen',
    state: 'D',
    call: 'write(3)',
    has: onData,
    stacks: [
      'percpu_rwsem_wait < __percpu_down_read < vfs_write',
      'percpu_rwsem_wait < vfs_write < ksys_write',
      same,
      same,
      same,
    ],
  },
  'O_DIRECT read of a device': {
    kind: 'block-io',
    state: 'D',
    call: 'pread64(3)',
    has: onDevice,
    stacks: [
      '__blkdev_direct_IO_simple < generic_file_read_iter < blkdev_read_iter',
      'submit_bio_wait < __blkdev_direct_IO_simple < blkdev_read_iter',
      same,
      same,
      'bio_await < submit_bio_wait < __blkdev_direct_IO_simple',
    ],
  },
  'buffered read of a device': {
    kind: 'block-io',
    state: 'D',
    call: 'read(3)',
    has: onDevice,
    stacks: [
      'wait_on_page_bit_common < generic_file_buffered_read < blkdev_read_iter',
      'folio_wait_bit_common < filemap_get_pages < filemap_read',
      same,
      same,
      same,
    ],
  },
  fsync: {
    kind: 'block-io',
    state: 'D',
    call: 'fsync(3)',
    has: onData,
    stacks: [
      'wait_on_page_bit_common < wait_on_page_writeback < __filemap_fdatawait_range < ext4_sync_file',
      'folio_wait_bit_common < folio_wait_writeback < __filemap_fdatawait_range < ext4_sync_file',
      same,
      'folio_wait_bit < folio_wait_writeback < __filemap_fdatawait_range < ext4_sync_file',
      'folio_wait_bit_common < folio_wait_writeback < __filemap_fdatawait_range < ext4_sync_file',
    ],
  },
  'aio in exit': {
    kind: 'block-io',
    state: 'D',
    call: 'io_getevents(1)',
    has: onDevice,
    stacks: ['exit_aio < mmput < do_exit', 'exit_aio < __mmput < do_exit', same, same, same],
  },
  'aio wait on an idle device': {
    kind: 'sleep',
    state: 'S',
    call: 'io_getevents(1)',
    stacks: ['read_events < do_io_getevents', same, same, same, same],
  },
  'close of a dead device in exit': {
    kind: 'block-io',
    state: 'D',
    call: 'read(3)',
    stacks: [
      'wait_on_page_bit_common < truncate_inode_pages_range < __blkdev_put < do_exit',
      'folio_wait_bit_common < truncate_inode_pages_range < blkdev_flush_mapping < do_exit',
      same,
      '__folio_lock < truncate_inode_pages_range < blkdev_flush_mapping < do_exit',
      'folio_wait_bit_common < truncate_inode_pages_range < blkdev_flush_mapping < do_exit',
    ],
  },
  'FUSE request': {
    kind: 'fuse',
    state: 'S',
    call: 'newfstatat(-100, 0x7f0000000100)',
    stacks: [
      'request_wait_answer < fuse_simple_request < fuse_lookup_name',
      same,
      'request_wait_answer < __fuse_simple_request < fuse_lookup_name',
      same,
      'request_wait_answer < fuse_chan_send < fuse_lookup_name',
    ],
  },
  'FUSE page read': {
    kind: 'fuse',
    state: 'D',
    call: 'read(3)',
    has: onFuse,
    stacks: [
      'wait_on_page_bit_common < generic_file_buffered_read < new_sync_read',
      'folio_wait_bit_common < filemap_get_pages < filemap_read',
      same,
      same,
      same,
    ],
  },
  'page fault in memory of another process, on FUSE': {
    kind: 'fuse',
    state: 'D',
    call: 'read(3)',
    has: { fds: { 3: 'r /proc/70/mem' } },
    needsStack: true,
    stacks: [
      'wait_on_page_bit_common < filemap_fault < __do_fault < __access_remote_vm < mem_rw',
      'folio_wait_bit_common < filemap_fault < __do_fault < __access_remote_vm < mem_rw',
      same,
      'filemap_fault < __do_fault < do_fault < __access_remote_vm < mem_rw',
      'folio_wait_bit_common < filemap_fault < __do_fault < __access_remote_vm < mem_rw',
    ],
  },
  'mmap_lock, writer': {
    kind: 'kernel-lock',
    state: 'D',
    call: 'mmap()',
    stacks: ['rwsem_down_write_slowpath < vm_mmap_pgoff', 'vm_mmap_pgoff', same, same, same],
  },
  'lock of a directory': {
    kind: 'kernel-lock',
    state: 'D',
    call: 'mkdir(0x7f0000000100)',
    stacks: [
      'rwsem_down_write_slowpath < filename_create < do_mkdirat',
      'filename_create < do_mkdirat < __x64_sys_mkdir',
      same,
      same,
      'filename_create < filename_mkdirat < __x64_sys_mkdir',
    ],
  },
  'lock of an inode': {
    kind: 'kernel-lock',
    state: 'D',
    call: 'write(3)',
    has: onFuse,
    stacks: [
      'rwsem_down_write_slowpath < fuse_file_write_iter < new_sync_write',
      'fuse_file_write_iter < vfs_write',
      same,
      same,
      same,
    ],
  },
  'mutex of a pipe': {
    kind: 'kernel-lock',
    state: 'D',
    call: 'read(0)',
    has: pipe,
    stacks: ['pipe_read < new_sync_read', 'pipe_read < vfs_read', same, 'anon_pipe_read < vfs_read', same],
  },
  'execve waits for threads': {
    kind: 'exec-dethread',
    state: 'D',
    call: 'execve(0x7f0000000100)',
    has: { threads: [{}] },
    stacks: ['begin_new_exec < load_elf_binary', same, same, same, same],
  },
  fanotify: {
    kind: 'fanotify',
    state: 'D',
    call: 'openat(-100, 0x7f0000000100)',
    stacks: ['fanotify_handle_event < fsnotify < __fsnotify_parent', same, same, same, same],
  },
  autofs: {
    kind: 'autofs',
    state: 'D',
    call: 'openat(-100, 0x7f0000000100)',
    stacks: ['autofs_wait < autofs_mount_wait', same, same, same, same],
  },
  userfaultfd: {
    kind: 'userfaultfd',
    state: 'S',
    call: 'page fault',
    stacks: [
      'handle_userfault < handle_mm_fault < do_user_addr_fault',
      'handle_userfault < __handle_mm_fault < handle_mm_fault',
      same,
      same,
      same,
    ],
  },
  'seccomp notify': {
    kind: 'seccomp-notify',
    state: 'S',
    call: 'getpid()',
    stacks: [
      'seccomp_do_user_notification.constprop.0 < __seccomp_filter',
      'seccomp_do_user_notification.isra.0 < __seccomp_filter',
      same,
      same,
      same,
    ],
  },
  'core dump to a pipe': {
    kind: 'coredump',
    state: 'S',
    call: 'kill(1)',
    has: { coreDumping: true },
    needsStack: true,
    stacks: [
      'pipe_write < __kernel_write < dump_emit < dump_user_range < elf_core_dump',
      'pipe_write < __kernel_write_iter < __kernel_write < __dump_skip < dump_user_range',
      same,
      'anon_pipe_write < __kernel_write_iter < __kernel_write < __dump_skip < dump_user_range',
      same,
    ],
  },
  'tracing stop': {
    kind: 'ptrace-stop',
    state: 't',
    call: 'read(0)',
    has: { tracerPid: 70 },
    stacks: ['ptrace_stop < get_signal', same, same, same, same],
    byCall: true,
  },
  'system call stop': {
    kind: 'ptrace-stop',
    state: 't',
    call: 'read(0)',
    has: { tracerPid: 70 },
    stacks: [
      'ptrace_stop < ptrace_do_notify < ptrace_notify',
      same,
      same,
      'ptrace_stop < ptrace_do_notify < get_signal',
      'ptrace_stop < ptrace_do_notify < ptrace_notify',
    ],
    byCall: true,
  },
  SIGSTOP: {
    kind: 'stopped',
    state: 'T',
    call: 'read(0)',
    stacks: ['do_signal_stop < get_signal', same, same, same, same],
    byCall: true,
  },
  'v2 freezer': {
    kind: 'frozen',
    state: 'S',
    call: 'pause()',
    has: { cgroup: '/batch' },
    host: { files: { '/sys/fs/cgroup/batch/cgroup.events': 'populated 1\nfrozen 1\n' } },
    stacks: ['get_signal < arch_do_signal_or_restart', same, same, same, same],
    byCall: true,
  },
  'dying init of a PID namespace': {
    kind: 'pidns-zap',
    state: 'S',
    call: 'exit_group()',
    has: { nsPid: [60, 1], flags: 4 },
    stacks: ['zap_pid_ns_processes < do_exit', same, same, same, same],
  },
  wait4: {
    kind: 'wait-child',
    state: 'S',
    call: 'wait4(70)',
    stacks: [
      'do_wait < kernel_wait4 < do_syscall_64',
      'do_wait < kernel_wait4 < __do_sys_wait4',
      same,
      'do_wait < kernel_wait4 < do_syscall_64',
      'do_wait < kernel_wait4 < __do_sys_wait4',
    ],
    byCall: true,
  },
  waitid: {
    kind: 'wait-child',
    state: 'S',
    call: 'waitid(1, 70, 0, 4)',
    stacks: ['do_wait < kernel_waitid < __do_sys_waitid', same, same, same, same],
    byCall: true,
  },
  futex: {
    kind: 'futex',
    state: 'S',
    call: 'futex(0x7f0000000100, 0x189, 0)',
    stacks: [
      'futex_wait_queue_me < futex_wait < do_futex',
      'futex_wait_queue < futex_wait < do_futex',
      'futex_wait_queue < __futex_wait < futex_wait',
      'futex_do_wait < __futex_wait < futex_wait',
      same,
    ],
    byCall: true,
  },
  'pipe, empty': {
    kind: 'pipe-read',
    state: 'S',
    call: 'read(0)',
    has: pipe,
    stacks: ['pipe_read < new_sync_read', 'pipe_read < vfs_read', same, 'anon_pipe_read < vfs_read', same],
    byCall: true,
  },
  'pipe, full': {
    kind: 'pipe-write',
    state: 'S',
    call: 'write(1)',
    has: pipe,
    stacks: [
      'pipe_write < new_sync_write',
      'pipe_write < vfs_write',
      same,
      'anon_pipe_write < vfs_write',
      same,
    ],
    byCall: true,
  },
  epoll_wait: {
    kind: 'watch',
    state: 'S',
    call: 'epoll_wait(4)',
    stacks: ['do_epoll_wait < __x64_sys_epoll_wait', same, same, same, same],
    byCall: true,
  },
  poll: {
    kind: 'watch',
    state: 'S',
    call: 'poll(0x7f0000000100, 1, -1)',
    stacks: [
      'do_sys_poll < __x64_sys_poll',
      same,
      same,
      'poll_schedule_timeout.constprop.0 < do_sys_poll',
      same,
    ],
    byCall: true,
  },
  select: {
    kind: 'watch',
    state: 'S',
    call: 'select(4)',
    stacks: [
      'do_select < core_sys_select',
      same,
      same,
      'poll_schedule_timeout.constprop.0 < do_select',
      same,
    ],
    byCall: true,
  },
  'eventfd, read': {
    kind: 'sleep',
    state: 'S',
    call: 'read(5)',
    has: { fds: { 5: 'rw anon_inode:[eventfd]' } },
    stacks: [
      'eventfd_read < new_sync_read',
      'eventfd_read < vfs_read',
      'do_wait_intr_irq < eventfd_read',
      same,
      same,
    ],
  },
  'signalfd, read': {
    kind: 'sleep',
    state: 'S',
    call: 'read(5)',
    has: { fds: { 5: 'rw anon_inode:[signalfd]' } },
    stacks: ['signalfd_read < vfs_read', same, 'signalfd_read_iter < vfs_read', same, same],
  },
  sigtimedwait: {
    kind: 'sleep',
    state: 'S',
    call: 'rt_sigtimedwait()',
    stacks: ['do_sigtimedwait', same, same, same, same],
    byCall: true,
  },
  semop: {
    kind: 'semaphore',
    state: 'S',
    call: 'semop(1)',
    stacks: ['do_semtimedop < do_syscall_64', '__do_semtimedop < do_semtimedop', same, same, same],
    byCall: true,
  },
  flock: {
    kind: 'file-lock',
    state: 'S',
    call: 'flock(3, 2)',
    has: onData,
    stacks: [
      'locks_lock_inode_wait < __x64_sys_flock',
      'locks_lock_inode_wait < __do_sys_flock',
      same,
      same,
      same,
    ],
    byCall: true,
  },
  'POSIX lock': {
    kind: 'file-lock',
    state: 'S',
    call: 'fcntl(3, 7)',
    has: onData,
    stacks: ['fcntl_setlk < do_fcntl', same, same, same, same],
    byCall: true,
  },
  'unix socket, full': {
    kind: 'socket-write',
    state: 'S',
    call: 'sendto(6)',
    has: { fds: { 6: 'rw socket:[88]' } },
    stacks: ['sock_alloc_send_pskb < unix_stream_sendmsg', same, same, same, same],
    byCall: true,
  },
  'terminal, stopped': {
    kind: 'tty-write',
    state: 'S',
    call: 'write(1)',
    has: { fds: { 1: 'rw /dev/pts/3' } },
    needsStack: true,
    stacks: ['wait_woken < n_tty_write', same, same, same, same],
  },
  'FUSE daemon, idle': {
    kind: 'sleep',
    state: 'S',
    call: 'read(7)',
    has: { fds: { 7: 'rw /dev/fuse' } },
    stacks: ['fuse_dev_do_read < fuse_dev_read', same, same, same, same],
  },
};

const TAIL = 'do_syscall_64 < entry_SYSCALL_64_after_hwframe';

function hostOf(row: Row, kernel: string, stack: string, changes: Partial<FakeProcess> = {}): FakeHost {
  const child = {
    pid: 70,
    comm: 'child',
    ppid: 60,
    flags: 0x40,
    call: 'wait4(1)',
    maps: ['1000-2000 r--p 0 00:27 5 /mnt/x/lib'],
  };
  return {
    kernel,
    mounts: DATA,
    devices: { '8:1': 'sda1' },
    ...row.host,
    files: { '/sys/class/block/sda1/dev': '8:1\n', ...row.host?.files },
    processes: [
      { pid: 1, comm: 'init' },
      { pid: 60, comm: 'waiter', state: row.state, call: row.call, stack, ...row.has, ...changes },
      child,
    ],
  };
}

const stackOn = ({ stacks }: Row, kernel: number): string =>
  stacks.slice(0, kernel + 1).findLast((frames) => frames !== same) ?? '';

const asUser = (host: FakeHost): FakeHost => ({
  ...host,
  uid: 1000,
  processes: host.processes.map((process) => ({ ...process, uid: 1000 })),
});

/** One case a kernel. */
const cases = (wanted: (row: Row) => boolean, from = 0) =>
  Object.entries(ROWS)
    .filter(([, row]) => wanted(row))
    .flatMap(([name, row]) =>
      KERNELS.slice(from).map((kernel, i) => ({ name, row, kernel, stack: stackOn(row, i + from) })),
    );

it.each(cases(() => true))('$name is the same wait on $kernel', async ({ row, kernel, stack }) => {
  const wait = await waitOf(hostOf(row, kernel, `${stack} < ${TAIL}`), 60);
  expect(wait.kind).toBe(row.kind);
});

it.each(cases(({ needsStack }) => needsStack !== true, 1))(
  '$name is told to its user on $kernel, by wait channel and call',
  async ({ row, kernel, stack }) => {
    const wait = await waitOf(asUser(hostOf(row, kernel, stack)), 60);
    expect(wait.thread.hasStack).toBe(false);
    expect(wait.kind).toBe(row.kind);
  },
);

it.each(cases(({ byCall }) => byCall === true).filter(({ kernel }) => kernel.startsWith('5.10')))(
  '$name is told to its user on $kernel, where the call is all there is',
  async ({ row, kernel, stack }) => {
    const wait = await waitOf(asUser(hostOf(row, kernel, stack)), 60);
    expect(wait.thread.frames).toEqual([]);
    expect(wait.kind).toBe(row.kind);
  },
);

it('waits for the dumper, whatever letter a thread of a dumping process has', async () => {
  for (const [kernel, state] of [
    ['5.10.223', 'D'],
    ['6.1.176', 'I'],
    ['7.2.12', 'I'],
  ]) {
    const dumper = { tid: 61, stack: 'pipe_write < __kernel_write < dump_emit < elf_core_dump' };
    const wait = await waitOf(
      {
        kernel,
        processes: [
          { pid: 60, state, coreDumping: true, stack: 'do_exit < do_group_exit', threads: [dumper] },
        ],
      },
      60,
    );
    expect(wait).toMatchObject({ kind: 'coredump-thread', hops: [{ next: { pid: 60, tid: 61 } }] });
  }
});

it('claims nothing about a stranger’s sleeper of which neither call nor stack nor wait channel is given', async () => {
  const sleeper = { pid: 60, stack: 'do_epoll_wait < __x64_sys_epoll_wait', call: 'epoll_wait(4)' };
  const diagnosis = await diagnosed({ kernel: '5.10.223', uid: 1000, processes: [sleeper] }, 60);
  expect(told(diagnosis)).toEqual([]);
  expect(diagnosis.verdict.state).toBe('unknown');
});
