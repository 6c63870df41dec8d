import { describe, expect, it } from 'vitest';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { inotifyEvents } from '../../../src/trace/ledgers/watches/inotify-events.ts';
import { feed, told } from './told.ts';

function watches(script: string, opening: OpeningBalance = {}) {
  return feed(new Ledgers(opening), told(script)).finish().watches;
}

const EPOLL = '9<anon_inode:[eventpoll]>';
const add = (fd: string, data = `{u32=${Number.parseInt(fd, 10)}, u64=${Number.parseInt(fd, 10)}}`) =>
  `epoll_ctl(${EPOLL}, EPOLL_CTL_ADD, ${fd}, {events=EPOLLIN, data=${data}}) = 0`;

describe('events of inotify', () => {
  it('reads them from the string that strace shows', () => {
    // Recorded: two IN_CREATE/IN_MODIFY with names, then an overflow, then IN_IGNORED of watch 1.
    expect(
      inotifyEvents(
        '\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\20\\0\\0\\0out.txt\\0\\0\\0\\0\\0\\0\\0\\0\\0' +
          '\\377\\377\\377\\377\\0@\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\1\\0\\0\\0\\0\\200\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0',
      ),
    ).toEqual({ events: 3, overflows: 1, ignored: [1] });
  });

  it('takes what strace has cut for what it is', () => {
    expect(inotifyEvents('\\1\\0\\0\\0\\2\\0\\0')).toEqual({ events: 0, overflows: 0, ignored: [] });
    expect(inotifyEvents('')).toEqual({ events: 0, overflows: 0, ignored: [] });
    expect(inotifyEvents('\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\377\\377\\377\\377abc').events).toBe(1);
  });
});

