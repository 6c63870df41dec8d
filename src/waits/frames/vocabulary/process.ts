import { either, family, here, idle, type Vocabulary, wait } from '../rule.ts';

/** kernel/exit.c, ptrace.c, signal.c, fs/coredump.c: processes that wait for processes. */
export const processes = (): Vocabulary => [
  idle(
    'wait-child',
    'a child to exit or stop (wait4, waitid)',
    'do_wait kernel_wait4 kernel_waitid sys_wait4 sys_waitid sys_waitpid',
  ),
  here(
    'wait-child',
    'its vfork child to exec or exit',
    `kernel_clone do_fork wait_for_vfork_done sys_vfork sys_clone sys_clone3`,
    {
      killable: true,
    },
  ),
  wait('pidns-zap', 'the members of its PID namespace to be gone (dying init)', 'zap_pid_ns_processes', {
    killable: false,
  }),
  wait(
    'ptrace',
    'its tracer to let it go on (tracing stop)',
    'ptrace_stop ptrace_notify ptrace_do_notify ptrace_event* syscall_trace_*',
    {
      killable: true,
    },
  ),
  wait(
    'ptrace',
    'a tracee to stop, or the right to attach',
    `wait_task_inactive
    sys_ptrace ptrace_*`,
    { killable: true },
  ),
  wait(
    'coredump',
    'a core dump to be written, or the handler that reads it',
    `wait_for_dump_helpers
    do_coredump vfs_coredump dump_emit dump_user_range dump_skip* dump_interrupted elf_core_dump dump_align coredump_* dump_vma_snapshot`,
    {
      killable: true,
    },
  ),
  here('coredump', 'the core dump of its process (a thread about to exit)', 'do_exit'),
  either(
    'signal-wait',
    'SIGCONT (stopped by a signal)',
    'do_signal_stop do_jobctl_trap do_notify_parent_cldstop',
  ),
  idle(
    'signal-wait',
    'a signal',
    `sigsuspend sys_rt_sigsuspend sys_sigsuspend sys_pause do_sigtimedwait sys_rt_sigtimedwait*
    signalfd_* do_sigsuspend`,
  ),
  here(
    'freezer',
    'its cgroup to be thawed, or a signal to be handled',
    'get_signal do_signal get_signal_to_deliver',
    {
      benign: null,
      killable: true,
    },
  ),
  either('wait-child', 'the exit of a process (pidfd)', 'pidfd_*'),
  family(
    'unknown',
    'its own exit to finish',
    'exit_files* exit_fs exit_task_* mmput mmput_async exit_notify release_task exit_mm_release uprobe_free_*',
    { benign: null },
  ),
];
