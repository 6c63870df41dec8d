import { decimal, hex, lines, words } from './text.ts';

/** A line of /proc/locks, proc_locks(5), or a `lock:` line of fdinfo; fs/locks.c lock_get_status(). */
export interface FileLock {
  /** Number of the line; waiters carry that of the lock they wait for. It changes from read to read. */
  readonly id: number;
  /** `FLOCK`, `POSIX`, `OFDLCK`, `LEASE`, `DELEG` … */
  readonly kind: string;
  /** `ADVISORY`, `MANDATORY`, `MSNFS`; of leases `ACTIVE`, `BREAKING`, `BREAKER`. */
  readonly mode: string;
  /** `READ`, `WRITE`, `UNLCK`. */
  readonly access: string;
  /**
   * Who *took* it. Of FLOCK maybe dead or reused: the lock belongs to the open file description. -1 for OFD locks, 0 for
   * an owner outside of the reader's PID namespace.
   */
  readonly pid: number;
  /** As in the file: `maj:min` in hex, or `<none>`. */
  readonly device: string;
  readonly major: number;
  readonly minor: number;
  readonly inode: number;
  readonly start: number;
  readonly end: number | 'EOF';
  /** A `->` line: waits for the lock with the same id. */
  readonly blocked: boolean;
}

/** Lines that do not parse are left out. */
export function parseLocks(text: string): FileLock[] {
  return lines(text)
    .map(parseLock)
    .filter((lock) => lock !== undefined);
}

/** One line, without fdinfo's `lock:`. */
export function parseLock(line: string): FileLock | undefined {
  const parts = words(line);
  const id = decimal(parts.shift()?.replace(/:$/, ''));
  const blocked = parts[0] === '->';
  if (blocked) parts.shift();
  const [kind, mode, access, owner, place = '', from, to] = parts;
  const pid = decimal(owner);
  const start = decimal(from);
  const end = to === 'EOF' ? to : decimal(to);
  if (id === undefined || pid === undefined || start === undefined || end === undefined) return undefined;
  // The inode is gone while its lock is being torn down: `<none>:0`.
  const [, device, major, minor, inode] = /^(([0-9a-f]+):([0-9a-f]+)|<none>):(\d+)$/.exec(place) ?? [];
  const ino = decimal(inode);
  if (device === undefined || ino === undefined) return undefined;
  return {
    id,
    kind: kind!,
    mode: mode!,
    access: access!,
    pid,
    device,
    major: hex(major) ?? 0,
    minor: hex(minor) ?? 0,
    inode: ino,
    start,
    end,
    blocked,
  };
}
