/**
 * Classes of strace(1) ("-e trace=syscall_set") by the calls in them, as the kernel names them: what strace 5.10, 6.1 or 7.2 shows
 * of a program that makes every call there is, with those of 32 bits (test/live/trace-classes.test.ts).
 */
const CLASSES: Readonly<Record<string, string>> = {
  file: `open openat openat2 creat stat lstat newfstatat statx access faccessat faccessat2 execve execveat truncate
    getcwd chdir rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink
    readlinkat chmod fchmodat fchmodat2 chown lchown fchownat mknod mknodat statfs pivot_root chroot acct mount
    umount2 swapon swapoff quotactl uselib utime utimes utimensat futimesat setxattr lsetxattr getxattr lgetxattr
    listxattr llistxattr removexattr lremovexattr setxattrat getxattrat listxattrat removexattrat inotify_add_watch
    fanotify_mark name_to_handle_at open_tree open_tree_attr move_mount fspick mount_setattr file_getattr file_setattr
    chown32 fsconfig fstatat64 lchown32 lstat64 oldlstat oldstat stat64 statfs64 truncate64 umount utimensat_time64`,
  desc: `_llseek _newselect bpf cachestat close close_range copy_file_range creat dup dup2 dup3 epoll_create
    epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execveat faccessat faccessat2
    fadvise64 fadvise64_64 fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32
    fchownat fcntl fcntl64 fdatasync fgetxattr file_getattr file_setattr finit_module flistxattr flock fremovexattr
    fsconfig fsetxattr fsmount fsopen fspick fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
    futimesat getdents getdents64 getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
    io_uring_enter io_uring_register io_uring_setup ioctl kexec_file_load landlock_add_rule landlock_create_ruleset
    landlock_restrict_self linkat listxattrat lseek memfd_create memfd_secret mkdirat mknodat mmap mmap2 mount_setattr
    move_mount mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
    name_to_handle_at newfstatat oldfstat open open_by_handle_at open_tree open_tree_attr openat openat2
    perf_event_open pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 poll ppoll ppoll_time64 pread64 preadv preadv2
    process_madvise process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 quotactl_fd read readahead
    readdir readlinkat readv removexattrat renameat renameat2 select sendfile sendfile64 setns setxattrat signalfd
    signalfd4 socketcall splice statx symlinkat sync_file_range syncfs tee timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64 unlinkat userfaultfd utimensat utimensat_time64 vmsplice write
    writev`,
  network: `socket connect accept accept4 sendto recvfrom sendmsg sendmmsg recvmsg recvmmsg shutdown bind listen
    getsockname getpeername socketpair setsockopt getsockopt getpmsg putpmsg recvmmsg_time64 sendfile sendfile64`,
  process: `fork vfork clone clone3 execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo
    rt_tgsigqueueinfo pidfd_send_signal waitpid`,
  signal: `rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
    rt_sigsuspend sigaltstack kill tkill tgkill pause signalfd signalfd4 pidfd_send_signal io_uring_enter
    rt_sigtimedwait_time64 sgetmask sigaction signal sigpending sigprocmask sigreturn sigsuspend ssetmask`,
  ipc: `shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl ipc semtimedop_time64`,
  memory: `mmap munmap mprotect brk mremap msync mincore madvise mlock mlock2 munlock mlockall munlockall
    remap_file_pages mbind set_mempolicy get_mempolicy migrate_pages move_pages pkey_mprotect shmat shmdt
    set_mempolicy_home_node map_shadow_stack mseal io_setup io_destroy break io_uring_register mmap2`,
  creds: `capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid
    getresgid32 getresuid getresuid32 getuid getuid32 prctl setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
    setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid
    setuid32`,
  clock: `adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_settime clock_settime64 gettimeofday settimeofday time`,
  pure: 'getegid getegid32 geteuid geteuid32 getgid getgid32 getpgrp getpid getppid gettid getuid getuid32',
  stat: 'oldstat stat stat64',
  lstat: 'lstat lstat64 oldlstat',
  fstat: 'fstat fstat64 fstatat64 newfstatat oldfstat statx',
  '%stat': 'fstat fstat64 fstatat64 lstat lstat64 newfstatat oldfstat oldlstat oldstat stat stat64 statx',
  statfs: 'statfs statfs64',
  fstatfs: 'fstatfs fstatfs64',
  '%statfs': 'fstatfs fstatfs64 statfs statfs64 ustat',
};

/** The classes that strace also takes without a %. */
const OLD_STYLE = /^(?:file|process|network|signal|ipc|desc|memory)$/;

/**
 * The calls that a set for `strace -e trace=` holds.
 * @param known all names of calls on this host
 * @returns undefined where strace alone knows what it holds
 */
export function callsIn(set: string, known: readonly string[]): ReadonlySet<string> | undefined {
  const isNegated = set.startsWith('!');
  const found = new Set<string>();
  for (const item of set.slice(isNegated ? 1 : 0).split(',')) {
    const names = namesOf(item.replace(/^\?+/, ''), known);
    if (names === undefined) return undefined;
    for (const name of names) found.add(name);
  }
  return isNegated ? new Set(known.filter((name) => !found.has(name))) : found;
}

/** Whether it names its calls itself: what is in a class differs between versions of strace. */
export function hasNoClass(set: string): boolean {
  return set
    .replace(/^!/, '')
    .split(',')
    .every((item) => !/^\?*%/.test(item) && !OLD_STYLE.test(item.replace(/^\?+/, '')));
}

/** A capture may come from anybody: what goes back and forth over a name without end is not tried. */
function isTame(expression: string): boolean {
  const repeats = expression.match(/[*+{]/g)?.length ?? 0;
  return repeats <= 3 && !/\)[*+?{]/.test(expression);
}

function namesOf(item: string, known: readonly string[]): readonly string[] | undefined {
  if (item === 'all') return known;
  if (item === 'none' || item === '') return [];
  if (item.startsWith('/')) {
    if (!isTame(item)) return undefined;
    try {
      // POSIX's extended expressions, as far as both are alike; found anywhere in the name.
      const pattern = new RegExp(item.slice(1));
      return known.filter((name) => pattern.test(name));
    } catch {
      return undefined;
    }
  }
  if (item.startsWith('%') || OLD_STYLE.test(item)) {
    const name = item.replace(/^%/, '');
    return Object.hasOwn(CLASSES, name) ? CLASSES[name]!.split(/\s+/) : undefined;
  }
  // Of one ABI, or by number: strace alone knows which.
  return /^[a-z_][\w]*$/i.test(item) ? [item] : undefined;
}
