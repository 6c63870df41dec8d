import { decimal } from './text.ts';

/** A link of /proc/PID/fd (or a sibling such as `exe`, `cwd`), as lstat and readlink tell it. */
export interface FdLink {
  /** NaN for a link whose name is no number. */
  readonly fd: number;
  readonly name: string;
  /** From the link's own mode; empty for O_PATH descriptors. */
  readonly access: 'r' | 'w' | 'rw' | '';
  /** Latin1 bytes. See `fdTarget`. */
  readonly target: string;
}

/**
 * procdiag's own listing: records ended by NUL, each `NAME TAB MODE TAB TARGET`, MODE like `lr-x------` (`find -printf
 * '%f\t%M\t%l\0'`). Targets may hold tabs and newlines. What is no link (the directory itself) is left out.
 */
export function parseFdLinks(text: string): FdLink[] {
  const links: FdLink[] = [];
  for (const record of text.split('\0')) {
    const first = record.indexOf('\t');
    const second = record.indexOf('\t', first + 1);
    if (first < 1 || second < 0 || record[first + 1] !== 'l') continue;
    const name = record.slice(0, first);
    const access = record.slice(first + 2, first + 4).replaceAll('-', '');
    links.push({
      fd: /^\d+$/.test(name) ? (decimal(name) ?? Number.NaN) : Number.NaN,
      name,
      access: access === 'r' || access === 'w' || access === 'rw' ? access : '',
      target: record.slice(second + 1),
    });
  }
  return links;
}

/** `anon`: an anonymous inode (epoll, eventfd …); `ns`: a namespace; `deleted`: a file without a name. */
export type FdTargetKind = 'pipe' | 'socket' | 'anon' | 'ns' | 'memfd' | 'file' | 'deleted' | 'other';

/** What a descriptor is, by the text of its link alone. */
export interface FdTarget {
  readonly kind: FdTargetKind;
  /** Of pipes, sockets, namespaces (and pidfds on some kernels). All other anonymous files share one inode, which is not told. */
  readonly inode?: number;
  /**
   * Of anon: `eventpoll`, `eventfd`, `inotify`, `fanotify`, `signalfd`, `timerfd`, `pidfd`, `userfaultfd`, `io_uring`,
   * `seccomp notify` …; of ns: its type; of memfd: the name its maker gave.
   */
  readonly name?: string;
  /** Of file and deleted, without ` (deleted)`. A file may really be called `x (deleted)`: only a stat can tell. */
  readonly path?: string;
}

const DELETED = ' (deleted)';

/** Reads the target of a link in /proc/PID/fd, proc_pid_fd(5). */
export function fdTarget(target: string): FdTarget {
  if (target.startsWith('/memfd:')) {
    return { kind: 'memfd', name: withoutDeleted(target).slice('/memfd:'.length) };
  }
  if (target.startsWith('/') || target.startsWith('(unreachable)/')) {
    const path = withoutDeleted(target);
    return { kind: path === target ? 'file' : 'deleted', path };
  }
  if (target.startsWith('anon_inode:')) {
    return { kind: 'anon', name: target.slice('anon_inode:'.length).replace(/^\[(.*)\]$/s, '$1') };
  }
  const [, type, digits] = /^([a-z_]+):\[(\d{1,20})\]$/.exec(target) ?? [];
  const inode = decimal(digits);
  if (type === undefined || inode === undefined) return { kind: 'other' };
  if (type === 'pipe' || type === 'socket') return { kind: type, inode };
  if (type === 'pidfd') return { kind: 'anon', name: type, inode };
  return { kind: 'ns', name: type, inode };
}

function withoutDeleted(path: string): string {
  return path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
}
