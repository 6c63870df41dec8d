import { describe, expect, it } from 'vitest';
import { classifyFrames } from '../../../src/waits/frames/index.ts';

const of = (stack: string, state?: string) =>
  classifyFrames(stack.split(' < '), state === undefined ? {} : { state });

/** /proc/PID/stack as kernels 5.10 to 7.2 show the same waits: state, frames, subsystem, benign. */
const WAITS: readonly (readonly [state: string, stack: string, subsystem: string, benign: boolean | null])[] =
  [
    ['D', 'kernel_clone < __do_sys_vfork < do_syscall_64', 'wait-child', false],
    ['D', 'percpu_rwsem_wait < __percpu_down_read < vfs_write < ksys_write', 'fsfreeze', false],
    ['D', 'percpu_rwsem_wait < vfs_write < ksys_write < do_syscall_64', 'fsfreeze', false],
    ['D', 'percpu_rwsem_wait < mnt_want_write < filename_create < do_mkdirat', 'fsfreeze', false],
    ['D', '__blkdev_direct_IO_simple < generic_file_read_iter < blkdev_read_iter', 'block-io', false],
    ['D', 'submit_bio_wait < __blkdev_direct_IO_simple < blkdev_read_iter', 'block-io', false],
    ['D', 'bio_await < submit_bio_wait < __blkdev_direct_IO_simple', 'block-io', false],
    ['D', 'wait_on_page_bit_common < generic_file_buffered_read < blkdev_read_iter', 'page-lock', false],
    ['D', 'folio_wait_bit_common < filemap_get_pages < filemap_read', 'page-lock', false],
    [
      'D',
      'wait_on_page_bit_common < wait_on_page_writeback < __filemap_fdatawait_range',
      'page-writeback',
      false,
    ],
    [
      'D',
      'folio_wait_bit < folio_wait_writeback < __filemap_fdatawait_range < ext4_sync_file',
      'page-writeback',
      false,
    ],
    ['D', 'exit_aio < mmput < do_exit < do_group_exit', 'aio', false],
    ['S', 'read_events < do_io_getevents < __x64_sys_io_getevents', 'aio', null],
    ['D', '__folio_lock < truncate_inode_pages_range < blkdev_flush_mapping < do_exit', 'page-lock', false],
    ['S', 'request_wait_answer < __fuse_simple_request < fuse_lookup_name', 'fuse', false],
    ['S', 'request_wait_answer < fuse_chan_send < fuse_lookup_name', 'fuse', false],
    ['D', 'filemap_fault < __do_fault < do_fault', 'page-lock', false],
    ['D', 'vm_mmap_pgoff < do_syscall_64', 'mmap-lock', false],
    ['D', 'rwsem_down_write_slowpath < vm_mmap_pgoff < do_syscall_64', 'mmap-lock', false],
    ['D', '__access_remote_vm < proc_pid_cmdline_read < vfs_read', 'mmap-lock', false],
    ['D', 'm_start < seq_read_iter < vfs_read', 'mmap-lock', false],
    ['D', 'rwsem_down_write_slowpath < filename_create < do_mkdirat', 'rwsem', false],
    ['D', 'filename_create < filename_mkdirat < __x64_sys_mkdir', 'rwsem', false],
    ['D', 'fuse_file_write_iter < vfs_write < ksys_write', 'rwsem', false],
    ['D', 'pipe_read < vfs_read < ksys_read', 'mutex', false],
    ['D', 'anon_pipe_write < vfs_write < ksys_write', 'mutex', false],
    ['S', 'anon_pipe_read < vfs_read < ksys_read', 'pipe', true],
    ['S', 'anon_pipe_write < vfs_write < ksys_write', 'pipe', null],
    ['D', 'begin_new_exec < load_elf_binary < bprm_execve', 'unknown', false],
    ['D', 'fanotify_handle_event < fsnotify < __fsnotify_parent', 'fanotify', false],
    ['D', 'autofs_wait < autofs_mount_wait < autofs_d_automount', 'autofs', false],
    ['S', 'handle_userfault < handle_mm_fault < do_user_addr_fault', 'userfaultfd', false],
    ['S', 'seccomp_do_user_notification < __seccomp_filter < syscall_trace_enter', 'unknown', false],
    ['S', 'pipe_write < __kernel_write < dump_emit < dump_user_range < elf_core_dump', 'coredump', false],
    ['S', 'anon_pipe_write < __kernel_write_iter < __dump_skip < elf_core_dump', 'coredump', false],
    ['D', 'do_exit < do_group_exit < get_signal', 'coredump', false],
    ['I', 'do_exit < do_group_exit < get_signal', 'coredump', false],
    ['D', 'mem_cgroup_oom_synchronize < pagefault_out_of_memory', 'memcg-throttle', false],
    ['D', '__refrigerator < get_signal < arch_do_signal_or_restart', 'freezer', null],
    ['S', 'get_signal < arch_do_signal_or_restart < exit_to_user_mode_loop', 'freezer', null],
    ['t', 'ptrace_stop < ptrace_do_notify < ptrace_notify', 'ptrace', false],
    ['T', 'do_signal_stop < get_signal', 'signal-wait', null],
    ['S', 'zap_pid_ns_processes < do_exit < do_group_exit', 'pidns-zap', false],
    ['S', 'do_wait < kernel_wait4 < zap_pid_ns_processes < do_exit', 'pidns-zap', false],
    ['S', 'do_wait < kernel_wait4 < __do_sys_wait4', 'wait-child', true],
    ['S', 'futex_wait_queue_me < futex_wait < do_futex', 'futex', true],
    ['S', 'futex_do_wait < __futex_wait < futex_wait', 'futex', true],
    ['S', 'do_epoll_wait < __x64_sys_epoll_wait', 'epoll', true],
    ['S', 'poll_schedule_timeout < do_select < core_sys_select', 'poll', true],
    ['S', 'do_sys_poll < __x64_sys_poll', 'poll', true],
    ['S', 'hrtimer_nanosleep < __x64_sys_nanosleep', 'sleep', true],
    ['S', 'do_wait_intr_irq < eventfd_read < vfs_read', 'unknown', true],
    ['S', 'signalfd_read_iter < vfs_read', 'signal-wait', true],
    ['S', 'do_sigtimedwait < __x64_sys_rt_sigtimedwait', 'signal-wait', true],
    ['S', 'sigsuspend < __x64_sys_rt_sigsuspend', 'signal-wait', true],
    ['S', '__do_semtimedop < do_semtimedop', 'unknown', true],
    ['S', 'locks_lock_inode_wait < __do_sys_flock', 'file-lock', false],
    ['S', 'fcntl_setlk < do_fcntl', 'file-lock', false],
    ['S', 'sock_alloc_send_pskb < unix_stream_sendmsg', 'socket', null],
    ['S', 'wait_woken < n_tty_write < file_tty_write', 'tty', null],
    ['S', 'wait_woken < n_tty_read < tty_read', 'tty', true],
    ['S', 'wait_woken < inotify_read < vfs_read', 'inotify', true],
    ['S', 'wait_woken < sk_stream_wait_memory < tcp_sendmsg_locked', 'socket', null],
    ['S', 'wait_woken < __inet_stream_connect < inet_stream_connect', 'socket', null],
    ['S', 'inet_csk_accept < inet_accept', 'accept', true],
    ['S', 'fuse_dev_do_read < fuse_dev_read', 'fuse', true],
    ['S', 'io_cqring_wait < __do_sys_io_uring_enter', 'io_uring', null],
    ['D', 'rtnetlink_rcv_msg < netlink_rcv_skb', 'rtnl', false],
    ['D', 'register_netdev < loopback_net_init < ops_init < setup_net', 'rtnl', false],
    ['D', 'call_usermodehelper_exec < __request_module', 'usermode-helper', false],
    ['D', '__mem_cgroup_handle_over_high < resume_user_mode_work', 'memcg-throttle', false],
    ['D', 'wb_wait_for_completion < sync_inodes_sb', 'page-writeback', false],
    ['D', 'blk_mq_freeze_queue_wait < elevator_change < elv_iosched_store', 'blk-freeze', false],
    ['D', 'dm_wait_for_completion < __dm_suspend < dm_suspend', 'dm', false],
    [
      'D',
      'jbd2_journal_wait_updates < jbd2_journal_commit_transaction < kjournald2 < kthread',
      'jbd2',
      false,
    ],
    ['S', 'kjournald2 < kthread < ret_from_fork', 'kthread-idle', true],
    ['D', 'netfs_wait_for_in_progress < netfs_wait_for_read', 'netfs', false],
    ['S', 'wait_woken < nfs4_proc_lock < do_setlk', 'nfs', false],
    ['D', 'filemap_get_pages < filemap_read < nfs_file_read', 'nfs', false],
    ['D', 'do_read_cache_folio < read_part_sector < msdos_partition', 'block-io', false],
    ['D', 'wait_on_page_bit < read_extent_buffer_pages < read_tree_block', 'btrfs', false],
    ['S', 'snd_pcm_dev_disconnect < snd_device_disconnect_all', 'unknown', null],
    ['D', 'schedule < schedule_timeout < msleep < usb_kill_anchored_urbs', 'usb', null],
    ['D', 'schedule < io_schedule_timeout < congestion_wait < f2fs_write_cache_pages', 'f2fs', false],
    ['D', 'schedule < io_schedule_timeout < congestion_wait < new_slab', 'reclaim', false],
    ['S', 'tun_do_read < tun_chr_read_iter < vfs_read', 'unknown', true],
    ['S', 'wdm_read < vfs_read', 'usb', true],
    ['S', 'nbd_ioctl < blkdev_ioctl', 'nbd', true],
    ['D', 'nvdimm_bus_lock < nd_device_notify', 'unknown', null],
    ['S', 'input_unregister_device < hidinput_disconnect', 'unknown', null],
  ];

