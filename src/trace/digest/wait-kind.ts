import { classifyFrames } from '../../waits/frames/index.ts';
import { toldAlready } from '../strace/call.ts';

/** What a thread was blocked on, in a word: a subsystem of the kernel (waits/frames/subsystem.ts), or `unknown`. */
export type WaitKind = string;

/** Of a long call of strace alone: whether it waited, nobody can say. */
export const IN_CALL: WaitKind = 'in-call';

/** A sleep of which the recording tells neither call nor stack. */
export const UNSEEN: WaitKind = 'unseen';

/** Calls that sleep for one reason only, for recordings without kernel stacks. */
const BY_CALL: Readonly<Record<string, WaitKind>> = {
  nanosleep: 'sleep',
  clock_nanosleep: 'sleep',
  futex: 'futex',
  futex_wait: 'futex',
  futex_waitv: 'futex',
  wait4: 'wait-child',
  waitid: 'wait-child',
  waitpid: 'wait-child',
  vfork: 'vfork',
  epoll_wait: 'epoll',
  epoll_pwait: 'epoll',
  epoll_pwait2: 'epoll',
  poll: 'poll',
  ppoll: 'poll',
  select: 'poll',
  pselect6: 'poll',
  accept: 'accept',
  accept4: 'accept',
  connect: 'socket',
  recvfrom: 'socket',
  recvmsg: 'socket',
  sendto: 'socket',
  sendmsg: 'socket',
  fsync: 'file-sync',
  fdatasync: 'file-sync',
  sync: 'file-sync',
  flock: 'file-lock',
  pause: 'signal-wait',
  rt_sigsuspend: 'signal-wait',
  rt_sigtimedwait: 'signal-wait',
  io_uring_enter: 'io_uring',
  io_getevents: 'aio',
};

/** What is waited for in a call alone: who sleeps so is in one, told or not. No page fault is. */
const CALLED: ReadonlySet<WaitKind> = new Set(
  'sleep futex wait-child vfork epoll poll accept pipe tty file-lock signal-wait eventfd inotify signalfd'.split(
    ' ',
  ),
);

/** Whether a sleep of which no call is told was in one all the same: one that began before perf looked. */
export function isOfCall(kind: WaitKind): boolean {
  return CALLED.has(kind);
}

/** What strace -y shows of the descriptor that a call was made on. */
const BY_TARGET: readonly (readonly [RegExp, WaitKind])[] = [
  [/^\d+<pipe:/, 'pipe'],
  [/^\d+<(?:socket|TCP|TCPv6|UDP|UDPv6|UNIX|UNIX-STREAM|UNIX-DGRAM|UNIX-SEQPACKET|NETLINK)[:[]/, 'socket'],
  [/^\d+<\/dev\/(?:pts\/|tty|console)/, 'tty'],
  [/^\d+<anon_inode:\[eventfd/, 'eventfd'],
  [/^\d+<anon_inode:\[timerfd/, 'sleep'],
  [/^\d+<anon_inode:inotify/, 'inotify'],
  [/^\d+<\//, 'file'],
];

/** Stacks are interned by their readers: the same array is the same stack. */
const known = new WeakMap<readonly string[], Map<string, WaitKind>>();

/**
 * What a sleep was for: by the kernel stack where there is one, else by the call and what its first argument is.
 * `state` as in StateEvent.kernelState.
 */
export function waitKind(
  stack: readonly string[] | undefined,
  call: string | undefined,
  args = '',
  state = 'S',
): WaitKind {
  if (stack !== undefined && stack.length > 0) {
    const kind = byStack(stack, call, state);
    if (kind !== 'unknown') return kind;
  }
  const already = call === 'restart_syscall' ? toldAlready(args)?.name : undefined;
  if (already !== undefined) return waitKind(undefined, already, '', state);
  // A log may name anything, `constructor` too.
  const byCall = call !== undefined && Object.hasOwn(BY_CALL, call) ? BY_CALL[call] : undefined;
  if (byCall !== undefined) return byCall;
  if (call === 'fcntl' && args.includes('SETLKW')) return 'file-lock';
  return BY_TARGET.find(([pattern]) => pattern.test(args))?.[1] ?? 'unknown';
}

function byStack(stack: readonly string[], call: string | undefined, state: string): WaitKind {
  let kinds = known.get(stack);
  if (kinds === undefined) {
    kinds = new Map();
    known.set(stack, kinds);
  }
  const key = `${state} ${call ?? ''}`;
  let kind = kinds.get(key);
  if (kind === undefined) {
    if (stack.some((frame) => frame.startsWith('wait_for_vfork') || frame === 'kernel_clone')) kind = 'vfork';
    else {
      const context = { state, ...(call === undefined ? {} : { syscall: call }) };
      // The scheduler's own frames stand first in a stack taken at a switch.
      kind = classifyFrames(
        stack.filter((frame) => !/^(?:__schedule|schedule|__traceiter_|perf_trace_)/.test(frame)),
        context,
      ).subsystem;
    }
    kinds.set(key, kind);
  }
  return kind;
}

const IN_WORDS: Readonly<Record<string, string>> = {
  'wait-child': 'a child process',
  sleep: 'a timer',
  futex: 'a lock or condition (futex)',
  epoll: 'events (epoll)',
  poll: 'events (poll, select)',
  pipe: 'a pipe',
  socket: 'a socket',
  accept: 'a connection (accept)',
  tty: 'the terminal',
  vfork: 'its vfork child',
  'block-io': 'the disk',
  'page-lock': 'a page of a file',
  'page-writeback': 'writeback of a page',
  jbd2: 'the journal of ext4',
  'file-sync': 'the disk (fsync)',
  'file-lock': 'a file lock',
  'signal-wait': 'a signal',
  eventfd: 'an eventfd',
  file: 'a file',
  ptrace: 'its tracer',
  signalfd: 'a signal (signalfd)',
  inotify: 'file events (inotify)',
  aio: 'asynchronous I/O',
  io_uring: 'io_uring',
  'kthread-idle': 'work to come',
  'in-call': 'the call: on CPU or waiting, strace cannot tell',
  unknown: 'something that the recording does not show',
  [UNSEEN]: 'something that perf was not permitted to see',
};

/** "a pipe", "the disk": what stands behind "waited for". */
export function kindInWords(kind: WaitKind): string {
  return Object.hasOwn(IN_WORDS, kind) ? (IN_WORDS[kind] ?? kind) : kind;
}
