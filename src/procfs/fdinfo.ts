import {
  type EpollEntry,
  type FanotifyMark,
  type InotifyWatch,
  parseEpoll,
  parseFanotify,
  parseInotify,
} from './fdinfo-watches.ts';
import { type FileLock, parseLock } from './locks.ts';
import { decimal, hex, hexBig, keyed, lines, words } from './text.ts';

/** /proc/PID/fdinfo/N, proc_pid_fdinfo(5). What a descriptor has no line for is undefined or empty. */
export interface FdInfo {
  readonly pos?: number;
  /** O_* of open(2), O_CLOEXEC too. */
  readonly flags?: number;
  readonly cloexec: boolean;
  /** Undefined for O_PATH, and without `flags`. */
  readonly access: 'r' | 'w' | 'rw' | undefined;
  /** Id of a mount in mountinfo. */
  readonly mntId?: number;
  /** Linux ≥ 5.14. */
  readonly ino?: number;
  /** Of pidfds: -1 when the process was reaped, 0 when it is outside of the reader's PID namespace. */
  readonly pidfdPid?: number;
  readonly nsPid?: readonly number[];
  /** Of /dev/fuse, Linux ≥ 6.16: the connection, which is the minor of the mount's device. */
  readonly fuseConnection?: number;
  /** Locks of this open file description (FLOCK, OFDLCK) and of this process on this file (POSIX). */
  readonly locks: readonly FileLock[];
  readonly epoll: readonly EpollEntry[];
  readonly inotify: readonly InotifyWatch[];
  readonly fanotify: readonly FanotifyMark[];
  /** Of signalfds: the signals it takes; bit n−1 is signal n. */
  readonly sigmask?: bigint;
  /** Faults that wait for the holder of the userfaultfd to take them. */
  readonly userfaultPending?: number;
  /** Faults that wait for their answer, taken ones too. */
  readonly userfaultTotal?: number;
  /** Hexadecimal, as in the file. */
  readonly eventfdCount?: string;
  /** Of /dev/ptmx: N of its pts/N. */
  readonly ttyIndex?: number;
  /** Of unix sockets: descriptors in flight in its queue. */
  readonly scmFds?: number;
  /** Of timerfds, as in clock_gettime(2). */
  readonly clockid?: number;
  /** Of timerfds: expirations not read yet. */
  readonly ticks?: number;
  /** Of timerfds: seconds and nanoseconds until it fires; both 0: disarmed. */
  readonly timerLeft?: readonly [seconds: number, nanoseconds: number];
  readonly ioUring?: IoUringQueues;
}

/** Positions in the rings of an io_uring; a queue is empty where its head equals its tail. */
export interface IoUringQueues {
  readonly sqHead: number;
  readonly sqTail: number;
  readonly cqHead: number;
  readonly cqTail: number;
  /** Kernel thread that submits for the program; -1 without one. */
  readonly sqThread?: number;
}

const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const ACCESS = ['r', 'w', 'rw'] as const;

/** Reads /proc/PID/fdinfo/N, proc_pid_fdinfo(5); fields that the kind of descriptor does not have are undefined. */
export function parseFdinfo(text: string): FdInfo {
  const values = keyed(text);
  const flags = octal(values.get('flags'));
  const rows = lines(text);
  return {
    pos: decimal(values.get('pos')),
    flags,
    cloexec: flags !== undefined && hasBit(flags, O_CLOEXEC),
    access: flags === undefined || hasBit(flags, O_PATH) ? undefined : ACCESS[flags % 4],
    mntId: decimal(values.get('mnt_id')),
    ino: decimal(values.get('ino')),
    pidfdPid: decimal(values.get('Pid')),
    nsPid: numbersOf(values.get('NSpid')),
    fuseConnection: decimal(values.get('fuse_connection')),
    locks: rows
      .filter((row) => row.startsWith('lock:'))
      .map((row) => parseLock(row.slice('lock:'.length)))
      .filter((lock) => lock !== undefined),
    epoll: parseEpoll(rows),
    inotify: parseInotify(rows),
    fanotify: parseFanotify(rows),
    sigmask: hexBig(values.get('sigmask')),
    userfaultPending: decimal(values.get('pending')),
    userfaultTotal: decimal(values.get('total')),
    eventfdCount: hexBig(values.get('eventfd-count'))?.toString(16),
    ttyIndex: decimal(values.get('tty-index')),
    scmFds: decimal(values.get('scm_fds')),
    clockid: decimal(values.get('clockid')),
    ticks: decimal(values.get('ticks')),
    timerLeft: timeOf(values.get('it_value')),
    ioUring: queuesOf(values),
  };
}

function octal(value: string | undefined): number | undefined {
  return value !== undefined && /^[0-7]{1,16}$/.test(value) ? Number.parseInt(value, 8) : undefined;
}

/** Without `&`, which would cut the number to 32 bits. */
function hasBit(flags: number, bit: number): boolean {
  return Math.floor(flags / bit) % 2 === 1;
}

function numbersOf(value: string | undefined): number[] | undefined {
  return value === undefined
    ? undefined
    : words(value)
        .map(decimal)
        .filter((number) => number !== undefined);
}

function timeOf(value: string | undefined): [number, number] | undefined {
  const match = /^\((\d{1,20}), (\d{1,10})\)$/.exec(value ?? '');
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function queuesOf(values: ReadonlyMap<string, string>): IoUringQueues | undefined {
  // Masks are `0x7f`; heads and tails decimal (io_uring/fdinfo.c).
  if (hex(values.get('SqMask')?.replace(/^0x/, '')) === undefined) return undefined;
  const [sqHead, sqTail, cqHead, cqTail] = ['SqHead', 'SqTail', 'CqHead', 'CqTail'].map((key) =>
    decimal(values.get(key)),
  );
  if (sqHead === undefined || sqTail === undefined || cqHead === undefined || cqTail === undefined)
    return undefined;
  return { sqHead, sqTail, cqHead, cqTail, sqThread: decimal(values.get('SqThread')) };
}
