import type { FakeHost, FakeProcess } from './fake-host.ts';

/** A host in trouble, whom to ask, and what has to be said: `cause → culprit's id`, the first finding first. */
export interface Story {
  readonly host: FakeHost;
  readonly ask: number;
  readonly told: readonly string[];
}

const init: FakeProcess = { pid: 1, comm: 'init', call: 'epoll_wait(4)', stack: 'do_epoll_wait' };
const shell: FakeProcess = { pid: 50, comm: 'sh', call: 'read(0)', stack: 'wait_woken < n_tty_read' };
const MEMORY = '7f0000000100';
const int = (...values: number[]) =>
  values.flatMap((v) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, (v >>> 24) & 255]);
const mounts: FakeHost['mounts'] = [
  { at: '/data', fs: 'ext4', dev: '8:1', source: '/dev/sda1' },
  { at: '/mnt/x', fs: 'fuse.sshfs', dev: '0:39' },
  { at: '/nfs', fs: 'nfs4', dev: '0:50', source: 'server:/export' },
  { at: '/net', fs: 'autofs', dev: '0:40', options: 'rw,pgrp=70' },
];
const host = (...processes: FakeProcess[]): FakeHost => ({
  mounts,
  devices: { '8:1': 'sda1' },
  processes: [init, shell, ...processes],
});
const asked = (changes: Partial<FakeProcess>): FakeProcess => ({
  pid: 60,
  comm: 'app',
  ppid: 50,
  session: 50,
  ...changes,
});
const other = (changes: Partial<FakeProcess>): FakeProcess => ({
  pid: 70,
  comm: 'other',
  ppid: 50,
  session: 50,
  ...changes,
});
const fuseDaemon = other({
  comm: 'sshfs',
  state: 'T',
  exitCode: 19,
  fds: { 5: 'rw /dev/fuse' },
  fdinfo: { 5: ['fuse_connection: 39'] },
});
const fuseRequest: Partial<FakeProcess> = {
  call: `newfstatat(-100, 0x${MEMORY})`,
  stack: 'request_wait_answer < __fuse_simple_request < fuse_lookup_name',
  memory: { [MEMORY]: '/mnt/x/dir' },
};
const zap: FakeProcess = other({
  comm: 'pause',
  nsPid: [70, 1],
  ns: { pid: 5 },
  flags: 4,
  stack: 'zap_pid_ns_processes < do_exit',
  call: 'exit_group()',
});
const FROZEN = {
  '/sys/fs/cgroup/batch/cgroup.events': 'frozen 1\n',
  '/sys/fs/cgroup/batch/cgroup.freeze': '1\n',
};
const futexOn = (owner: number): Partial<FakeProcess> => ({
  call: `futex(0x${MEMORY}, 0x80, 2)`,
  stack: 'futex_do_wait < __futex_wait < futex_wait',
  memory: { [MEMORY]: int(2, 1, owner, 1, 0) },
});
const SS = { 'ss:unix:0': 'u_str ESTAB  0      768                   * 88     * 89    \n' };
const sleepsInPipe = { call: 'read(0)', stack: 'anon_pipe_read < vfs_read' };

