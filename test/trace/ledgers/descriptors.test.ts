import { describe, expect, it } from 'vitest';
import type { SyscallEvent } from '../../../src/trace/event.ts';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { feed, told } from './told.ts';

function descriptors(script: string, opening: OpeningBalance = {}, sources?: SyscallEvent['sources']) {
  return feed(new Ledgers(opening), told(script, sources)).finish().descriptors;
}

/** What is left: `FD CALL WHAT`. */
function left(script: string, opening: OpeningBalance = {}): string[] {
  return descriptors(script, opening).left.items.flatMap(({ atExit, samples }) =>
    atExit ? [] : samples.items.map(({ fd, call, what }) => `${fd} ${call} ${what}`),
  );
}

/** Every call that makes a descriptor, closed on exec and not. */
const MAKERS: readonly (readonly [kept: string | undefined, swept: string | undefined, fds?: number])[] = [
  ['open("/x", O_RDONLY) = 3</x>', 'open("/x", O_RDONLY|O_CLOEXEC) = 3</x>'],
  ['openat(AT_FDCWD</>, "/x", O_RDONLY) = 3</x>', 'openat(AT_FDCWD</>, "/x", O_RDONLY|O_CLOEXEC) = 3</x>'],
  [
    'openat2(AT_FDCWD, "/x", {flags=O_RDONLY, resolve=0}, 24) = 3</x>',
    'openat2(AT_FDCWD, "/x", {flags=O_RDONLY|O_CLOEXEC, resolve=0}, 24) = 3</x>',
  ],
  ['creat("/x", 0600) = 3</x>', undefined],
  [
    'socket(AF_INET, SOCK_STREAM, 0) = 3<socket:[9]>',
    'socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3<socket:[9]>',
  ],
  ['accept(4, NULL, NULL) = 3<socket:[9]>', undefined],
  ['accept4(4, NULL, NULL, 0) = 3<socket:[9]>', 'accept4(4, NULL, NULL, SOCK_CLOEXEC) = 3<socket:[9]>'],
  ['pipe([3<pipe:[7]>, 4<pipe:[7]>]) = 0', undefined, 2],
  ['pipe2([3<pipe:[7]>, 4<pipe:[7]>], 0) = 0', 'pipe2([3<pipe:[7]>, 4<pipe:[7]>], O_CLOEXEC) = 0', 2],
  [
    'socketpair(AF_UNIX, SOCK_STREAM, 0, [3<socket:[1]>, 4<socket:[2]>]) = 0',
    'socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [3<socket:[1]>, 4<socket:[2]>]) = 0',
    2,
  ],
  ['epoll_create(1) = 3<anon_inode:[eventpoll]>', 'epoll_create1(EPOLL_CLOEXEC) = 3<anon_inode:[eventpoll]>'],
  ['eventfd(0) = 3<anon_inode:[eventfd]>', 'eventfd2(0, EFD_CLOEXEC) = 3<anon_inode:[eventfd]>'],
  [
    'signalfd(-1, [USR1], 8) = 3<anon_inode:[signalfd]>',
    'signalfd4(-1, [USR1], 8, SFD_CLOEXEC) = 3<anon_inode:[signalfd]>',
  ],
  [
    'timerfd_create(CLOCK_MONOTONIC, 0) = 3<anon_inode:[timerfd]>',
    'timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) = 3<anon_inode:[timerfd]>',
  ],
  ['inotify_init() = 3<anon_inode:inotify>', 'inotify_init1(IN_CLOEXEC) = 3<anon_inode:inotify>'],
  [
    'fanotify_init(0, O_RDONLY) = 3<anon_inode:[fanotify]>',
    'fanotify_init(FAN_CLOEXEC, O_RDONLY) = 3<anon_inode:[fanotify]>',
  ],
  ['memfd_create("m", 0) = 3</memfd:m>(deleted)', 'memfd_create("m", MFD_CLOEXEC) = 3</memfd:m>(deleted)'],
  ['memfd_secret(0) = 3', 'memfd_secret(O_CLOEXEC) = 3'],
  ['userfaultfd(0) = 3<anon_inode:[userfaultfd]>', 'userfaultfd(O_CLOEXEC) = 3<anon_inode:[userfaultfd]>'],
  [
    'perf_event_open({type=1}, 0, -1, -1, 0) = 3<anon_inode:[perf_event]>',
    'perf_event_open({type=1}, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) = 3<anon_inode:[perf_event]>',
  ],
  [undefined, 'bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH}, 72) = 3<anon_inode:bpf-map>'],
  [undefined, 'io_uring_setup(8, {flags=0}) = 3<anon_inode:[io_uring]>'],
  [undefined, 'pidfd_open(10, 0) = 3<anon_inode:[pidfd]>'],
  [undefined, 'pidfd_getfd(5<anon_inode:[pidfd]>, 7, 0) = 3<pipe:[4]>'],
  [
    undefined,
    'clone3({flags=CLONE_PIDFD, pidfd=0x7f, exit_signal=SIGCHLD} => {pidfd=[3<anon_inode:[pidfd]>]}, 64) = 11',
  ],
  [undefined, 'clone(child_stack=NULL, flags=CLONE_PIDFD|SIGCHLD, parent_tid=[3<anon_inode:[pidfd]>]) = 11'],
  [
    'open_tree(AT_FDCWD, "/x", OPEN_TREE_CLONE) = 3</x>',
    'open_tree(AT_FDCWD, "/x", OPEN_TREE_CLOEXEC) = 3</x>',
  ],
  [
    'fsopen("ext4", 0) = 3<anon_inode:[fscontext]>',
    'fsopen("ext4", FSOPEN_CLOEXEC) = 3<anon_inode:[fscontext]>',
  ],
  ['fsmount(5, 0, 0) = 3</>', 'fsmount(5, FSMOUNT_CLOEXEC, 0) = 3</>'],
  [
    'fspick(AT_FDCWD, "/x", 0) = 3<anon_inode:[fscontext]>',
    'fspick(AT_FDCWD, "/x", FSPICK_CLOEXEC) = 3<anon_inode:[fscontext]>',
  ],
  [undefined, 'landlock_create_ruleset({handled_access_fs=1}, 8, 0) = 3<anon_inode:[landlock-ruleset]>'],
  [
    undefined,
    'seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, {len=1}) = 3<anon_inode:seccomp notify>',
  ],
  [undefined, 'mq_open("q", O_RDONLY, 0600, NULL) = 3</q>'],
  [
    'open_by_handle_at(5, {handle_bytes=8}, O_RDONLY) = 3</x>',
    'open_by_handle_at(5, {handle_bytes=8}, O_RDONLY|O_CLOEXEC) = 3</x>',
  ],
  ['dup(1</x>) = 3</x>', undefined],
  ['dup2(1</x>, 3) = 3</x>', undefined],
  ['dup3(1</x>, 3, 0) = 3</x>', 'dup3(1</x>, 3, O_CLOEXEC) = 3</x>'],
  ['fcntl(1</x>, F_DUPFD, 3) = 3</x>', 'fcntl(1</x>, F_DUPFD_CLOEXEC, 3) = 3</x>'],
  [
    'recvmsg(9<socket:[5]>, {msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3</x>]}], msg_flags=0}, 0) = 1',
    'recvmsg(9<socket:[5]>, {msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3</x>]}], msg_flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC) = 1',
  ],
];