describe('waits on kernels 5.10 to 7.2', () => {
  it.each(WAITS)('%s %s is %s (benign: %s)', (state, stack, subsystem, benign) => {
    const found = of(stack, state);
    expect([found.subsystem, found.benign]).toEqual([subsystem, benign]);
    expect(found.waitsFor).not.toBe('');
  });
});

describe('logs, which show the code of locks', () => {
  const SLEEP = '__schedule < schedule < ';

  it.each([
    ['schedule_preempt_disabled < __mutex_lock < rtnl_lock < linkwatch_event', 'rtnl', 'mutex'],
    ['rwsem_down_read_slowpath < down_read < do_user_addr_fault', 'mmap-lock', 'rwsem'],
    ['rwsem_down_write_slowpath < down_write < ext4_file_write_iter < vfs_write', 'rwsem', undefined],
    ['schedule_preempt_disabled < __mutex_lock < ttm_bo_reserve < foo', 'gpu', 'mutex'],
    ['schedule_preempt_disabled < __mutex_lock < pipe_read < vfs_read', 'mutex', undefined],
    ['io_schedule < folio_wait_bit_common < nfs_vm_page_mkwrite', 'nfs', 'page-lock'],
    ['io_schedule < folio_wait_bit_common < filemap_read < ext4_file_read_iter', 'page-lock', undefined],
    [
      'io_schedule < bit_wait_io < __wait_on_bit < __wait_on_buffer < jbd2_journal_commit_transaction',
      'jbd2',
      undefined,
    ],
    [
      'schedule_timeout < wait_for_completion < __flush_work < nvme_reset_ctrl_sync',
      'workqueue-flush',
      undefined,
    ],
    ['wait_for_completion < __flush_work < xlog_cil_force_seq < xfs_log_force', 'xfs-log', 'workqueue-flush'],
    [
      'wait_for_completion < __flush_work < flush_delayed_work < dquot_writeback_dquots',
      'quota',
      'workqueue-flush',
    ],
    ['folio_wait_private_2 < netfs_page_mkwrite < ceph_page_mkwrite', 'ceph', 'netfs'],
    ['__closure_sync < bch2_journal_flush_seq', 'unknown', undefined],
    ['__closure_sync < bch_btree_gc', 'bcache', undefined],
    ['schedule_preempt_disabled < __mutex_lock < __do_sys_io_uring_register', 'io_uring', 'mutex'],
    ['percpu_rwsem_wait < __percpu_down_read < cgroup_can_fork < copy_process', 'cgroup', 'percpu-rwsem'],
    ['schedule_preempt_disabled < __mutex_lock < hugetlb_fault < handle_mm_fault', 'mutex', undefined],
    ['io_schedule < __wait_on_buffer < search_by_key < reiserfs_readdir', 'block-io', undefined],
    ['schedule_timeout < blk_congestion_wait < balance_pgdat < kswapd', 'reclaim', undefined],
    [
      'percpu_rwsem_wait < __percpu_down_read < cpus_read_lock < lru_add_drain_all',
      'cpu-hotplug',
      'percpu-rwsem',
    ],
  ])('%s is %s by %s', (stack, subsystem, mechanism) => {
    const found = of(SLEEP + stack, 'D');
    expect([found.subsystem, found.mechanism, found.benign]).toEqual([subsystem, mechanism, false]);
  });

  it('knows the mutex that an inode had before 4.7', () => {
    const found = of(`${SLEEP}__mutex_lock_slowpath < mutex_lock < do_last < path_openat`, 'D');
    expect(found.subsystem).toBe('mutex');
    expect(found.waitsFor).toContain('inode');
  });

  it('does not let chance functions among leftovers part a wait from its reason', () => {
    const names = [
      'schedule',
      'ktime_get',
      'io_schedule_timeout',
      'noise_a',
      'wait_on_page_bit',
      'noise_b',
      'nfs_file_write',
    ];
    expect(classifyFrames(names, { state: 'D', uncertain: true })).toMatchObject({
      subsystem: 'nfs',
      mechanism: 'page-lock',
    });
  });

  it('does not take a distant caller for the name of a lock', () => {
    const stack = `${SLEEP}__mutex_lock < a < b < c < d < nfs_file_write < vfs_write`;
    expect(of(stack, 'D').subsystem).toBe('mutex');
  });

  it('does not call code outside of a fault the reason of a page wait', () => {
    const stack = `${SLEEP}io_schedule < folio_wait_bit_common < filemap_fault < __do_fault < do_user_addr_fault`;
    expect(of(stack, 'D').subsystem).toBe('page-lock');
  });

  it('falls back to the module for functions without a known prefix', () => {
    const found = classifyFrames(['__schedule', 'schedule', 'odd_helper', 'vfs_read'], {
      state: 'D',
      modules: [undefined, undefined, 'nvme_core'],
    });
    expect([found.subsystem, found.frame]).toEqual(['nvme', 'odd_helper']);
  });
});

