/** Kinds of system calls, which have a colour each. */
export const CATEGORIES = [
  'file',
  'network',
  'wait',
  'sync',
  'memory',
  'process',
  'signal',
  'other',
] as const;
export type Category = (typeof CATEGORIES)[number];

const NAMES: Readonly<Record<Exclude<Category, 'other'>, RegExp>> = {
  wait: /^(?:epoll_p?wait2?|p?poll|p?select6?|_newselect|ppoll(?:_time64)?|pause|wait4|waitid|waitpid|.*nanosleep.*|restart_syscall|rt_sigsuspend|rt_sigtimedwait.*|io_getevents|io_uring_enter)$/,
  sync: /^(?:futex.*|flock|sem.*|.*robust_list|membarrier|rseq)$/,
  network:
    /^(?:socket.*|bind|listen|accept4?|connect|send.*|recv.*|shutdown|[gs]etsockopt|getsockname|getpeername)$/,
  memory: /^(?:mmap2?|munmap|mremap|mprotect|brk|madvise|mlock.*|munlock.*|msync|mincore|shm.*|pkey_.*)$/,
  process:
    /^(?:clone3?|v?fork|execve(?:at)?|exit(?:_group)?|set_tid_address|prctl|arch_prctl|[gs]et(?:res|re)?[ug]id|getp?pid|gettid|sched_.*|setns|unshare|ptrace|prlimit64|getrusage)$/,
  signal: /^(?:rt_sig.*|sig.*|kill|tkill|tgkill|alarm|.*itimer|timer_.*|signalfd4?|pidfd_send_signal)$/,
  file: /^(?:.*read.*|.*write.*|open.*|close.*|.*stat.*|lseek|access|faccessat2?|fcntl|ioctl|dup[23]?|pipe2?|unlink.*|rename.*|mkdir.*|rmdir|f?chdir|f?chmod.*|.*chown.*|getdents.*|getcwd|.*sync.*|.*truncate|fallocate|sendfile|splice|tee|copy_file_range|.*link.*|mount|umount2|inotify_.*|fanotify_.*|eventfd2?|epoll_c.*|timerfd_.*|fadvise64)$/,
};

export function categoryOf(name: string): Category {
  for (const category of CATEGORIES) if (category !== 'other' && NAMES[category].test(name)) return category;
  return 'other';
}
