import { decimal, hex, hexBig } from './text.ts';

/** A `tfd:` line of an epoll descriptor (fs/eventpoll.c). */
export interface EpollEntry {
  /** Number of the descriptor at the time of EPOLL_CTL_ADD: it may be closed or reused since. */
  readonly tfd: number;
  /** EPOLL*. */
  readonly events: number;
  /** The program's own. */
  readonly data: bigint;
  readonly pos?: number;
  readonly ino?: number;
  readonly sdev?: number;
}

/** An `inotify` line (fs/notify/fdinfo.c). */
export interface InotifyWatch {
  readonly wd: number;
  readonly ino: number;
  /** Kernel-internal encoding: major << 20 | minor. */
  readonly sdev: number;
  /** IN_*. */
  readonly mask: number;
}

/** A `fanotify` line: one with `flags` is the group's, the others are its marks (fs/notify/fdinfo.c). */
export interface FanotifyMark {
  readonly flags?: number;
  readonly eventFlags?: number;
  /** Of a mark on a mount. */
  readonly mntId?: number;
  /** Of a mark on an inode. */
  readonly ino?: number;
  /** Of a mark on an inode or a file system. */
  readonly sdev?: number;
  /** FAN_*; 0x70000 are the permission events, for which the opener waits. */
  readonly mask?: number;
}

/** The `tfd:` lines of an epoll set, fs/eventpoll.c (ep_show_fdinfo). */
export function parseEpoll(rows: readonly string[]): EpollEntry[] {
  const entries: EpollEntry[] = [];
  for (const row of rows) {
    if (!row.startsWith('tfd:')) continue;
    const values = pairs(row);
    const tfd = decimal(values.get('tfd'));
    const events = hex(values.get('events'));
    const data = hexBig(values.get('data'));
    if (tfd === undefined || events === undefined || data === undefined) continue;
    entries.push({
      tfd,
      events,
      data,
      pos: decimal(values.get('pos')),
      ino: hex(values.get('ino')),
      sdev: hex(values.get('sdev')),
    });
  }
  return entries;
}

/** The `inotify` lines of an inotify descriptor, fs/notify/fdinfo.c. */
export function parseInotify(rows: readonly string[]): InotifyWatch[] {
  const watches: InotifyWatch[] = [];
  for (const row of rows) {
    if (!row.startsWith('inotify ')) continue;
    const values = pairs(row);
    const [wd, ino, sdev, mask] = ['wd', 'ino', 'sdev', 'mask'].map((key) => hex(values.get(key)));
    if (wd === undefined || ino === undefined || sdev === undefined || mask === undefined) continue;
    watches.push({ wd, ino, sdev, mask });
  }
  return watches;
}

/** The `fanotify` lines of a fanotify group, fs/notify/fdinfo.c. */
export function parseFanotify(rows: readonly string[]): FanotifyMark[] {
  const marks: FanotifyMark[] = [];
  for (const row of rows) {
    if (!row.startsWith('fanotify ')) continue;
    const values = pairs(row);
    const field = (key: string) => hex(values.get(key));
    marks.push({
      flags: field('flags'),
      eventFlags: field('event-flags'),
      mntId: field('mnt_id'),
      ino: field('ino'),
      sdev: field('sdev'),
      mask: field('mask'),
    });
  }
  return marks;
}

/** `key:value` pairs of one line, blanks allowed behind the colon. The bounds keep it linear on hostile lines. */
function pairs(row: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, key, value] of row.matchAll(/([a-z_-]{1,20}): {0,32}([0-9a-f-]+)/g)) values.set(key!, value!);
  return values;
}
