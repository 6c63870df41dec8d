import type { Mount } from '../../procfs/mountinfo.ts';
import { fdFact, lineFact } from '../facts.ts';
import type { Fact } from '../graph.ts';
import type { WaitContext } from '../wait.ts';
import { readString } from './memory.ts';
import { mountOfFd, mountOfPath } from './mount.ts';

/** What file the thread's system call is about. */
export interface CallTarget {
  readonly fd?: number;
  /** Target of the descriptor's link, or the path that was asked for. */
  readonly path?: string;
  readonly mount?: Mount;
  readonly facts: readonly Fact[];
}

const FD_FIRST = new Set(
  `read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 fsync fdatasync ftruncate fallocate getdents
  getdents64 fstat lseek ioctl fcntl flock close sendfile splice copy_file_range sync_file_range fadvise64 readahead syncfs
  fstatfs fchmod fchown fchdir connect accept accept4 recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg vmsplice tee
  fsetxattr fgetxattr flistxattr epoll_wait epoll_pwait epoll_pwait2 epoll_ctl shutdown`.split(/\s+/),
);

/** Which argument is a path, by system call; for the *at calls the one before it is the directory. */
const PATH_ARGUMENT: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    `open stat lstat access execve mkdir rmdir unlink rename readlink chdir statfs truncate chmod chown lchown mknod
    umount2 creat getxattr lgetxattr listxattr setxattr chroot utime utimes acct swapon`
      .split(/\s+/)
      .map((name) => [name, 0]),
  ),
  ...Object.fromEntries(
    `openat openat2 newfstatat statx faccessat faccessat2 execveat mkdirat unlinkat renameat renameat2 readlinkat
    fchmodat fchownat utimensat mknodat name_to_handle_at inotify_add_watch open_tree mount`
      .split(/\s+/)
      .map((name) => [name, 1]),
  ),
};

/** Calls whose path is not where the rule above looks: the new name of a link, with the argument of its directory. */
const NEW_NAME: Readonly<Record<string, { path: number; directory?: number }>> = {
  symlink: { path: 1 },
  symlinkat: { path: 2, directory: 1 },
  link: { path: 1 },
  linkat: { path: 3, directory: 2 },
};

const AT_FDCWD = -100;

/** The file of the system call in flight, by its descriptor or its path; no more than empty when neither can be told. */
export function callTarget(context: WaitContext): CallTarget {
  const { evidence, process, thread } = context;
  const name = thread.syscallName;
  if (name === undefined) return { facts: [] };
  if (FD_FIRST.has(name)) {
    const fd = thread.intArgument(0);
    if (fd === undefined) return { facts: [] };
    const path = process.fd(fd)?.target;
    const mount = mountOfFd(process, fd);
    const facts = [...fdFact(process, fd), ...lineFact(evidence, process.fdinfoPath(fd), 'mnt_id:')];
    return { fd, ...(path === undefined ? {} : { path }), ...(mount === undefined ? {} : { mount }), facts };
  }
  const place = pathPlace(name);
  const address = place === undefined ? undefined : thread.argument(place.path);
  if (place === undefined || address === undefined) return { facts: [] };
  const text = readString(evidence, process, address);
  if (text === undefined) return { facts: [] };
  const directory = place.directory === undefined ? AT_FDCWD : thread.intArgument(place.directory);
  const base =
    directory === AT_FDCWD || directory === undefined ? process.link('cwd') : process.fd(directory)?.target;
  const path = text.startsWith('/') ? text : base === undefined ? undefined : `${base}/${text}`;
  if (path === undefined) return { facts: [] };
  const mount = mountOfPath(process, path);
  const facts = [
    { path: `${process.dir}/mem@0x${address.toString(16)}`, line: text, says: `the path given to ${name}()` },
  ];
  return { path, ...(mount === undefined ? {} : { mount }), facts };
}

/** Which arguments are the path and its directory. */
function pathPlace(name: string): { path: number; directory?: number } | undefined {
  const path = PATH_ARGUMENT[name];
  if (path === undefined) return NEW_NAME[name];
  return path === 1 && name !== 'inotify_add_watch' && name !== 'mount' ? { path, directory: 0 } : { path };
}
