import type { ThreadEvidence } from '../../evidence/thread.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { fact, fdFact, lineFact } from '../facts.ts';
import type { Confidence, Fact } from '../graph.ts';
import { inFrames, type WaitContext } from '../wait.ts';
import { dataFd } from './data-fd.ts';
import { readString } from './memory.ts';
import { isPseudo, mountOfFd, mountOfPath } from './mount.ts';

/** What file the thread's system call is about. */
export interface CallTarget {
  readonly fd?: number;
  /** Target of the descriptor's link, or the path that was asked for. */
  readonly path?: string;
  readonly mount?: Mount;
  /** Of the mount, where the call itself does not tell it. */
  readonly guess?: { readonly how: string; readonly confidence: Confidence };
  readonly facts: readonly Fact[];
}

const FD_FIRST =
  /^(?:read|write|pread64|pwrite64|readv|writev|preadv2?|pwritev2?|fsync|fdatasync|ftruncate|fallocate|getdents(?:64)?|fstat|lseek|ioctl|fcntl|flock|close|sendfile|splice|copy_file_range|sync_file_range|fadvise64|readahead|syncfs|fstatfs|fchmod|fchown|fchdir|connect|accept4?|recvfrom|recvm?msg|sendto|sendm?msg|vmsplice|tee|fsetxattr|fgetxattr|flistxattr|epoll_p?wait2?|epoll_ctl|shutdown)$/;

/** Calls whose first argument is a path. */
const PATH_FIRST =
  /^(?:open|stat|lstat|access|execve|mkdir|rmdir|unlink|rename|readlink|chdir|statfs|truncate|l?chown|chmod|mknod|umount2|creat|l?getxattr|l?listxattr|setxattr|chroot|utimes?|acct|swapon)$/;

/** Calls whose second argument is a path, the first its directory or something else. */
const PATH_SECOND =
  /^(?:openat2?|newfstatat|statx|faccessat2?|execveat|mkdirat|unlinkat|renameat2?|readlinkat|fchmodat|fchownat|utimensat|mknodat|name_to_handle_at|inotify_add_watch|open_tree|mount)$/;

/** Calls whose path is not where the rule above looks: the new name of a link, with the argument of its directory. */
const NEW_NAME: Readonly<Record<string, { path: number; directory?: number }>> = {
  symlink: { path: 1 },
  symlinkat: { path: 2, directory: 1 },
  link: { path: 1 },
  linkat: { path: 3, directory: 2 },
};

const AT_FDCWD = -100;

const WORKS_ON_RING = /^(?:io_wq_worker|io_wqe_worker|io_worker_handle_work)$/;
const DUMPS_CORE = /^(?:do_coredump|vfs_coredump)$/;

/**
 * The file of the system call in flight, by its descriptor or its path; no more than empty when neither can be told.
 * @param side of a call that moves data between two descriptors; without it the one at which it is by its frames
 */
export function callTarget(context: WaitContext, side?: 'from' | 'to'): CallTarget {
  const { evidence, process, thread } = context;
  if (inFrames(thread, DUMPS_CORE)) return coreFile(context);
  const name = thread.syscallName;
  if (name === undefined) return { facts: [] };
  if (inFrames(thread, WORKS_ON_RING)) return ringFile(context);
  if (FD_FIRST.test(name)) {
    const fd = dataFd(thread, side ?? sideOf(thread)) ?? thread.intArgument(0);
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

/** At which end of its work a call is that moves data between two descriptors. */
function sideOf(thread: ThreadEvidence): 'from' | 'to' {
  return inFrames(
    thread,
    /(?:^|_)(?:file_splice_write|splice_write|vfs_iter_write|write_iter|remap_file_range)$/,
  )
    ? 'to'
    : 'from';
}

/**
 * What a worker of an io_uring is at: nothing tells the request's file, but all files that the process has open may lie on
 * one mount. (Its standard streams go to logs.)
 */
function ringFile({ process }: WaitContext): CallTarget {
  const mounts = process.fds
    .filter(({ fd, target }) => fd > 2 && target.startsWith('/') && !target.startsWith('/dev/'))
    .map(({ fd }) => mountOfFd(process, fd))
    .filter((mount) => mount !== undefined && !isPseudo(mount));
  const [mount] = mounts;
  if (mount === undefined || mounts.some((other) => other?.id !== mount.id)) return { facts: [] };
  return { mount, guess: { how: 'all files that it has open lie there', confidence: 'likely' }, facts: [] };
}

/** The file of core_pattern, which no descriptor shows: its directory is the working one unless the pattern names it. */
function coreFile({ evidence, process }: WaitContext): CallTarget {
  const pattern = evidence.line('/proc/sys/kernel/core_pattern');
  const path = pattern?.startsWith('/') === true ? pattern : process.link('cwd');
  if (pattern === undefined || pattern.startsWith('|') || path === undefined) return { facts: [] };
  const mount = mountOfPath(process, path);
  const facts = [fact('/proc/sys/kernel/core_pattern', pattern, 'where the core dump goes')];
  return { path, ...(mount === undefined ? {} : { mount }), facts };
}

/** The mount of the directory from which a path that cannot be read is looked up, if it is a relative one. */
export function directoryPlace({
  process,
  thread,
}: WaitContext):
  | { readonly mount: Mount; readonly how: string; readonly confidence: Confidence }
  | undefined {
  const place = pathPlace(thread.syscallName ?? '');
  if (place === undefined) return undefined;
  const fd = place.directory === undefined ? AT_FDCWD : thread.intArgument(place.directory);
  if (fd !== undefined && fd !== AT_FDCWD) {
    const mount = mountOfFd(process, fd);
    // Nobody hands over a directory with an absolute path, which would not be looked up there.
    return mount && { mount, how: `of the directory given to its call, fd ${fd}`, confidence: 'likely' };
  }
  const cwd = process.link('cwd');
  const mount = cwd === undefined ? undefined : mountOfPath(process, cwd);
  if (mount === undefined || mount.mountPoint === '/' || isPseudo(mount)) return undefined;
  return { mount, how: 'of its working directory: its path could not be read', confidence: 'possible' };
}

/** Which arguments are the path and its directory. */
function pathPlace(name: string): { path: number; directory?: number } | undefined {
  if (PATH_FIRST.test(name)) return { path: 0 };
  if (!PATH_SECOND.test(name)) return NEW_NAME[name];
  return name === 'inotify_add_watch' || name === 'mount' ? { path: 1 } : { path: 1, directory: 0 };
}