describe('what is not known', () => {
  it('stays unknown, with what was seen', () => {
    const found = of('__schedule < schedule < frobnicate < vfs_read', 'D');
    expect(found).toMatchObject({
      subsystem: 'unknown',
      benign: null,
      waitsFor: 'something inside frobnicate()',
    });
  });

  it('says nothing of an empty stack', () => {
    expect(of('', 'S')).toMatchObject({ subsystem: 'unknown', benign: null });
    expect(classifyFrames([])).toMatchObject({ subsystem: 'unknown', benign: null });
  });

  it('does not judge a running task by a stale stack', () => {
    expect(of('do_epoll_wait < __x64_sys_epoll_wait', 'R')).toMatchObject({
      subsystem: 'unknown',
      benign: null,
    });
  });

  it('knows a kernel thread asleep in its own main function, unless in D', () => {
    expect(of('frob_thread < kthread < ret_from_fork', 'S')).toMatchObject({
      subsystem: 'kthread-idle',
      benign: true,
    });
    expect(of('frob_thread < kthread < ret_from_fork', 'D').benign).toBeNull();
  });

  it('never calls a place that only resembles an idle one healthy', () => {
    expect(of('__schedule < schedule < frobnicate < do_epoll_wait', 'S').benign).toBeNull();
    expect(of('__schedule < schedule < ep_poll < do_epoll_wait', 'D').benign).not.toBe(true);
  });
});