/** By the cause that is told first. */
export const STORIES: Readonly<Record<string, Story>> = {
  'd-block-io': {
    host: host(
      asked({
        state: 'D',
        call: 'fsync(3)',
        stack: 'folio_wait_bit < folio_wait_writeback < __filemap_fdatawait_range',
        fds: { 3: 'rw /data/f' },
      }),
    ),
    ask: 60,
    told: ['d-block-io → device:sda1'],
  },
  'd-fs-frozen': {
    host: host(
      asked({
        state: 'D',
        call: 'write(3)',
        stack: 'percpu_rwsem_wait < vfs_write',
        fds: { 3: 'w /data/f' },
      }),
    ),
    ask: 60,
    told: ['d-fs-frozen → mount:8:1'],
  },
  'd-vfork-wait': {
    host: host(
      asked({ state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' }),
      other({ ppid: 60, flags: 0x40, state: 'T' }),
    ),
    ask: 60,
    told: ['d-vfork-wait → process:70', 'stopped → process:70'],
  },
  'd-lock-contention': {
    host: host(
      asked({ threads: [{ tid: 61, state: 'D', call: 'mmap()', stack: 'vm_mmap_pgoff' }] }),
      other({
        state: 'D',
        call: 'read(3)',
        stack: 'filemap_fault < __do_fault < handle_mm_fault < __access_remote_vm < mem_rw',
        fds: { 3: 'r /proc/60/mem' },
      }),
    ),
    ask: 60,
    told: ['d-block-io → process:70', 'd-lock-contention → process:70'],
  },
  'd-network-fs': {
    host: host(
      asked({
        state: 'D',
        call: 'read(3)',
        stack: 'rpc_wait_bit_killable < __rpc_execute < nfs4_call_sync',
        fds: { 3: 'r /nfs/f' },
      }),
    ),
    ask: 60,
    told: ['d-network-fs → mount:0:50'],
  },
  'd-driver': {
    host: host(
      asked({
        state: 'D',
        call: 'ioctl(3)',
        stack: 'usb_start_wait_urb < usb_control_msg',
      }),
    ),
    ask: 60,
    told: ['d-driver → kernel:usb:60'],
  },
  'd-kernel-other': {
    host: host(asked({ state: 'D', call: 'ioctl(3)', stack: 'some_unknown_function < another_one' })),
    ask: 60,
    told: ['d-kernel-other → kernel:unknown:60'],
  },
  'fuse-wait': {
    host: host(asked(fuseRequest), fuseDaemon),
    ask: 60,
    told: ['fuse-wait → process:70', 'stopped → process:70'],
  },
  'autofs-wait': {
    host: host(
      asked({
        state: 'D',
        call: `openat(-100, 0x${MEMORY})`,
        stack: 'autofs_wait < autofs_mount_wait',
        memory: { [MEMORY]: '/net/x' },
      }),
      other({ comm: 'automount', state: 'T' }),
    ),
    ask: 60,
    told: ['autofs-wait → process:70', 'stopped → process:70'],
  },
  'fanotify-wait': {
    host: host(
      asked({ state: 'D', call: `openat(-100, 0x${MEMORY})`, stack: 'fanotify_handle_event < fsnotify' }),
      other({
        comm: 'scanner',
        fds: { 3: 'rw anon_inode:[fanotify]' },
        fdinfo: { 3: ['fanotify mnt_id:1b mflags:0 mask:10000 ignored_mask:0'] },
      }),
    ),
    ask: 60,
    told: ['fanotify-wait → process:70'],
  },
  'userfaultfd-wait': {
    host: host(
      asked({ call: 'page fault', stack: 'handle_userfault < handle_mm_fault' }),
      other({ fds: { 3: 'r anon_inode:[userfaultfd]' }, fdinfo: { 3: ['pending: 1', 'total: 1'] } }),
    ),
    ask: 60,
    told: ['userfaultfd-wait → process:70'],
  },
  'seccomp-notify-wait': {
    host: host(
      asked({ call: 'getpid()', stack: 'seccomp_do_user_notification < __seccomp_filter' }),
      other({ fds: { 3: 'rw anon_inode:seccomp notify' } }),
    ),
    ask: 60,
    told: ['seccomp-notify-wait → process:70'],
  },
  'coredump-wait': {
    host: host(
      asked({
        coreDumping: true,
        call: 'kill(1)',
        stack: 'anon_pipe_write < __kernel_write_iter < __dump_skip < elf_core_dump',
      }),
      { pid: 2, comm: 'kthreadd', ppid: 0, kthread: true },
      other({ comm: 'handler', ppid: 2 }),
    ),
    ask: 60,
    told: ['coredump-wait → process:70'],
  },
  'ptrace-stopped': {
    host: host(
      asked({ state: 't', tracerPid: 70, stack: 'ptrace_stop < get_signal' }),
      other({ comm: 'gdb' }),
    ),
    ask: 60,
    told: ['ptrace-stopped → process:70'],
  },
  'ptrace-tracer-stopped': {
    host: host(
      asked({ state: 't', tracerPid: 70, exitCode: 133, stack: 'ptrace_stop < ptrace_notify' }),
      other({ comm: 'strace', state: 'T', exitCode: 19 }),
    ),
    ask: 60,
    told: ['ptrace-tracer-stopped → process:70', 'stopped → process:70'],
  },
  'ptrace-zombie-held': {
    host: host(
      asked({ call: 'wait4(70, 0, 0)', stack: 'do_wait < kernel_wait4' }),
      other({ ppid: 60, state: 'Z', tracerPid: 80 }),
      { pid: 80, comm: 'gdb' },
    ),
    ask: 60,
    told: ['ptrace-zombie-held → process:80'],
  },
  'ptrace-attach-blocked': {
    host: host(
      asked({ comm: 'strace', call: 'wait4(70, 0, 0x40000000)', stack: 'do_wait < kernel_wait4' }),
      other({
        state: 'D',
        tracerPid: 60,
        call: 'write(3)',
        stack: 'percpu_rwsem_wait < vfs_write',
        fds: { 3: 'w /data/f' },
      }),
    ),
    ask: 60,
    told: ['ptrace-attach-blocked → mount:8:1', 'd-fs-frozen → mount:8:1'],
  },
  'pidns-init-not-reaping': {
    host: host(
      asked({ comm: 'app', nsPid: [60, 1], ns: { pid: 5 } }),
      ...[71, 72].map((pid) => ({
        pid,
        comm: 'orphan',
        ppid: 60,
        state: 'Z',
        nsPid: [pid, pid - 60],
        ns: { pid: 5 },
      })),
    ),
    ask: 60,
    told: ['pidns-init-not-reaping → process:60'],
  },
  'pidns-teardown-stuck': {
    host: host(zap, asked({ comm: 'nsenter' }), {
      pid: 71,
      comm: 'injected',
      ppid: 60,
      state: 'Z',
      nsPid: [71, 2],
      ns: { pid: 5 },
    }),
    ask: 70,
    told: ['pidns-teardown-stuck → process:60'],
  },
  'pidns-fork-enomem': {
    host: host(asked({ comm: 'unshare', ns: { pid_for_children: 4026539999 } })),
    ask: 60,
    told: ['pidns-fork-enomem → process:60'],
  },
  'zombie-parent-not-waiting': {
    host: host(asked({}), other({ ppid: 60, state: 'Z' })),
    ask: 60,
    told: ['zombie-parent-not-waiting → process:60'],
  },
  'zombie-parent-stopped': {
    host: host(asked({ state: 'Z', ppid: 70 }), other({ state: 'T', exitCode: 19 })),
    ask: 60,
    told: ['zombie-parent-stopped → process:70', 'stopped → process:70'],
  },
  'zombie-parent-dstate': {
    host: host(
      asked({ state: 'Z', ppid: 70 }),
      other({
        state: 'D',
        call: 'write(3)',
        stack: 'percpu_rwsem_wait < vfs_write',
        fds: { 3: 'w /data/f' },
      }),
    ),
    ask: 60,
    told: ['zombie-parent-dstate → mount:8:1', 'd-fs-frozen → mount:8:1'],
  },
  stopped: { host: host(asked({ state: 'T', exitCode: 19 })), ask: 60, told: ['stopped → process:60'] },
  'stopped-tty': {
    host: host(asked({ state: 'T', exitCode: 21, call: 'read(0)', ttyNr: 34819, pgrp: 60, tpgid: 50 })),
    ask: 60,
    told: ['stopped-tty → terminal:pts/3'],
  },
  'cgroup-frozen': {
    host: {
      ...host(asked({ cgroup: '/batch', stack: 'get_signal < arch_do_signal_or_restart', call: 'pause()' })),
      files: FROZEN,
    },
    ask: 60,
    told: ['cgroup-frozen → cgroup:/sys/fs/cgroup/batch'],
  },
  'cgroup-cpu-throttled': {
    host: {
      ...host(asked({ state: 'R', cgroup: '/small/deep', utime: 0, stime: 0 })),
      files: {
        '/sys/fs/cgroup/small/cpu.max': '1000 1000000\n',
        '/sys/fs/cgroup/small/cpu.stat':
          'usage_usec 5\nnr_periods 9\nnr_throttled 9\nthrottled_usec 8900000\n',
      },
      looks: [{ 60: {} }, { 60: {} }, { 60: {} }],
    },
    ask: 60,
    told: ['cgroup-cpu-throttled → cgroup:/sys/fs/cgroup/small'],
  },
  'cgroup-memory-high': {
    host: {
      ...host(
        asked({
          state: 'D',
          call: 'page fault',
          stack: 'mem_cgroup_handle_over_high < irqentry_exit_to_user_mode',
          cgroup: '/small',
        }),
      ),
      files: {
        '/sys/fs/cgroup/small/memory.high': '4194304\n',
        '/sys/fs/cgroup/small/memory.current': '9437184\n',
      },
    },
    ask: 60,
    told: ['cgroup-memory-high → cgroup:/sys/fs/cgroup/small'],
  },
  'cgroup-pids-max': {
    host: {
      ...host(
        asked({
          call: 'clock_nanosleep()',
          stack: 'hrtimer_nanosleep < common_nsleep',
          asleep: 0.01,
          cgroup: '/small/deep',
        }),
      ),
      files: {
        '/sys/fs/cgroup/small/pids.max': '20\n',
        '/sys/fs/cgroup/small/pids.current': '20\n',
        '/sys/fs/cgroup/small/pids.events': 'max 5\n',
        '/sys/fs/cgroup/small/deep/pids.max': 'max\n',
        '/sys/fs/cgroup/small/deep/pids.current': '7\n',
      },
      looks: [{ 60: { switches: 4 } }],
      filesAtLooks: [{ '/sys/fs/cgroup/small/pids.events': 'max 8\n' }],
    },
    ask: 60,
    told: ['cgroup-pids-max → cgroup:/sys/fs/cgroup/small'],
  },
  'cgroup-oom-paused': {
    host: {
      ...host(
        asked({
          state: 'D',
          call: 'page fault',
          stack: 'mem_cgroup_oom_synchronize < pagefault_out_of_memory',
          controllers: { memory: '/small' },
        }),
      ),
      mounts: [{ at: '/sys/fs/cgroup/memory', fs: 'cgroup', dev: '0:30', options: 'rw,memory' }],
      files: {
        '/sys/fs/cgroup/memory/small/memory.oom_control': 'oom_kill_disable 1\nunder_oom 1\noom_kill 0\n',
      },
    },
    ask: 60,
    told: ['cgroup-oom-paused → cgroup:/sys/fs/cgroup/memory/small'],
  },
  'wait-on-stopped-child': {
    host: host(
      asked({ call: 'wait4(70, 0, 0)', stack: 'do_wait < kernel_wait4' }),
      other({ ppid: 60, state: 'T', exitCode: 19 }),
    ),
    ask: 60,
    told: ['wait-on-stopped-child → process:70', 'stopped → process:70'],
  },
  'pipe-held': {
    host: host(
      asked({ ...sleepsInPipe, fds: { 0: 'r pipe:[9]' } }),
      other({ comm: 'sleep', ppid: 1, fds: { 1: 'w pipe:[9]' } }),
    ),
    ask: 60,
    told: ['pipe-held → process:70'],
  },
  'pipe-full': {
    host: host(
      asked({ call: 'write(1)', stack: 'anon_pipe_write < vfs_write', fds: { 1: 'w pipe:[9]' } }),
      other({ fds: { 0: 'r pipe:[9]' }, state: 'T', exitCode: 19 }),
    ),
    ask: 60,
    told: ['pipe-full → process:70', 'stopped → process:70'],
  },
  'socket-full': {
    host: {
      ...host(
        asked({ call: 'sendto(6)', stack: 'sock_alloc_send_pskb', fds: { 6: 'rw socket:[88]' } }),
        other({ fds: { 3: 'rw socket:[89]' } }),
      ),
      files: SS,
    },
    ask: 60,
    told: ['socket-full → process:70'],
  },
  'queue-full': {
    host: {
      ...host(asked({ call: 'msgsnd(3)', stack: 'do_msgsnd' }), other({})),
      files: {
        '/proc/sysvipc/msg':
          '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n' +
          '      7434          3   600       16384         16    60    70     0     0     0     0 1795678830 1795678700 1795678830\n',
      },
    },
    ask: 60,
    told: ['queue-full → process:70'],
  },
  'tty-write-blocked': {
    host: host(asked({ call: 'write(1)', stack: 'wait_woken < n_tty_write', fds: { 1: 'rw /dev/pts/3' } })),
    ask: 60,
    told: ['tty-write-blocked → terminal:/dev/pts/3'],
  },
  'tcp-connect-wait': {
    host: {
      ...host(
        asked({
          call: 'connect(6)',
          stack: 'wait_woken < __inet_stream_connect',
          fds: { 6: 'rw socket:[88]' },
        }),
      ),
      files: {
        '/proc/60/net/tcp':
          '   1: 0100007F:A83A 05060708:01BB 02 00000000:00000001 00:00000000 00000000     0        0 88 2 0\n',
      },
    },
    ask: 60,
    told: ['tcp-connect-wait → remote:8.7.6.5:443'],
  },
  'file-lock': {
    host: {
      ...host(
        asked({
          call: 'flock(3, 2)',
          stack: 'locks_lock_inode_wait',
          fds: { 3: 'rw /data/f' },
          fdinfo: { 3: ['ino: 77'] },
        }),
        other({
          fds: { 4: 'rw /data/f' },
          fdinfo: { 4: ['ino: 77', 'lock:\t1: FLOCK  ADVISORY  WRITE 70 08:01:77 0 EOF'] },
        }),
      ),
      files: {
        '/proc/locks':
          '1: FLOCK  ADVISORY  WRITE 70 08:01:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 60 08:01:77 0 EOF\n',
      },
    },
    ask: 60,
    told: ['file-lock → process:70'],
  },
  'futex-deadlock': {
    host: host(
      asked({
        ...futexOn(61),
        threads: [{ tid: 61, call: 'futex(0x7f0000000200, 0x80, 2)', stack: 'futex_do_wait' }],
        memory: { [MEMORY]: int(2, 1, 61, 1, 0), '7f0000000200': int(2, 1, 60, 1, 0) },
      }),
    ),
    ask: 60,
    told: ['futex-deadlock → thread:60'],
  },
  'futex-held': {
    host: host(
      asked({ ...futexOn(61), threads: [{ tid: 61, call: 'nanosleep()', stack: 'hrtimer_nanosleep' }] }),
    ),
    ask: 60,
    told: ['futex-held → thread:61'],
  },
  'futex-dead-owner': { host: host(asked(futexOn(555))), ask: 60, told: ['futex-dead-owner → thread:555'] },
  'signal-blocked-pending': {
    host: host(asked({ shdPnd: 0x4000n, sigBlk: 0x4000n })),
    ask: 60,
    told: ['signal-blocked-pending → process:60'],
  },
  'cmdline-unreadable': {
    host: host(asked({ blocked: ['cmdline', 'environ'] })),
    ask: 60,
    told: ['cmdline-unreadable → process:60'],
  },
};