describe('the ledger of descriptors', () => {
  it.each(MAKERS.map(([kept, swept, fds = 1]) => ({ kept, swept, fds })))(
    'knows $kept, and $swept',
    ({ kept, swept, fds }) => {
      if (kept !== undefined) expect(left(`10 1 ${kept}\n10 2 exec /bin/x`)).toHaveLength(fds);
      if (swept === undefined) return;
      expect(left(`10 1 ${swept}`)).toHaveLength(fds);
      expect(left(`10 1 ${swept}\n10 2 exec /bin/x`)).toEqual([]);
      expect(descriptors(`10 1 ${swept}\n10 2 exec /bin/x`).totals.closed.exec).toBe(fds);
    },
  );

  it.each([
    'landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) = 4',
    'bpf(BPF_MAP_LOOKUP_ELEM, {map_fd=3}, 32) = 0',
    'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1}) = 0',
    'signalfd4(5<anon_inode:[signalfd]>, [USR2], 8, 0) = 5',
    'dup2(3</x>, 3) = 3',
    'fcntl(3</x>, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)',
    'ioctl(3</x>, FIONBIO, [1]) = 0',
    'openat(AT_FDCWD, "/x", O_RDONLY) = -1 ENOENT (No such file or directory)',
  ])('does not take %s for one that makes any', (line) => {
    expect(left(`10 1 ${line}`)).toEqual([]);
  });

  it('names what is left with the call that made it', () => {
    const { left: groups, totals } = descriptors(`
      10 1 openat(AT_FDCWD</tmp>, "/etc/a", O_RDONLY|O_CLOEXEC) = 3</etc/a>
      10 2 openat(AT_FDCWD</tmp>, "/etc/b", O_RDONLY|O_CLOEXEC) = 4</etc/b>
      10 3 close(3</etc/a>) = 0
      10/12 900 openat(AT_FDCWD</tmp>, "/etc/c", O_RDONLY|O_CLOEXEC) = 3</etc/c>
    `);
    expect(totals).toMatchObject({ opened: 3, left: 2, closed: { close: 1 } });
    expect(groups.items).toEqual([
      expect.objectContaining({ pid: 10, call: 'openat', kind: 'file', opened: 3, left: 2, abandoned: 1 }),
    ]);
    expect(groups.items[0]?.samples.items).toEqual([
      expect.objectContaining({
        fd: 4,
        what: '/etc/b',
        atNs: 2e6,
        byTid: 10,
        args: 'AT_FDCWD</tmp>, "/etc/b", O_RDONLY|O_CLOEXEC',
      }),
    ]);
  });

  it('closes by close, close_range, dup2 and the end', () => {
    const { totals, left: groups } = descriptors(`
      10 1 pipe2([3<pipe:[7]>, 4<pipe:[7]>], 0) = 0
      10 2 pipe2([5<pipe:[8]>, 6<pipe:[8]>], 0) = 0
      10 3 dup2(3<pipe:[7]>, 5<pipe:[8]>) = 5<pipe:[7]>
      10 4 close_range(6, 4294967295, 0) = 0
      10 5 close(3<pipe:[7]>) = 0
      10 6 close(99) = -1 EBADF (Bad file descriptor)
      10 7 close_range(4, 4, CLOSE_RANGE_CLOEXEC) = 0
      10 8 exec /bin/x
      10 9 exit 0
    `);
    expect(totals).toMatchObject({
      pairs: 2,
      duplicated: 1,
      closed: { close: 1, close_range: 1, replaced: 1, exec: 1, exit: 1 },
      failed: { EBADF: 1 },
      left: 0,
    });
    expect(groups.items).toEqual([]);
  });

  it('frees the number of a close that fails otherwise', () => {
    expect(
      left('10 1 openat(AT_FDCWD, "/x", 0) = 3</x>\n10 2 close(3</x>) = -1 EIO (Input/output error)'),
    ).toEqual([]);
  });

  it('is not misled by a thread whose close is told late', () => {
    const { totals, left: groups } = descriptors(`
      10 1 openat(AT_FDCWD, "/a", O_RDONLY) = 3</a>
      10/11 5 openat(AT_FDCWD, "/b", O_RDONLY) = 3</b>
      10 4 close(3</a>) = 0 <3>
    `);
    expect(groups.items[0]?.samples.items.map(({ what }) => what)).toEqual(['/b']);
    expect(totals.closed).toMatchObject({ unseen: 1, close: 0 });
  });

  it('copies the table on fork, and sweeps it on exec', () => {
    const ledger = descriptors(`
      10 1 openat(AT_FDCWD, "/keep", O_RDONLY) = 3</keep>
      10 2 openat(AT_FDCWD, "/sweep", O_RDONLY|O_CLOEXEC) = 4</sweep>
      10 3 +fork 11
      11 4 exec /bin/sleep ["sleep", "9"]
      10 2000 getpid() = 10
    `);
    expect(ledger.totals).toMatchObject({ inheritedOverFork: 2, inheritedOverExec: 1 });
    expect(ledger.inherited.items).toEqual([
      expect.objectContaining({ pid: 11, comm: 'sleep', fromPid: 10, alive: true, livedNs: 1996_001_000 }),
    ]);
    expect(ledger.inherited.items[0]?.descriptors.items).toEqual([
      expect.objectContaining({ fd: 3, what: '/keep', byPid: 10, used: false, arranged: false }),
    ]);
    // What it inherited it has not opened.
    expect(ledger.left.items.filter(({ pid }) => pid === 11)).toEqual([]);
  });

  it('takes the copy also when the child has run ahead', () => {
    const ledger = descriptors(`
      10 1 openat(AT_FDCWD, "/keep", O_RDONLY) = 3</keep>
      10 1.5 openat(AT_FDCWD, "/sweep", O_RDONLY|O_CLOEXEC) = 4</sweep>
      11 4 exec /bin/sleep
      11 5 openat(AT_FDCWD, "/own", O_RDONLY) = 4</own>
      10 3 +vfork 11
      10 6 getpid() = 10
    `);
    const child = ledger.processes.items.find(({ pid }) => pid === 11);
    expect(child?.trend.end).toBe(2);
    expect(ledger.left.items.find(({ pid }) => pid === 11)?.samples.items.map(({ what }) => what)).toEqual([
      '/own',
    ]);
  });

  it('heeds what the child has closed and marked before anybody says whose it is', () => {
    const ledger = descriptors(`
      10 1 openat(AT_FDCWD, "/a", O_RDONLY) = 3</a>
      10 1 openat(AT_FDCWD, "/b", O_RDONLY) = 4</b>
      10 1 openat(AT_FDCWD, "/c", O_RDONLY|O_CLOEXEC) = 5</c>
      10 1 openat(AT_FDCWD, "/d", O_RDONLY) = 6</d>
      10 1 openat(AT_FDCWD, "/e", O_RDONLY) = 7</e>
      11 2 close(3</a>) = 0
      11 2 fcntl(5</c>, F_SETFD, 0) = 0
      11 2 fcntl(6</d>, F_SETFD, FD_CLOEXEC) = 0
      11 2 close_range(7, 4294967295, 0) = 0
      11 3 exec /bin/x
      10 4 +vfork 11
      12 5 exit 0
      10 6 +fork 12
      10 7 getpid() = 10
    `);
    expect(ledger.processes.items.find(({ pid }) => pid === 11)?.trend.end).toBe(2);
    expect(ledger.processes.items.find(({ pid }) => pid === 12)?.alive ?? false).toBe(false);
  });

  it('heeds FD_CLOEXEC by fcntl and ioctl, and shares descriptors among threads', () => {
    expect(
      left(`
      10 1 openat(AT_FDCWD, "/a", O_RDONLY) = 3</a>
      10 1 openat(AT_FDCWD, "/b", O_RDONLY|O_CLOEXEC) = 4</b>
      10 1 openat(AT_FDCWD, "/c", O_RDONLY) = 5</c>
      10 1 openat(AT_FDCWD, "/d", O_RDONLY|O_CLOEXEC) = 6</d>
      10 2 +thread 12
      10/12 3 fcntl(3</a>, F_SETFD, FD_CLOEXEC) = 0
      10/12 3 fcntl(4</b>, F_SETFD, 0) = 0
      10/12 3 ioctl(5</c>, FIOCLEX) = 0
      10/12 3 ioctl(6</d>, FIONCLEX) = 0
      10 4 exec /bin/x
    `),
    ).toEqual(['4 openat /b', '6 openat /d']);
  });

  it('follows a descriptor through SCM_RIGHTS', () => {
    const message = (fd: string) =>
      `{msg_name=NULL, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[${fd}]}], msg_controllen=24, msg_flags=0}, 0`;
    const ledger = descriptors(`
      10 1 socketpair(AF_UNIX, SOCK_STREAM, 0, [3<socket:[1]>, 4<socket:[2]>]) = 0
      10 2 +fork 11
      10 3 openat(AT_FDCWD, "/secret", O_RDONLY) = 5</secret>
      10 4 sendmsg(3<socket:[1]>, ${message('5</secret>')}) = 1
      11 5 recvmsg(4<socket:[2]>, ${message('7</secret>')}) = 1
      10 6 close(5</secret>) = 0
    `);
    expect(ledger.totals).toMatchObject({ passed: 1, received: 1 });
    expect(ledger.left.items.find(({ call }) => call === 'recvmsg')).toMatchObject({
      pid: 11,
      left: 1,
      kind: 'file',
    });
  });

  it('begins with what was open, and does not call it left', () => {
    const ledger = descriptors('10 1 close(3</old>) = 0\n10 2 openat(AT_FDCWD, "/new", O_RDONLY) = 3</new>', {
      descriptors: [
        {
          pid: 10,
          fds: [
            [0, '/dev/null'],
            [3, '/old'],
            [4, 'socket:[5]'],
          ],
        },
      ],
    });
    expect(ledger.totals).toMatchObject({ atStart: 3, left: 1, closed: { close: 1 } });
    expect(ledger.processes.items[0]?.trend).toMatchObject({
      start: 3,
      min: 2,
      max: 3,
      end: 3,
      shape: 'steady',
    });
  });

  it('tells of registers what they tell, and counts the rest as unknown', () => {
    const ledger = descriptors(
      `
      10 1 openat(0xffffff9c, 0x7ffd0010, 0x80000, 0x0, 0x0, 0x0) = 3
      10 2 openat(0xffffff9c, 0x7ffd0010, 0x0, 0x0, 0x0, 0x0) = 4
      10 3 close(0xffffffff00000003, 0x0, 0x0, 0x0, 0x0, 0x0) = 0
      10 4 pipe2(0x7ffd, 0x80000, 0x0, 0x0, 0x0, 0x0) = 0
      10 5 fcntl(0x4, 0x406, 0x0, 0x0, 0x0, 0x0) = 3
      10 6 socket(0x2, 0x80001, 0x0, 0x0, 0x0, 0x0) = 7
      10 7 close(0x6, 0x0, 0x0, 0x0, 0x0, 0x0) = 0
      10 8 exec
      `,
      {},
      ['perf'],
    );
    expect(ledger.totals).toMatchObject({
      opened: 3,
      duplicated: 1,
      unknownMade: 2,
      unknownClosed: 1,
      closed: { close: 1, exec: 2 },
      left: 1,
    });
  });

  it('closes the descriptor that perf trace tells by name', () => {
    const { totals } = descriptors(
      `
      10 1 openat(dfd: CWD, filename: 0x3d480b1, flags: RDONLY|CLOEXEC) = 4
      10 2 close(fd: 4</a, b>) = 0
      10 3 openat(dfd: CWD, filename: 0x3d480b1, flags: RDONLY|CLOEXEC) = 4
      10 4 dup(fildes: 4) = 5
      10 5 close(fd: 4) = 0
      `,
      {},
      ['perf'],
    );
    expect(totals).toMatchObject({ opened: 2, duplicated: 1, closed: { close: 2 }, left: 1 });
  });

  it('counts failed calls by errno', () => {
    const { failures, totals } = descriptors(
      `
      10 1 openat(AT_FDCWD, "/a", O_RDONLY) = -1 ENOENT (No such file or directory)
      10 2 openat(AT_FDCWD, "/b", O_RDONLY) = -1 ENOENT (No such file or directory)
      10 3 accept4(3, NULL, NULL, 0) = -1 EMFILE (Too many open files)
      10 4 accept4(3, NULL, NULL, 0) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)
    `.replace('= ? ERESTARTSYS', '= -1 ERESTARTSYS'),
    );
    expect(totals.failed).toEqual({ ENOENT: 2, EMFILE: 1 });
    expect(failures.items.map(({ call, errno, count }) => [call, errno, count])).toEqual([
      ['openat', 'ENOENT', 2],
      ['accept4', 'EMFILE', 1],
    ]);
  });

  it('calls nothing abandoned that is used, watched, or about as idle as what is closed', () => {
    const script = (last: string) => `
      10 1 epoll_create1(0) = 9<anon_inode:[eventpoll]>
      10 2 accept4(3, NULL, NULL, 0) = 4<socket:[4]>
      10 3 accept4(3, NULL, NULL, 0) = 5<socket:[5]>
      10 4 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, 4<socket:[4]>, {events=EPOLLIN, data=0x4}) = 0
      10 1900 poll([{fd=5<socket:[5]>, events=POLLIN}], 1, 0) = 0 (Timeout)
      ${last}
      10 2000 getpid() = 10`;
    const abandoned = (last: string) =>
      descriptors(script(last)).left.items.find(({ call }) => call === 'accept4')?.abandoned;
    expect(abandoned('')).toBe(0);
    expect(
      abandoned('10 1950 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_DEL, 4<socket:[4]>, NULL) = 0'),
    ).toBe(0);
    expect(
      abandoned('10 700 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_DEL, 4<socket:[4]>, NULL) = 0'),
    ).toBe(1);
    // The other side has closed: watching it is no use.
    expect(abandoned('10 600 recvfrom(4<socket:[4]>, "", 4096, 0, NULL, NULL) = 0')).toBe(1);
    // One of its kind was idle for 900 ms and closed after all.
    expect(
      abandoned(`10 700 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_DEL, 4<socket:[4]>, NULL) = 0
        10 900 accept4(3, NULL, NULL, 0) = 6<socket:[6]>
        10 1800 close(6<socket:[6]>) = 0`),
    ).toBe(0);
  });

  it('keeps what hostile names make of it in bounds', () => {
    const path = `/${'x'.repeat(100_000)}\\n\\33[2J`;
    const ledger = descriptors(`10 1 openat(AT_FDCWD, "${path}", O_RDONLY) = 3<${path}>`);
    expect(JSON.stringify(ledger).length).toBeLessThan(5000);
  });
});