describe('modules', () => {
  it.each([
    ['a driver that uses names of others', 'dm_suspend', 'amdgpu', 'gpu'],
    ['the one that the name is known of', 'dm_suspend', 'dm_mod', 'dm'],
    ['a part of the same', 'jbd2_log_wait_commit', 'ext4', 'jbd2'],
    ['a name that nobody knows', 'handle_it', 'iwlmvm', 'wifi'],
  ])('%s', (_what, name, module, subsystem) => {
    const stack = ['__schedule', 'schedule', 'schedule_timeout', 'wait_for_completion', name];
    const modules = [undefined, undefined, undefined, undefined, module];
    expect(classifyFrames(stack, { state: 'D', modules }).subsystem).toBe(subsystem);
  });
});

describe('stacks with leftovers', () => {
  it('begins at the scheduler', () => {
    const found = of('__getblk < io_schedule < sync_buffer < __wait_on_bit < search_by_key', 'D');
    expect(found.subsystem).toBe('block-io');
  });

  it('takes no stray name of a hypervisor for the reason when nothing is certain', () => {
    const frames = [
      'bit_wait',
      'schedule',
      'schedule_timeout',
      'xen_clocksource_get_cycles',
      'io_schedule_timeout',
    ];
    expect(classifyFrames(frames, { state: 'D', uncertain: true }).subsystem).toBe('block-io');
  });
});
