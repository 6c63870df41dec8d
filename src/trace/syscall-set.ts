/**
 * Classes of strace(1) ("-e trace=syscall_set") by the calls in them, as the kernel names them. Those that are not here are
 * known to strace alone.
 */
const CLASSES: Readonly<Record<string, string>> = {
  file: `open openat openat2 creat stat lstat newfstatat statx access faccessat faccessat2 execve execveat truncate getcwd chdir
    rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmodat
    fchmodat2 chown lchown fchownat mknod mknodat statfs pivot_root chroot acct mount umount2 swapon swapoff quotactl uselib utime
    utimes utimensat futimesat setxattr lsetxattr getxattr lgetxattr listxattr llistxattr removexattr lremovexattr setxattrat
    getxattrat listxattrat removexattrat inotify_add_watch fanotify_mark name_to_handle_at open_tree open_tree_attr move_mount
    fspick mount_setattr file_getattr file_setattr`,
  network: `socket connect accept accept4 sendto recvfrom sendmsg sendmmsg recvmsg recvmmsg shutdown bind listen getsockname
    getpeername socketpair setsockopt getsockopt`,
  process: `fork vfork clone clone3 execve execveat exit exit_group wait4 waitid kill tkill tgkill rt_sigqueueinfo
    rt_tgsigqueueinfo pidfd_open pidfd_send_signal`,
  signal: `rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend
    sigaltstack kill tkill tgkill pause signalfd signalfd4 pidfd_send_signal`,
  ipc: 'shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl',
  memory: `mmap munmap mprotect brk mremap msync mincore madvise process_madvise mlock mlock2 munlock mlockall munlockall
    remap_file_pages mbind set_mempolicy get_mempolicy migrate_pages move_pages pkey_mprotect shmat shmdt
    set_mempolicy_home_node map_shadow_stack mseal io_setup io_destroy`,
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
