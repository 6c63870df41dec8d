import { describe, expect, it } from 'vitest';
import { parseFdinfo } from '../../src/procfs/fdinfo.ts';
import { recorded } from './recorded.ts';

const read = (kind: string) => parseFdinfo(recorded(`fdinfo.${kind}`));

describe('parseFdinfo', () => {
  it('reads what every descriptor has', () => {
    expect(read('pipe')).toMatchObject({
      pos: 0,
      flags: 0o2000000,
      cloexec: true,
      access: 'r',
      mntId: 16,
      ino: 134857,
    });
    expect(read('locked')).toMatchObject({ flags: 0o2100002, access: 'rw' });
    expect(read('path')).toMatchObject({ flags: 0o12000000, cloexec: true, access: undefined });
    expect(read('inotify')).toMatchObject({ cloexec: false, access: 'r' });
    expect(parseFdinfo('pos:\t5\nflags:\t0100001\n')).toMatchObject({ pos: 5, access: 'w', cloexec: false });
  });

  it('reads the set of an epoll, with 64 bits of data', () => {
    expect(read('epoll').epoll).toEqual([
      { tfd: 6, events: 0x1d, data: 6n, pos: 0, ino: 0x20ecd, sdev: 9 },
      { tfd: 3, events: 0x80000019, data: 3n, pos: 0, ino: 0x20ec9, sdev: 0xf },
    ]);
    expect(parseFdinfo('tfd:       10 events: 8000201d data: ffffffffffffff00\n').epoll).toEqual([
      {
        tfd: 10,
        events: 0x8000201d,
        data: 0xffffffffffffff00n,
        pos: undefined,
        ino: undefined,
        sdev: undefined,
      },
    ]);
  });

  it('reads the watches of inotify and the marks of fanotify', () => {
    expect(read('inotify').inotify).toEqual([
      { wd: 2, ino: 0x264, sdev: 0xfe00000, mask: 2 },
      { wd: 1, ino: 0x20c30a, sdev: 0xfe00000, mask: 0x3c6 },
    ]);
    expect(read('fanotify').fanotify).toMatchObject([
      { flags: 0, eventFlags: 0x8000 },
      { ino: 0x20c30a, sdev: 0xfe00000, mask: 0x20, mntId: undefined },
      { mntId: 0x1b, mask: 8, ino: undefined },
    ]);
  });

  it('reads locks', () => {
    expect(read('locked').locks).toMatchObject([
      { kind: 'FLOCK', access: 'WRITE', inode: 2148877 },
      { kind: 'POSIX', start: 5, end: 14 },
    ]);
    expect(read('ofd').locks).toMatchObject([{ kind: 'OFDLCK', pid: -1 }]);
  });

  it('reads pidfds, reaped ones too', () => {
    expect(read('pidfd')).toMatchObject({ pidfdPid: 26262, nsPid: [26262] });
    expect(read('pidfd-reaped')).toMatchObject({ pidfdPid: -1, nsPid: [-1] });
    expect(read('pipe').pidfdPid).toBeUndefined();
  });

  it('reads the counts of the other kinds', () => {
    expect(read('eventfd').eventfdCount).toBe('29');
    expect(read('signalfd').sigmask).toBe(0x14000n);
    expect(read('timerfd')).toMatchObject({ clockid: 1, ticks: 0, timerLeft: [3599, 999960531] });
    expect(read('userfaultfd')).toMatchObject({ userfaultPending: 0, userfaultTotal: 0 });
    expect(read('ptmx').ttyIndex).toBe(0);
    expect(read('scm').scmFds).toBe(1);
    expect(read('io_uring').ioUring).toEqual({ sqHead: 0, sqTail: 0, cqHead: 0, cqTail: 0, sqThread: -1 });
    // /dev/fuse in the form of fs/fuse/dev.c since 6.16.
    expect(
      parseFdinfo('pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t5\nfuse_connection:\t39\n').fuseConnection,
    ).toBe(39);
  });

  it('does not let a later line override an earlier one', () => {
    expect(parseFdinfo('pos:\t1\nino:\t7\nname:\tx\nino:\t9\n').ino).toBe(7);
  });

  it('is empty for an empty file', () => {
    expect(parseFdinfo('')).toMatchObject({
      cloexec: false,
      locks: [],
      epoll: [],
      inotify: [],
      fanotify: [],
    });
    expect(parseFdinfo('').access).toBeUndefined();
  });
});
