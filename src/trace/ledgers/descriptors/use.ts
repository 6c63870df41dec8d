import type { SyscallEvent } from '../../event.ts';
import { endOf, isRaw } from '../call.ts';
import type { Table } from './table.ts';

/** Calls whose first argument is a descriptor that they use. Not close: that is no use. */
const FIRST = new Set(
  `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek fstat newfstatat statx fcntl fcntl64 ioctl
  connect bind listen accept accept4 getsockname getpeername setsockopt getsockopt sendto recvfrom sendmsg recvmsg sendmmsg
  recvmmsg shutdown send recv epoll_wait epoll_pwait epoll_pwait2 epoll_ctl inotify_add_watch inotify_rm_watch
  timerfd_settime timerfd_gettime fsync fdatasync ftruncate fallocate flock getdents getdents64 fchdir fchmod fchown fgetxattr
  fsetxattr sendfile splice tee vmsplice copy_file_range sync_file_range readahead fadvise64 syncfs io_uring_enter
  io_uring_register pidfd_send_signal openat openat2 mq_timedsend mq_timedreceive dup dup2 dup3 signalfd signalfd4`.split(
    /\s+/,
  ),
);
/** Those that use a second one: where it stands. */
const SECOND: ReadonlyMap<string, number> = new Map([
  ['sendfile', 1],
  ['splice', 2],
  ['tee', 1],
  ['copy_file_range', 2],
  ['epoll_ctl', 2],
]);
const SETS = new Set([
  'poll',
  'ppoll',
  'select',
  'pselect6',
  '_newselect',
  'ppoll_time64',
  'pselect6_time64',
]);

const READS = new Set(['read', 'readv', 'recv', 'recvfrom', 'recvmsg']);

/** Notes of the descriptors that a call names that they are used, and whether the other side has closed. */
export function touch(table: Table, event: SyscallEvent): void {
  // Its descriptors stand in memory.
  if (SETS.has(event.name) && isRaw(event)) table.pollsUnseen = true;
  for (const fd of touchedDescriptors(event)) {
    const slot = table.slots.get(fd);
    if (slot === undefined) continue;
    slot.usedNs = Math.max(slot.usedNs, endOf(event));
    if (event.result !== 0 || event.errno !== undefined) continue;
    const { kind } = slot.description;
    if ((kind === 'socket' || kind === 'pipe') && isEndOfFile(event)) slot.ended = true;
  }
}

function isEndOfFile({ name, args }: SyscallEvent): boolean {
  return READS.has(name) && !/, 0(?:x0)?$/.test(args);
}

const NONE: readonly number[] = [];

/**
 * Descriptors that a call uses, as far as its text names them: whoever keeps one that no call names keeps it for nothing.
 * Called for each call of a trace: no regular expression for the common ones.
 */
function touchedDescriptors(event: SyscallEvent): readonly number[] {
  const { name, args } = event;
  const first = args.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    if (!FIRST.has(name)) return name === 'mmap' ? mapped(args) : NONE;
    const second = SECOND.get(name);
    const fd =
      first === 0x30 && args.charCodeAt(1) === 0x78
        ? Number.parseInt(args, 16) | 0
        : Number.parseInt(args, 10);
    return second === undefined ? [fd] : [fd, ...nth(args, second)];
  }
  if (name === 'mmap') return mapped(args);
  return SETS.has(name) && !isRaw(event) ? inSets(args) : NONE;
}

/** mmap of a file: the fifth of six. */
function mapped(args: string): number[] {
  return args.includes('MAP_ANONYMOUS') ? [] : nth(args, 4);
}

function nth(args: string, index: number): number[] {
  // Descriptors and flags hold no comma that matters here, except in paths: those are only missed.
  const text = args.split(', ', index + 1)[index] ?? '';
  const fd = text.startsWith('0x') ? Number.parseInt(text, 16) | 0 : Number.parseInt(text, 10);
  return Number.isNaN(fd) || fd < 0 ? [] : [fd];
}

/** `[{fd=5<…>, events=POLLIN}, …]` of poll, `[5<…> 7<…>]` of select. */
function inSets(args: string): number[] {
  const polled = [...args.matchAll(/\bfd=(\d+)/g)].map(([, fd]) => Number(fd));
  if (polled.length > 0) return polled;
  return [...args.matchAll(/(?<=[[ ])(\d+)(?=[< \]])/g)].map(([, fd]) => Number(fd));
}
