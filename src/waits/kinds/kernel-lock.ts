import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ThreadEvidence } from '../../evidence/thread.ts';
import { lazily } from '../../procfs/lazily.ts';
import { fdFact, pointFacts } from '../facts.ts';
import { edge, thing, threadNode } from '../nodes.ts';
import { type CallTarget, callTarget } from '../objects/call-target.ts';
import { deepSleepers } from '../objects/sleepers.ts';
import { contextOf, type Hop, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/**
 * D with one of these on top waits for the lock that this function takes: the lock functions themselves are hidden from
 * 6.1 on (kernel-doc of wchan: __sched and lock sections are skipped), 5.10 shows them.
 */
interface LockUser {
  readonly top: RegExp;
  readonly lock: string;
  readonly subsystem: 'pipe' | 'inode-lock' | 'rwsem' | 'mutex' | 'rtnl' | 'cgroup' | 'tty' | 'file-lock';
  /** Functions that hold this very lock while they sleep deeper down. */
  readonly holders: RegExp;
  /** One holder at a time, and these functions sleep deeper down only while they are it: one such task is proof. */
  readonly proves?: boolean;
  /** Of the file that the call's descriptor is open on. */
  readonly byDescriptor?: boolean;
}

const LOCK_FUNCTIONS =
  /^(?:rwsem_down_\w+|down_(?:read|write)\w*|__mutex_lock\w*|mutex_lock\w*|__down\w*|schedule_preempt_disabled|__rwsem_\w+)$/;

const DIRECTORY_LOCK = 'lock of the directory';

const lockUsers = lazily((): readonly LockUser[] => [
  {
    top: /^(?:__)?(?:fdget_pos|f_lock_pos)$/,
    lock: 'position of the open file',
    subsystem: 'mutex',
    byDescriptor: true,
    holders:
      /^(?:ksys_(?:read|write|lseek)|do_(?:readv|writev)|iterate_dir|vfs_(?:read|write|llseek|readv|writev)|\w*sys_(?:getdents(?:64)?|read|write|lseek))$/,
  },
  {
    top: /^(?:fuse_lock_inode|d_alloc_parallel|d_wait_lookup)$/,
    lock: 'lookup of another task in the same directory',
    subsystem: 'inode-lock',
    holders: /^(?:fuse_lookup\w*|__lookup_slow|lookup_slow|lookup_one_\w+|lookup_open|open_last_lookups)$/,
  },
  {
    top: /^(?:anon_pipe_(?:read|write)|pipe_(?:read|write|poll|release|fcntl)|fifo_open|splice_\w+|pipe_ioctl)$/,
    lock: 'mutex of the pipe',
    subsystem: 'pipe',
    byDescriptor: true,
    holders: /^(?:anon_)?pipe_(?:read|write)$/,
    proves: true, // fs/pipe.c: both copy from and to user memory, and fault, with the mutex held
  },
  {
    top: /^(?:filename_create|filename_\w*(?:mkdirat|unlinkat|renameat2?|symlinkat)|do_(?:unlinkat|rmdir|mkdirat|renameat2|symlinkat|mknodat|linkat)|start_\w+|lock_rename\w*|__lookup_slow|lookup_slow|open_last_lookups|path_openat|lookup_open|iterate_dir|walk_component|lookup_one_\w+|start_dirop)$/,
    lock: DIRECTORY_LOCK,
    subsystem: 'inode-lock',
    // Compilers put what takes the lock for an open into path_openat, and leave the file system's own function above it.
    holders:
      /^(?:__lookup_slow|lookup_slow|lookup_open|open_last_lookups|filename_create|do_unlinkat|do_rmdir|do_renameat2|iterate_dir|vfs_(?:create|mkdir|unlink|rename|rmdir)|filename_\w+at2?|[a-z]\w*_(?:create|atomic_open|mknod))$/,
  },
  {
    top: /^(?:\w+_file_(?:write|read)(?:_iter)?|\w+_file_buffered_write|\w+_buffered_write_iter|ext4_file_\w+|\w+_setattr|do_truncate|vfs_fallocate|\w+_fallocate|generic_file_llseek\w*|\w+_llseek|chmod_common|chown_common|vfs_setxattr|vfs_utimes|inode_lock\w*|\w+_sync_file|\w+_fsync)$/,
    lock: 'lock of the file (inode)',
    subsystem: 'inode-lock',
    byDescriptor: true,
    holders:
      /_file_(?:write|read)|_write_iter|^blkdev_read_iter$|_fallocate|do_truncate|notify_change|_setattr|_fsync|_sync_file|_dio_/,
  },
  {
    top: /^(?:rtnetlink_rcv_msg|rtnl_\w+|register_netdev\w*|unregister_netdev\w*)$/,
    lock: 'rtnl_lock',
    subsystem: 'rtnl',
    holders: /^rtnl_|^rtnetlink_|register_netdev/,
  },
  { top: /^(?:cgroup_\w+)$/, lock: 'cgroup_mutex', subsystem: 'cgroup', holders: /^cgroup_/ },
  {
    top: /^(?:tty_(?:write|read|ioctl|open|release)\w*|n_tty_\w+)$/,
    lock: 'lock of the terminal',
    subsystem: 'tty',
    holders: /^(?:n_tty_|tty_)/,
  },
]);

/** Waits for a kernel lock that another task holds while it sleeps in something else. */
export const kernelLock: Resolver = (context) => {
  const { evidence, thread } = context;
  if (thread.state !== 'D') return undefined;
  const frames = thread.frames.filter((frame) => !LOCK_FUNCTIONS.test(frame));
  const top = frames[0] ?? '';
  const user = lockUsers().find((candidate) => candidate.top.test(top));
  if (user === undefined) return undefined;
  const call = callTarget(context);
  return waitOf(context, {
    kind: 'kernel-lock',
    point: `${thread.syscallName ?? 'kernel'}: ${user.lock}`,
    subsystem: user.subsystem,
    killable: false,
    facts: [...pointFacts(evidence, thread), ...call.facts],
    detail: { lock: user.lock },
    hops: holderHops(context, user, call),
  });
};

function holderHops(context: WaitContext, user: LockUser, call: CallTarget): Hop[] {
  const { evidence, node } = context;
  const { path } = call;
  const key = path ?? `${context.thread.tid}`;
  const lock = thing(
    'lock',
    `${user.subsystem}:${key}`,
    path === undefined ? user.lock : `${user.lock} ${lockedPath(context, user, path)}`,
  );
  const waits = edge(node, lock, 'waits for', user.lock, 'state D in the function that takes this lock', []);
  const holders = deepSleepers(evidence).filter(
    ({ process, thread }) => thread.tid !== context.thread.tid && process.exists && holdsLock(thread, user),
  );
  const near = holders.filter(({ process, thread }) => sameObject(context, process, thread, user, call));
  const place = path === undefined ? undefined : lockedPath(context, user, path);
  const there = near.filter(
    ({ process, thread }) => place === directoryIn(contextOf(evidence, process, thread), user),
  );
  const same = there.length > 0 ? there : near;
  const others = holders.filter(({ process, thread }) => !isElsewhere(context, process, thread, user, call));
  const chosen =
    same.length > 0 ? same : user.subsystem === 'pipe' || user.subsystem === 'mutex' ? [] : others;
  if (chosen.length === 0) return [{ edges: [waits] }];
  return chosen.slice(0, 4).map(({ process, thread }) => ({
    next: { pid: process.pid, tid: thread.tid },
    edges: [
      waits,
      edge(
        lock,
        threadNode(process, thread),
        'held by',
        user.lock,
        same.length > 0
          ? 'it sleeps deeper down, inside a function that holds the lock of the same object'
          : 'it sleeps inside a function that holds such a lock',
        [...pointFacts(evidence, thread), ...(path === undefined ? [] : descriptorOf(process, path))],
        same.length === 1 ? (user.proves === true ? 'certain' : 'likely') : 'possible',
      ),
    ],
  }));
}

/** What is locked: the directory that is read, or the one that a name is looked up or made in. */
function lockedPath({ thread }: WaitContext, user: LockUser, path: string): string {
  const isEntry = user.lock === DIRECTORY_LOCK && thread.frames[0] !== 'iterate_dir';
  const parent = /^(.*)\/[^/]+\/*$/.exec(path)?.[1];
  return !isEntry || parent === undefined ? path : parent === '' ? '/' : parent;
}

/** The directory in which another task's call looks up or makes a name, where that is what the lock is about. */
function directoryIn(context: WaitContext, user: LockUser): string | undefined {
  const path = user.lock === DIRECTORY_LOCK ? callTarget(context).path : undefined;
  return path === undefined ? undefined : lockedPath(context, user, path);
}

/** Its frames hold the lock's function, and it sleeps in something else above that. */
function holdsLock(thread: ThreadEvidence, user: LockUser): boolean {
  const frames = thread.frames.filter((frame) => !LOCK_FUNCTIONS.test(frame));
  const at = frames.findIndex((frame) => user.holders.test(frame));
  return at > 0 && !user.top.test(frames[0] ?? '');
}

function sameObject(
  { evidence }: WaitContext,
  process: ProcessEvidence,
  thread: ThreadEvidence,
  user: LockUser,
  { path, mount }: CallTarget,
): boolean {
  if (user.byDescriptor === true) {
    const fd = thread.intArgument(0);
    const target = fd === undefined ? undefined : process.fd(fd)?.target;
    return target !== undefined && target === path;
  }
  if (user.subsystem !== 'inode-lock') return true;
  // A directory: the same mount, as far as it is known; a lookup below FUSE or NFS is the usual holder.
  return mount !== undefined && callTarget(contextOf(evidence, process, thread)).mount?.id === mount.id;
}

/** Is its call known to be about another file system than the one whose directory is locked? */
function isElsewhere(
  { evidence }: WaitContext,
  process: ProcessEvidence,
  thread: ThreadEvidence,
  user: LockUser,
  { mount }: CallTarget,
): boolean {
  if (user.subsystem !== 'inode-lock' || mount === undefined) return false;
  const other = callTarget(contextOf(evidence, process, thread)).mount;
  return other !== undefined && (other.major !== mount.major || other.minor !== mount.minor);
}

function descriptorOf(process: ProcessEvidence, path: string) {
  const fd = process.fds.find((link) => link.target === path);
  return fd === undefined ? [] : fdFact(process, fd.fd);
}
