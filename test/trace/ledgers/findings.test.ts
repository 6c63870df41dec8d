import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/rules/index.ts';
import type { SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { Ledgers, type OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';
import { feed, told } from './told.ts';

interface Options {
  readonly opening?: OpeningBalance;
  readonly sources?: SyscallEvent['sources'];
  readonly endMs?: number;
  readonly also?: readonly TraceEvent[];
}

function findings(script: string, { opening = {}, sources, endMs = 10_000, also = [] }: Options = {}) {
  const ledgers = feed(feed(new Ledgers(opening), told(script, sources)), also);
  return ledgers.findings(ledgers.finish(endMs * 1e6), endMs * 1e6);
}

/** The same of a recording that was asked for some of the calls. */
function narrowed(script: string, endMs = 10_000) {
  const ledgers = feed(new Ledgers(), told(script));
  return ledgers.findings(ledgers.finish(endMs * 1e6, { some: true, waits: true }), endMs * 1e6);
}

/** `severity confidence cause`. */
function brief(script: string, options?: Options): string[] {
  return findings(script, options).map(
    ({ severity, confidence, cause }) => `${severity} ${confidence} ${cause}`,
  );
}

/** One line for each of `n` moments, spread over `fromMs` to `toMs`. */
function spread(n: number, fromMs: number, toMs: number, line: (i: number, ms: number) => string): string {
  return Array.from({ length: n }, (_, i) => {
    const ms = fromMs + Math.round((i * (toMs - fromMs)) / n);
    return line(i, ms);
  }).join('\n');
}

const opening = (i: number, ms: number) =>
  `10 ${ms} openat(AT_FDCWD, "/var/log/app", O_RDONLY|O_CLOEXEC) = ${100 + i}</var/log/app>`;
const accepting = (i: number, ms: number) =>
  `10 ${ms} accept4(3, NULL, NULL, SOCK_CLOEXEC) = ${100 + i}<socket:[${i}]>`;

const GAP: TraceEvent = {
  type: 'gap',
  pid: 0,
  tid: 0,
  startNs: 1e9,
  durationNs: 1e6,
  sources: ['perf'],
  lost: 10,
  why: 'perf lost 10 events',
};

describe('fd-leak', () => {
  const pipes = (_: number, ms: number) => `10 ${ms} pipe2(0x7ffd, 0x80000) = 0`;
  const closes = (i: number, ms: number) => `10 ${ms} close(0x${(100 + i).toString(16)}) = 0`;

  it('of pipes is told by their count, where registers alone do not tell their numbers', () => {
    const leaking = spread(40, 0, 10_000, (i, ms) => `${pipes(i, ms)}\n${closes(i, ms)}`);
    expect(brief(leaking, { sources: ['perf'] })).toEqual(['warning possible fd-leak']);
    const [found] = findings(leaking, { sources: ['perf'] });
    expect(found?.summary).toContain('made 80 by pipe2, and 40 more than it closed of them');
  });

  it('is not, of pipes that are closed, or made once for all', () => {
    const closed = spread(
      40,
      0,
      10_000,
      (i, ms) => `${pipes(i, ms)}\n${closes(i, ms)}\n${closes(i, ms + 1)}`,
    );
    expect(brief(closed, { sources: ['perf'] })).toEqual([]);
    expect(brief(spread(40, 0, 2_000, pipes), { sources: ['perf'] })).toEqual([]);
  });

  it('is possible only where what uses them may not have been recorded', () => {
    expect(brief(spread(200, 0, 10_000, opening))).toEqual(['warning likely fd-leak']);
    const [found] = narrowed(spread(200, 0, 10_000, opening));
    expect(found).toMatchObject({ cause: 'fd-leak', confidence: 'possible' });
    expect(found?.because).toContain('not all calls were recorded');
  });

  it('is found with the call that leaks, its figures, and what it opened', () => {
    const [found] = findings(spread(200, 0, 10_000, opening));
    expect(found).toMatchObject({
      cause: 'fd-leak',
      family: 'leak',
      severity: 'warning',
      confidence: 'likely',
      culprit: { pid: 10 },
    });
    expect(found?.title).toMatch(/leaves 190 descriptors open: openat \(file\)/);
    expect(found?.summary).toMatch(
      /opened 200 by openat.* 0 open at first, 200 in the end.*\/var\/log\/app \(190\)/s,
    );
    expect(found?.facts[0]).toMatchObject({
      pid: 10,
      atNs: 0,
      text: expect.stringContaining('/var/log/app'),
    });
    expect(found?.remedies.length).toBeGreaterThan(0);
  });

  it('says possible of few, and no more than a word of fewer', () => {
    expect(brief(spread(30, 0, 10_000, opening))).toEqual(['warning possible fd-leak']);
    expect(brief(spread(10, 0, 10_000, opening))).toEqual(['info possible fd-leak']);
    expect(brief(spread(4, 0, 10_000, opening))).toEqual([]);
  });

  it('is found though it rests in the end, and not where ever fewer are opened', () => {
    expect(
      brief(`${spread(57, 0, 7400, opening)}\n${spread(3, 7600, 7700, (i, ms) => opening(i + 57, ms))}`),
    ).toEqual(['warning possible fd-leak']);
    const decaying = [40, 12, 4, 2].map((n, quarter) =>
      spread(n, quarter * 2500, quarter * 2500 + 1500, (i, ms) => opening(i + 100 * quarter, ms)),
    );
    expect(brief(decaying.join('\n'))).toEqual(['info possible fd-leak']);
  });

  it('is found among many that are closed', () => {
    const script = spread(400, 0, 10_000, (i, ms) =>
      i % 10 === 0 ? opening(i, ms) : `${opening(i, ms)}\n10 ${ms}.5 close(${100 + i}</var/log/app>) = 0`,
    );
    expect(brief(script)).toEqual(['warning possible fd-leak']);
  });

  it('is certain once the limit is reached', () => {
    const script = `${spread(120, 0, 9000, opening)}\n10 9500 openat(AT_FDCWD, "/x", O_RDONLY) = -1 EMFILE (Too many open files)`;
    expect(brief(script)).toEqual(['warning certain fd-limit', 'warning certain fd-leak']);
  });

  it('sees connections whose other side has closed, though they are still watched', () => {
    const script = `10 0 epoll_create1(0) = 9<anon_inode:[eventpoll]>\n${spread(
      60,
      0,
      10_000,
      (i, ms) => `${accepting(i, ms)}
        10 ${ms}.1 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, ${100 + i}<socket:[${i}]>, {events=EPOLLIN|EPOLLET, data=0x1}) = 0
        10 ${ms}.2 read(${100 + i}<socket:[${i}]>, "", 4096) = 0`,
    )}`;
    const [found] = findings(script);
    expect(found).toMatchObject({ cause: 'fd-leak', severity: 'warning' });
    expect(found?.summary).toMatch(/Of 60 the other side has closed/);
  });

  it('is weaker where events were lost', () => {
    expect(brief(spread(200, 0, 10_000, opening), { also: [GAP] })).toEqual(['warning possible fd-leak']);
  });

  it.each([
    ['a pool that fills at the start', spread(100, 0, 2000, accepting)],
    ['a pool that fills for half of the time', spread(100, 0, 5000, accepting)],
    ['a burst in the end', spread(100, 9000, 9900, accepting)],
    [
      'connections that are watched',
      `10 0 epoll_create1(0) = 9<anon_inode:[eventpoll]>\n${spread(
        100,
        0,
        10_000,
        (i, ms) =>
          `${accepting(i, ms)}\n10 ${ms}.1 epoll_ctl(9<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, ${100 + i}<socket:[${i}]>, {events=EPOLLIN, data=0x1}) = 0`,
      )}`,
    ],
    [
      'connections that threads read from, to the end',
      `${spread(100, 0, 10_000, accepting)}\n${spread(100, 9900, 9999, (i, ms) => `10/${1000 + i} ${ms} read(${100 + i}<socket:[${i}]>, "x", 10) = 1`)}`,
    ],
    [
      'connections that are kept alive as long as those that were closed',
      `${spread(100, 0, 10_000, accepting)}\n10 100 accept4(3, NULL, NULL, 0) = 99<socket:[999]>\n10 6000 close(99<socket:[999]>) = 0`,
    ],
    [
      'files that are opened and closed',
      spread(500, 0, 10_000, (_, ms) => `${opening(0, ms)}\n10 ${ms}.1 close(100</var/log/app>) = 0`),
    ],
    ['a short trace', spread(100, 9800, 10_000, opening)],
    ['what is closed by exec', `${spread(100, 0, 9000, opening)}\n10 9500 exec /bin/x`],
  ])('is not found in %s', (_, script) => {
    expect(brief(script)).toEqual([]);
  });

  it('is no more than a word where registers do not tell what is polled', () => {
    const script = spread(
      100,
      0,
      10_000,
      (i, ms) =>
        `10 ${ms} accept4(0x3, 0x0, 0x0, 0x80000) = ${100 + i}\n10 ${ms}.1 poll(0x7ffd, 0x10, 0x0) = 0`,
    );
    expect(brief(script, { sources: ['perf'] })).toEqual(['info possible fd-leak']);
    expect(brief(script.replaceAll(/^10 [\d.]+ poll.*$/gm, ''), { sources: ['perf'] })).toEqual([
      'warning possible fd-leak',
    ]);
  });
});

describe('fd-inherited', () => {
  const started = (making: string, between = '') => `
    10 1 ${making}
    10 2 +vfork 11
    ${between}
    11 3 exec /bin/sleep ["sleep", "60"]`;
  const SOCKET = 'socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 7<socket:[4]>';

  it('is found with who forgot to close what', () => {
    const [found] = findings(started(SOCKET));
    expect(found).toMatchObject({
      cause: 'fd-inherited',
      severity: 'warning',
      confidence: 'certain',
      culprit: { pid: 10 },
    });
    expect(found?.title).toBe('11 sleep holds 1 descriptor of 10');
    expect(found?.summary).toContain('7 socket:[4]');
  });

  it('is a word about files', () => {
    expect(brief(started('openat(AT_FDCWD, "/x", O_RDONLY) = 7</x>'))).toEqual(['info certain fd-inherited']);
    expect(narrowed(started('openat(AT_FDCWD, "/x", O_RDONLY) = 7</x>'))[0]).toMatchObject({
      cause: 'fd-inherited',
      confidence: 'possible',
    });
  });

  it.each([
    ['closed on exec', started(SOCKET.replace('SOCK_STREAM', 'SOCK_STREAM|SOCK_CLOEXEC'))],
    ['closed by the child', started(SOCKET, '11 2.5 close_range(3, 4294967295, 0) = 0')],
    ['closed by the program', `${started(SOCKET)}\n11 4 close(7<socket:[4]>) = 0`],
    ['used by the program', `${started(SOCKET)}\n11 4 accept4(7<socket:[4]>, NULL, NULL, 0) = 8<socket:[5]>`],
    ['standard input, output and error', started('dup2(5<socket:[4]>, 1) = 1<socket:[4]>')],
    [
      'put there by the child',
      started(
        SOCKET.replace('SOCK_STREAM', 'SOCK_STREAM|SOCK_CLOEXEC'),
        '11 2.5 dup2(7<socket:[4]>, 3) = 3<socket:[4]>',
      ),
    ],
    [
      'let through by the child',
      started(
        SOCKET.replace('SOCK_STREAM', 'SOCK_STREAM|SOCK_CLOEXEC'),
        '11 2.5 fcntl(7<socket:[4]>, F_SETFD, 0) = 0',
      ),
    ],
    [
      'held by a program that has ended',
      `${started(SOCKET)}\n11 500 exit 0\n10 501 wait4(11, NULL, 0, NULL) = 11`,
    ],
    ['what a program hands itself over', `10 1 ${SOCKET}\n10 2 exec /bin/x`],
  ])('is not found of what is %s', (_, script) => {
    expect(brief(script)).toEqual([]);
  });
});

describe('zombies', () => {
  const child = (i: number, ms: number) => `10 ${ms} +fork ${100 + i}\n${100 + i} ${ms}.5 exit 0`;

  it('are a leak where they grow', () => {
    const [found] = findings(spread(40, 0, 10_000, child));
    expect(found).toMatchObject({
      cause: 'zombie-leak',
      severity: 'warning',
      confidence: 'likely',
      culprit: { pid: 10 },
    });
    expect(found?.summary).toMatch(/40 zombies so far, the oldest for 10 s/);
  });

  it('were a leak of a parent that has ended since; a few were nothing', () => {
    const [found, ...others] = findings(`${spread(40, 0, 9000, child)}\n10 9500 exit 0`);
    expect(found).toMatchObject({ cause: 'zombie-leak', culprit: { pid: 10 } });
    expect(found?.summary).toMatch(/40 zombies when it ended/);
    expect(others).toEqual([]);
    expect(brief(`${spread(5, 0, 9000, child)}\n10 9500 exit 0`)).toEqual([]);
  });

  it('are told of a parent that does not wait', () => {
    expect(brief(child(1, 100))).toEqual(['warning likely zombie-parent-not-waiting']);
    expect(brief(child(1, 7000))).toEqual(['warning possible zombie-parent-not-waiting']);
    expect(brief(child(1, 100), { also: [GAP] })).toEqual(['warning possible zombie-parent-not-waiting']);
  });

  it.each([
    ['young', child(1, 9000)],
    [
      'reaped in the end',
      `${spread(40, 0, 9000, child)}\n${spread(40, 9500, 9900, (i, ms) => `10 ${ms} wait4(-1, NULL, WNOHANG, NULL) = ${100 + i}`)}`,
    ],
    [
      'reaped by the kernel',
      `10 0 rt_sigaction(SIGCHLD, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 8) = 0\n${spread(40, 1, 9000, child)}`,
    ],
    [
      'reaped by the kernel, with SA_NOCLDWAIT',
      `10 0 rt_sigaction(SIGCHLD, {sa_handler=0x55, sa_mask=[], sa_flags=SA_NOCLDWAIT}, NULL, 8) = 0\n${spread(40, 1, 9000, child)}`,
    ],
  ])('are none when %s', (_, script) => {
    expect(brief(script)).toEqual([]);
  });

  it('are none of a shell loop that forks and reaps', () => {
    expect(
      brief(
        spread(
          300,
          0,
          10_000,
          (i, ms) => `10 ${ms} +fork ${100 + i}
            ${100 + i} ${ms}.1 exec /bin/true ["true"]
            ${100 + i} ${ms}.2 exit 0
            10 ${ms}.1 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = ${100 + i} <0.5>`,
        ),
      ),
    ).toEqual([]);
  });
});

describe('limits', () => {
  it('of descriptors are certain', () => {
    const [found, ...others] = findings(
      spread(
        5,
        1000,
        2000,
        (_, ms) => `10 ${ms} accept4(3, NULL, NULL, 0) = -1 EMFILE (Too many open files)`,
      ),
    );
    expect(found).toMatchObject({
      cause: 'fd-limit',
      family: 'limit',
      confidence: 'certain',
      culprit: { pid: 10 },
    });
    expect(found?.title).toBe('10: 5 calls failed with EMFILE');
    expect(others).toEqual([]);
    expect(
      brief('10 1 openat(AT_FDCWD, "/x", O_RDONLY) = -1 ENFILE (Too many open files in system)'),
    ).toEqual(['warning certain fd-limit']);
  });

  it('of processes are not told apart', () => {
    expect(
      brief('10 1 clone(child_stack=NULL, flags=SIGCHLD) = -1 EAGAIN (Resource temporarily unavailable)'),
    ).toEqual(['warning possible cgroup-pids-max', 'warning possible rlimit-nproc']);
    expect(
      brief('10 1 clone(child_stack=NULL, flags=SIGCHLD) = -1 ERESTARTNOINTR (To be restarted)'),
    ).toEqual([]);
  });

  it('of processes are those of the cgroup for root', () => {
    const failing = 'clone(child_stack=NULL, flags=SIGCHLD) = -1 EAGAIN (Resource temporarily unavailable)';
    expect(brief(`10 1 getuid() = 0\n10 2 ${failing}`)).toEqual(['warning likely cgroup-pids-max']);
    expect(brief(`10 1 getuid() = 0\n10 2 +fork 11\n11 3 ${failing}`)).toEqual([
      'warning likely cgroup-pids-max',
    ]);
    expect(brief(`10 1 getuid() = 0\n10 2 setresuid(33, 33, 33) = 0\n10 3 ${failing}`)).toHaveLength(2);
    expect(brief(`10 1 getuid() = 1000\n10 2 ${failing}`)).toHaveLength(2);
  });

  it('of inotify are told from those of descriptors', () => {
    const instance = '10 1 inotify_init1(IN_CLOEXEC) = -1 EMFILE (Too many open files)';
    expect(brief(`10 0 pipe2([3<pipe:[1]>, 4<pipe:[1]>], 0) = 0\n${instance}`)).toEqual([
      'warning likely inotify-instances',
    ]);
    expect(brief(instance)).toEqual(['warning possible inotify-instances']);
    expect(
      brief(`${instance}\n10 2 openat(AT_FDCWD, "/x", O_RDONLY) = -1 EMFILE (Too many open files)`),
    ).toEqual(['warning certain fd-limit']);
    expect(
      brief(`10 0 inotify_init1(0) = 5<anon_inode:inotify>
        10 1 inotify_add_watch(5<anon_inode:inotify>, "/x", IN_CREATE) = -1 ENOSPC (No space left on device)
        10 2 write(4</x>, "x", 1) = -1 ENOSPC (No space left on device)`),
    ).toEqual(['warning likely inotify-watches']);
  });
});

describe('epoll-stale', () => {
  const SET = '9<anon_inode:[eventpoll]>';
  const stale = `10 1 epoll_create1(EPOLL_CLOEXEC) = ${SET}
    10 2 accept4(3, NULL, NULL, SOCK_CLOEXEC) = 4<socket:[4]>
    10 3 epoll_ctl(${SET}, EPOLL_CTL_ADD, 4<socket:[4]>, {events=EPOLLIN, data=0x4}) = 0
    10 4 dup(4<socket:[4]>) = 7<socket:[4]>
    10 5 close(4<socket:[4]>) = 0`;

  it('is certain once it is reported', () => {
    expect(brief(stale)).toEqual(['info likely epoll-stale']);
    const [found] = findings(`${stale}\n10 6 epoll_wait(${SET}, [{events=EPOLLIN, data=0x4}], 9, -1) = 1`);
    expect(found).toMatchObject({ cause: 'epoll-stale', severity: 'warning', confidence: 'certain' });
    expect(found?.summary).toMatch(/Descriptor 4 \(socket:\[4\]\) was closed .* descriptor 7 of 10 keeps/);
  });

  it('is not found in the moment between fork and exec', () => {
    expect(brief(stale.replaceAll(/10 ([45]) /g, '10 999$1 '))).toEqual([]);
  });
});

describe('signals', () => {
  const ignore = (signal: string) =>
    `10 1 rt_sigaction(${signal}, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 8) = 0`;

  it('ignored is told where somebody sent it', () => {
    const [found] = findings(`${ignore('SIGTERM')}\n10 2 signal SIGTERM SI_USER 77`);
    expect(found).toMatchObject({
      cause: 'signal-ignored',
      severity: 'warning',
      confidence: 'certain',
      culprit: { pid: 10 },
    });
    expect(found?.summary).toMatch(
      /SIGTERM from 77 reached 10, which ignores it \(thread 10 set SIG_IGN 1 ms into the trace\) and lives on/,
    );
    expect(brief(`${ignore('SIGHUP')}\n10 2 signal SIGHUP SI_USER 77`)).toEqual([
      'info certain signal-ignored',
    ]);
  });

  it.each([
    ['never sent', ignore('SIGTERM')],
    ['SIGPIPE', `${ignore('SIGPIPE')}\n10 2 signal SIGPIPE SI_USER 10`],
    ['SIGCHLD', `${ignore('SIGCHLD')}\n10 2 signal SIGCHLD CLD_EXITED 11`],
    [
      'handled',
      '10 1 rt_sigaction(SIGTERM, {sa_handler=0x55, sa_mask=[], sa_flags=0}, NULL, 8) = 0\n10 2 signal SIGTERM SI_USER 77',
    ],
    ['delivered with the default', '10 2 signal SIGTERM SI_USER 77\n10 3 killed SIGTERM'],
  ])('is not told of one that is %s', (_, script) => {
    expect(brief(script)).toEqual([]);
  });

  it('blocked is told where it stays pending', () => {
    const script = (block: string, ms: number) =>
      `10 1 +fork 11\n11 2 ${block}\n10 ${ms} kill(11, SIGTERM) = 0`;
    const block = 'rt_sigprocmask(SIG_BLOCK, [TERM], NULL, 8) = 0';
    expect(brief(script(block, 100))).toEqual(['warning likely signal-blocked-pending']);
    expect(brief(script(block, 9900))).toEqual([]);
    expect(brief(script('rt_sigprocmask(SIG_BLOCK, [HUP], NULL, 8) = 0', 100))).toEqual([]);
    expect(
      brief(`${script(block, 100)}\n11 50 signalfd4(-1, [TERM], 8, 0) = 5<anon_inode:[signalfd]>`),
    ).toEqual([]);
  });
});

describe('all findings', () => {
  it('are plain data without holes, and of causes with a page', () => {
    const all = [
      findings(spread(200, 0, 10_000, opening)),
      findings('10 1 clone(child_stack=NULL, flags=SIGCHLD) = -1 EAGAIN (Resource temporarily unavailable)'),
      findings('10 1 accept4(3, NULL, NULL, 0) = -1 EMFILE (Too many open files)'),
      findings('10 1 +fork 11\n11 2 exit 0'),
    ].flat();
    const pages = new Map(rules.map(({ id, family }) => [id, family]));
    expect(all.length).toBeGreaterThan(4);
    for (const finding of all) {
      expect(JSON.stringify(finding)).not.toMatch(/undefined|NaN|\[object|null/);
      expect(pages.get(finding.cause)).toBe(finding.family);
      expect(finding.title.length).toBeLessThan(160);
    }
  });
});