describe('the ledger of watches', () => {
  it('counts watches of inotify: new, changed, removed, ended, failed, left', () => {
    const { totals, inotify, failures } = watches(`
      10 1 inotify_init1(IN_CLOEXEC) = 5<anon_inode:inotify>
      10 2 inotify_add_watch(5<anon_inode:inotify>, "/a", IN_CREATE) = 1
      10 3 inotify_add_watch(5<anon_inode:inotify>, "/b", IN_CREATE) = 2
      10 4 inotify_add_watch(5<anon_inode:inotify>, "/a", IN_MODIFY) = 1
      10 5 inotify_add_watch(5<anon_inode:inotify>, "/c", IN_CREATE) = 3
      10 6 inotify_rm_watch(5<anon_inode:inotify>, 2) = 0
      10 7 inotify_add_watch(5<anon_inode:inotify>, "/d", IN_CREATE) = -1 ENOSPC (No space left on device)
      10 8 inotify_add_watch(5<anon_inode:inotify>, "/e", IN_CREATE) = -1 ENOENT (No such file or directory)
      10 9 read(5<anon_inode:inotify>, "\\2\\0\\0\\0\\0\\200\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0\\0\\0\\0\\200\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\377\\377\\377\\377\\0@\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0", 4096) = 48
      10 10 inotify_init1(0) = -1 EMFILE (Too many open files)
    `);
    expect(totals).toMatchObject({
      inotifyInstances: 1,
      inotifyAdded: 3,
      inotifyUpdated: 1,
      inotifyRemoved: 1,
      inotifyLeft: 1,
      inotifyOverflows: 1,
      failed: { ENOSPC: 1, ENOENT: 1, EMFILE: 1 },
    });
    expect(inotify.items).toEqual([
      expect.objectContaining({
        pid: 10,
        added: 3,
        ended: 1,
        left: 1,
        overflows: 1,
        paths: ['/a', '/b', '/c'],
        open: true,
      }),
    ]);
    expect(failures.items.map(({ call, errno }) => `${call} ${errno}`)).toContain('inotify_init1 EMFILE');
  });

  it('has no watches left once the instance is closed', () => {
    const { totals, inotify } = watches(`
      10 1 inotify_init1(0) = 5<anon_inode:inotify>
      10 2 inotify_add_watch(5<anon_inode:inotify>, "/a", IN_CREATE) = 1
      10 3 dup(5<anon_inode:inotify>) = 6<anon_inode:inotify>
      10 4 close(5<anon_inode:inotify>) = 0
    `);
    expect(totals.inotifyLeft).toBe(1);
    expect(inotify.items[0]?.open).toBe(true);
    const closed = watches(`
      10 1 inotify_init1(0) = 5<anon_inode:inotify>
      10 2 inotify_add_watch(5<anon_inode:inotify>, "/a", IN_CREATE) = 1
      10 4 close(5<anon_inode:inotify>) = 0
    `);
    expect(closed.totals.inotifyLeft).toBe(0);
    expect(closed.inotify.items[0]).toMatchObject({ added: 1, left: 0, open: false });
  });

  const SET = `10 1 epoll_create1(EPOLL_CLOEXEC) = ${EPOLL}
      10 2 accept4(3, NULL, NULL, SOCK_CLOEXEC) = 4<socket:[4]>
      10 3 ${add('4<socket:[4]>')}`;

  it('counts registrations, and leaves out those that went with their descriptor', () => {
    const { totals } = watches(`
      ${SET}
      10 4 accept4(3, NULL, NULL, SOCK_CLOEXEC) = 5<socket:[5]>
      10 5 ${add('5<socket:[5]>')}
      10 6 epoll_ctl(${EPOLL}, EPOLL_CTL_MOD, 5<socket:[5]>, {events=EPOLLOUT, data={u32=5, u64=5}}) = 0
      10 7 epoll_ctl(${EPOLL}, EPOLL_CTL_ADD, 5<socket:[5]>, {events=EPOLLIN, data={u32=5, u64=5}}) = -1 EEXIST (File exists)
      10 8 epoll_ctl(${EPOLL}, EPOLL_CTL_ADD, 6</x>, {events=EPOLLIN, data={u32=6, u64=6}}) = -1 EPERM (Operation not permitted)
      10 9 close(4<socket:[4]>) = 0
    `);
    expect(totals).toMatchObject({
      epollAdded: 2,
      epollModified: 1,
      epollDeleted: 0,
      epollGone: 1,
      epollLeft: 1,
      epollStale: 0,
      failed: { EEXIST: 1, EPERM: 1 },
    });
  });

  it('finds the registration whose descriptor is closed and whose description lives on', () => {
    const { totals, epoll } = watches(`
      ${SET}
      10 4 dup(4<socket:[4]>) = 7<socket:[4]>
      10 5 close(4<socket:[4]>) = 0
      10 6 epoll_wait(${EPOLL}, [{events=EPOLLIN|EPOLLHUP, data={u32=4, u64=4}}], 64, -1) = 1
      10 7 epoll_wait(${EPOLL}, [{events=EPOLLIN|EPOLLHUP, data={u32=4, u64=4}}], 64, -1) = 1
      10 8 epoll_ctl(${EPOLL}, EPOLL_CTL_DEL, 4, NULL) = -1 EBADF (Bad file descriptor)
    `);
    expect(totals).toMatchObject({ epollStale: 1, epollLeft: 1, failed: { EBADF: 1 } });
    expect(epoll.items[0]?.stale.items).toEqual([
      {
        fd: 4,
        what: 'socket:[4]',
        pid: 10,
        addedNs: 3e6,
        closedNs: 5_001_000,
        reported: 2,
        keptBy: { items: [{ pid: 10, comm: '', fd: 7 }], more: 0 },
      },
    ]);
  });

  it.each([
    ['the last duplicate is closed too', '10 6 close(7<socket:[4]>) = 0'],
    ['the set itself is closed', `10 6 close(${EPOLL}) = 0`],
  ])('has none once %s', (_, line) => {
    const { totals } = watches(
      `${SET}\n10 4 dup(4<socket:[4]>) = 7<socket:[4]>\n10 5 close(4<socket:[4]>) = 0\n${line}`,
    );
    expect(totals.epollStale).toBe(0);
  });

  it('has none where a child lets go of its copy by exec, nor where it was taken out before', () => {
    expect(
      watches(`${SET}\n10 4 +vfork 11\n10 5 close(4<socket:[4]>) = 0\n11 6 exec /bin/x`).totals.epollStale,
    ).toBe(0);
    expect(
      watches(
        `${SET}\n10 4 +fork 11\n10 5 epoll_ctl(${EPOLL}, EPOLL_CTL_DEL, 4<socket:[4]>, NULL) = 0\n10 6 close(4<socket:[4]>) = 0`,
      ).totals.epollStale,
    ).toBe(0);
    expect(
      watches(`${SET}\n10 4 +fork 11\n10 5 close(4<socket:[4]>) = 0`).epoll.items[0]?.stale.items[0]?.keptBy
        .items,
    ).toEqual([{ pid: 11, comm: '', fd: 4 }]);
  });

  it('does not take a report for that of a closed one when a living one has the same data', () => {
    const { epoll } = watches(`
      ${SET}
      10 4 dup(4<socket:[4]>) = 7<socket:[4]>
      10 5 close(4<socket:[4]>) = 0
      10 6 accept4(3, NULL, NULL, SOCK_CLOEXEC) = 4<socket:[8]>
      10 7 ${add('4<socket:[8]>')}
      10 8 epoll_wait(${EPOLL}, [{events=EPOLLIN, data={u32=4, u64=4}}], 64, -1) = 1
    `);
    expect(epoll.items[0]).toMatchObject({
      left: 2,
      stale: { items: [{ fd: 4, what: 'socket:[4]', reported: 0 }] },
    });
  });
});
