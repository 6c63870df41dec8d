import type { SyscallEvent } from '../event.ts';
import { type WaitKind, waitKind } from './wait-kind.ts';

/** Sleeps of which strace alone can say that they are sleeps: what these calls do when they take long is to wait. */
const WAITS: ReadonlySet<WaitKind> = new Set([
  'sleep',
  'futex',
  'wait-child',
  'vfork',
  'epoll',
  'poll',
  'accept',
  'socket',
  'pipe',
  'tty',
  'eventfd',
  'inotify',
  'signalfd',
  'pidfd',
  'file-lock',
  'file-sync',
  'signal-wait',
  'io_uring',
  'aio',
  'fuse',
]);

/** strace's own two stops take 20 to 215 μs of a call (measured with 6.1), and more where the host is busy: less is no wait. */
const LEAST_NS = 500_000;

/** Operations of futex(2) that wait, by name and, in bare registers, by number without the private and clock bits. */
const FUTEX_WAITS = /\bFUTEX_(?:WAIT|LOCK_PI|WAIT_REQUEUE_PI|LOCK_PI2)/;
const FUTEX_NUMBERS: ReadonlySet<number> = new Set([0, 6, 9, 11, 13]);
const FUTEX_FLAGS = 128 | 256;

/** How long a call waited, and for what. */
export interface Waited {
  readonly kind: WaitKind;
  /** 0: it did not, or nobody can tell. */
  readonly ns: number;
}

const NOT: Waited = { kind: 'unknown', ns: 0 };

/**
 * Of perf, what it says; of strace alone, what name, arguments and length of the call say. `target`: what the descriptor is
 * that the call is on, where its text does not tell.
 */
export function waitedIn(
  event: SyscallEvent,
  target?: (event: SyscallEvent) => WaitKind | undefined,
): Waited {
  const { blockedNs, durationNs } = event;
  if (blockedNs === 0 || (blockedNs === undefined && durationNs < LEAST_NS)) return NOT;
  const told = waitKind(event.stack, event.name, event.args);
  const kind = told === 'unknown' ? (target?.(event) ?? told) : told;
  if (blockedNs !== undefined) return { kind, ns: blockedNs };
  return durationNs >= LEAST_NS && WAITS.has(kind) && isWait(event)
    ? { kind, ns: durationNs }
    : { kind, ns: 0 };
}

function isWait({ name, args }: SyscallEvent): boolean {
  switch (name) {
    case 'futex': {
      if (FUTEX_WAITS.test(args)) return true;
      const number = /^0x[\da-f]+, (0x[\da-f]+|\d+)/.exec(args)?.[1];
      return number !== undefined && FUTEX_NUMBERS.has(Number(number) & ~FUTEX_FLAGS);
    }
    case 'wait4':
    case 'waitid':
      return !args.includes('WNOHANG');
    case 'flock':
      return !/LOCK_(?:NB|UN)/.test(args);
    // Calls on a pipe or a terminal that do no input or output.
    case 'close':
    case 'fstat':
    case 'lseek':
    case 'ioctl':
    case 'dup':
    case 'dup2':
    case 'dup3':
    case 'getsockopt':
    case 'setsockopt':
    case 'shutdown':
    case 'socket':
    case 'bind':
    case 'listen':
    case 'getsockname':
    case 'getpeername':
    case 'epoll_ctl':
    case 'openat':
    case 'newfstatat':
    case 'statx':
    case 'mmap':
      return false;
    case 'fcntl':
      return args.includes('SETLKW');
    default:
      return true;
  }
}
