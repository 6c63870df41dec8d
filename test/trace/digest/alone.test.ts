import { describe, expect, test } from 'vitest';
import type { LongWait } from '../../../src/trace/digest/long-wait.ts';
import { story } from '../../../src/trace/digest/story.ts';
import { told } from '../ledgers/told.ts';
import { summarised } from './summarised.ts';

const waitsOf = (script: string): readonly LongWait[] => summarised(told(script)).longestWaits;

/** Who ended the longest wait, how, and how sure that is. */
function endOf(script: string) {
  const [wait] = waitsOf(script);
  return { by: wait?.waker?.tid, how: wait?.waker?.how, confidence: wait?.confidence, kind: wait?.kind };
}

describe('of strace alone', () => {
  test('long calls are waits where that is their nature, and of others nobody knows', () => {
    const { threads, longestWaits, totals } = summarised(
      told(`
        10 0 openat(AT_FDCWD, "/x", O_RDONLY) = 3 <40>
        10 40 write(3</x>, "", 100) = 100 <20>
        10 60 brk(NULL) = 0x55 <3>
        10 63 poll([{fd=5, events=POLLIN}], 1, 100) = 0 (Timeout) <100>
        10 163 read(4<pipe:[7]>, "", 1) = 1 <0.03>
        10 164 futex(0x7f10, FUTEX_WAKE_PRIVATE, 1) = 1 <5>
        10 170 wait4(-1, NULL, WNOHANG, NULL) = 0 <2>
      `),
    );
    expect(threads[0]).toMatchObject({ blockedSeconds: 0.1, blockedOn: [{ kind: 'poll', seconds: 0.1 }] });
    expect(threads[0]?.inCallsSeconds).toBeCloseTo(0.07003, 6);
    expect(totals.inCallsSeconds).toBeCloseTo(0.07003, 6);
    expect(longestWaits.map(({ name, kind }) => [name, kind])).toEqual([
      ['poll', 'poll'],
      ['openat', 'in-call'],
      ['write', 'in-call'],
      ['futex', 'in-call'],
      ['brk', 'in-call'],
      ['wait4', 'in-call'],
    ]);
  });

  test('the story says what calls waited for, and of which nobody knows', () => {
    const [, where] = story(
      summarised(
        told(`
          10 0 read(4<pipe:[7]>, "", 1) = 1 <60>
          10 60 openat(AT_FDCWD, "/x", O_RDONLY) = 3 <30>
          10 95 close(3) = 0 <5>
        `),
      ),
    );
    expect(where).toBe(
      '10 was 60.0 ms in calls that wait (60.0 ms for a pipe), 35.0 ms in other calls (on CPU or waiting, strace cannot tell), 5.00 ms between calls.',
    );
  });

  test('of a call that strace came into the story says what is known of it, and what is a guess', () => {
    const last = (args: string) => {
      const summary = summarised(told(`10 0 restart_syscall(${args}) = 0 <60>`));
      return { said: story(summary).at(-1), kind: summary.longestWaits[0]?.kind };
    };
    expect(last('<... in poll already when strace came ...>')).toEqual({
      said: '10 was in poll already when strace came, which took 60.0 ms, waiting for events (poll, select).',
      kind: 'poll',
    });
    expect(last('<... in a call already when strace came: read, it guesses ...>')).toEqual({
      said: '10 was in a call already when strace came (strace guesses read), which took 60.0 ms: on CPU or waiting, strace cannot tell.',
      kind: 'in-call',
    });
  });

  test('a log without durations is not said to have spent no time', () => {
    const events = told('10 0 read(4, "", 1) = 1').map((event) => ({ ...event, durationNs: 0 }));
    expect(story(summarised(events)).join(' ')).toContain('how long they took is not recorded: strace -T');
  });

  test('what a descriptor is, the calls that made it tell, over fork and dup2, before the birth is told, too', () => {
    const [first, second] = waitsOf(`
      10 0 pipe([3, 4]) = 0
      11 1 dup2(4, 1) = 1
      11 2 close(4) = 0
      10 1 +fork 11
      11 3 write(1, "x", 1) = 1 <0.1>
      10 2 read(3, "x", 1) = 1 <2>
      12 5 newfstatat(0, "", {st_mode=S_IFIFO|0600, st_size=0, ...}, AT_EMPTY_PATH) = 0
      12 6 read(0, "", 1) = 0 <1>
    `);
    expect(first).toMatchObject({ kind: 'pipe', waker: { tid: 11, how: 'pipe' }, confidence: 'likely' });
    expect(second).toMatchObject({ tid: 12, kind: 'pipe' });
  });

  test.each([
    [
      'a write to its pipe',
      `11 98 write(4<pipe:[7]>, "x", 1) = 1
       10 0 read(3<pipe:[7]>, "x", 1) = 1 <100>`,
      { by: 11, how: 'pipe', confidence: 'likely', kind: 'pipe' },
    ],
    [
      'a write that is told after the read',
      `10 0 read(3<pipe:[7]>, "x", 1) = 1 <100>
       11 98 write(4<pipe:[7]>, "x", 1) = 1 <5>
       10 200 close(3) = 0`,
      { by: 11, how: 'pipe', confidence: 'likely', kind: 'pipe' },
    ],
    [
      'a read from the pipe that was full',
      `11 98 read(3<pipe:[7]>, "x", 1) = 1
       10 0 write(4<pipe:[7]>, "x", 1) = 1 <100>`,
      { by: 11, how: 'pipe', confidence: 'likely', kind: 'pipe' },
    ],
    [
      'the end of the last writer',
      `10 0 pipe([3, 4]) = 0
       10 1 +fork 11
       10 2 close(4) = 0
       11 90 exit 0
       10 3 read(3, "", 1) = 0 <90>`,
      { by: 11, how: 'pipe', confidence: 'likely', kind: 'pipe' },
    ],
    [
      'a write long before its end, which is only possible',
      `11 20 write(4<pipe:[7]>, "x", 1) = 1
       10 0 read(3<pipe:[7]>, "x", 1) = 1 <100>
       10 200 close(3) = 0`,
      { by: 11, how: 'pipe', confidence: 'possible', kind: 'pipe' },
    ],
    [
      'a message through a pair of sockets',
      `10 0 socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0
       10 1 +thread 11
       10/11 99 sendto(4, "x", 1, 0, NULL, 0) = 1
       10 2 recvfrom(3, "x", 1, 0, NULL, NULL) = 1 <98>`,
      { by: 11, how: 'socket', confidence: 'likely', kind: 'socket' },
    ],
    [
      'the other end of a TCP connection',
      `11 99 write(9<TCP:[127.0.0.1:80->127.0.0.1:5555]>, "x", 1) = 1
       10 0 read(3<TCP:[127.0.0.1:5555->127.0.0.1:80]>, "x", 1) = 1 <100>`,
      { by: 11, how: 'socket', confidence: 'likely', kind: 'socket' },
    ],
    [
      'a wake of its futex',
      `10/11 99 futex(0x7f10, FUTEX_WAKE_PRIVATE, 1) = 1
       10 0 futex(0x7f10, FUTEX_WAIT_PRIVATE, 2, NULL) = 0 <100>`,
      { by: 11, how: 'futex', confidence: 'likely', kind: 'futex' },
    ],
    [
      'the end of the thread that it joins',
      `10/11 99 ended
       10 0 futex(0x7f10, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 11, NULL, FUTEX_BITSET_MATCH_ANY) = 0 <100>`,
      { by: 11, how: 'thread-exit', confidence: 'likely', kind: 'futex' },
    ],
    [
      'the end of a child, by the result',
      `11 99 exit 0
       10 0 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11 <100>`,
      { by: 11, how: 'child-exit', confidence: undefined, kind: 'wait-child' },
    ],
    [
      'a signal, with its sender',
      `10 0 rt_sigsuspend([], 8) = ? ERESTARTNOHAND (To be restarted if no handler) <100>
       10 100.1 signal SIGCHLD CLD_EXITED 11`,
      { by: 11, how: 'child-exit', confidence: undefined, kind: 'signal-wait' },
    ],
    [
      'a timer, by the result',
      '10 0 select(5, [4], NULL, NULL, {tv_sec=0, tv_usec=100000}) = 0 (Timeout) <100>',
      { by: 0, how: 'timer', confidence: undefined, kind: 'poll' },
    ],
    [
      'a write to what poll says is ready',
      `10 0 pipe([3, 4]) = 0
       10 1 +thread 11
       10/11 99 write(4, "x", 1) = 1
       10 2 poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}]) <98>`,
      { by: 11, how: 'pipe', confidence: 'likely', kind: 'poll' },
    ],
    [
      'the unlocking of its file',
      `11 0 flock(5</var/lock/x>, LOCK_EX) = 0
       11 99 flock(5</var/lock/x>, LOCK_UN) = 0
       10 1 flock(3</var/lock/x>, LOCK_EX) = 0 <99>`,
      { by: 11, how: 'other', confidence: 'likely', kind: 'file-lock' },
    ],
    [
      'the end of the process that held the lock, of which strace tells later',
      `11 0 flock(5</var/lock/x>, LOCK_EX) = 0
       11 1 openat(AT_FDCWD, "/var/lock/x", O_RDONLY) = 6</var/lock/x>
       11 2 flock(6</var/lock/x>, LOCK_SH) = 0
       10 3 flock(3</var/lock/x>, LOCK_EX) = 0 <97>
       11 98 exit_group(0) = ? <4>
       11 102 exit 0
       10 200 close(3) = 0`,
      { by: 11, how: 'other', confidence: 'likely', kind: 'file-lock' },
    ],
    [
      'the end of a thread, of which strace tells later',
      `10 0 futex(0x7f10, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 11, NULL, FUTEX_BITSET_MATCH_ANY) = 0 <100>
       10/11 99 exit(0) = ? <3>
       10/11 102 ended
       10 200 close(3) = 0`,
      { by: 11, how: 'thread-exit', confidence: 'likely', kind: 'futex' },
    ],
  ] as const)('a wait is ended by %s', (_, script, expected) => {
    expect(endOf(script.replaceAll('= ? ERESTART', '= -1 ERESTART'))).toEqual(expected);
  });

  test('a thread that perf did not see is not said to have done nothing', () => {
    const [, where] = story(summarised(told('10 0 read(4, "", 1) = 1 <60>'), { scheduled: true }));
    expect(where).toBe('10 made 1 call, as strace alone saw: perf recorded nothing of it.');
  });

  test('futexes are told apart by their address', () => {
    const [wait] = waitsOf(`
      10 0 +thread 11
      10/11 1 futex(0x7f20, FUTEX_WAIT_PRIVATE, 2, NULL) = 0 <90>
      10/11 99 futex(0x7f10, FUTEX_WAKE_PRIVATE, 1) = 1
      10 0 futex(0x7f10, FUTEX_WAIT_PRIVATE, 2, NULL) = 0 <100>
    `);
    expect(wait?.chain[0]?.parts?.[0]).toMatchObject({ did: 'blocked', name: 'futex', first: '0x7f20' });
  });

  test('nobody is made to end a wait by what he did with something else, or himself', () => {
    const script = `
      11 99 write(4<pipe:[8]>, "x", 1) = 1
      10/12 99 futex(0x7f20, FUTEX_WAKE_PRIVATE, 1) = 1
      10 98 write(4<pipe:[7]>, "x", 1) = 1
      10 0 read(3<pipe:[7]>, "x", 1) = 1 <100>
    `;
    expect(waitsOf(script)[0]).toMatchObject({ chain: [] });
    expect(waitsOf(script)[0]?.waker).toBeUndefined();
  });

  const pipes = (many: number) =>
    told(
      [
        ...Array.from(
          { length: many },
          (_, nth) => `${1000 + nth} 0 read(3<pipe:[${nth}]>, "x", 1) = 1 <90>`,
        ),
        ...Array.from({ length: many }, (_, nth) => `10 89.9 write(4<pipe:[${nth}]>, "x", 1) = 1`),
      ].join('\n'),
    );

  test('many waits that end together have their enders all the same', () => {
    const { longestWaits, notes } = summarised(pipes(5000));
    expect(longestWaits.filter(({ waker }) => waker?.tid === 10)).toHaveLength(500);
    expect(notes).toEqual([]);
  });

  test('and of those that are too many, the answer says that it does not know', () => {
    const { longestWaits, notes } = summarised(pipes(20_000));
    const known = longestWaits.filter(({ waker }) => waker?.tid === 10).length;
    expect(known).toBeLessThan(500);
    expect(notes).toEqual([
      expect.stringMatching(/^So many waits ended at one moment that of \d[\d ]+ of them it was not found/),
    ]);
  });

  test('a pipe that is in use is not forgotten for the children of a fork storm', () => {
    const children = Array.from({ length: 9000 }, (_, nth) => `${100 + nth} ${nth + 1} exit 0`).join('\n');
    const script = `
      11 0.5 write(4<pipe:[7]>, "x", 1) = 1
      ${children.split('\n').slice(0, 4500).join('\n')}
      11 4501 write(4<pipe:[7]>, "x", 1) = 1
      ${children.split('\n').slice(4500, 8400).join('\n')}
      10 4400 read(3<pipe:[7]>, "x", 1) = 1 <4300>
    `;
    expect(endOf(script)).toMatchObject({ by: 11, how: 'pipe' });
  });

  test('memory does not grow with a hostile log', () => {
    const events = told(
      Array.from({ length: 10_000 }, (_, nth) => `${nth} ${nth} read(${nth}<pipe:[${nth}]>, "x", 1) = 1 <1>`)
        .join('\n')
        .replaceAll(/^0 /gm, '1 '),
    );
    expect(summarised(events, { pid: 1 }).longestWaits).toHaveLength(500);
  });
});

test.each([
  ['0x7f10, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 12, NULL', 12],
  ['0x7f10, FUTEX_WAIT_PRIVATE, 12, NULL', undefined],
  ['0x7f10, FUTEX_WAIT, 2, NULL', undefined],
])('futex(%s): a join is ended by the end of a thread, a lock is not by one of that number', (args, by) => {
  const [tid] = /(?<=, )\d+/.exec(args)!;
  expect(endOf(`10 0 futex(${args}) = 0 <30>\n${tid} 29.9 exit 0\n10 31 close(3) = 0`).by).toBe(by);
});

describe('of a wait for a child strace says what became of it', () => {
  const vfork = '10 0 vfork() = 11 <30>';
  const exec = '11 29 exec /bin/true ["true"]';
  test.each([
    ['has executed a program', `${exec}\n${vfork}\n11 33 exit 0`, 'exec'],
    ['has executed one after the call was told', `${vfork}\n11 31 exec /bin/x ["x"]\n11 33 exit 0`, 'exec'],
    ['has ended without', `${vfork}\n11 31 exit 127`, 'child-exit'],
    ['has ended before the call was told', `11 29 exit 127\n${vfork}`, 'child-exit'],
  ])('by vfork: it %s', (_, script, how) => {
    expect(endOf(script)).toMatchObject({ by: 11, how });
  });

  const INFO = '{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=11<sleep>, si_uid=0, si_status=3}';
  test.each([
    ['collected', `P_PID, 11, ${INFO}, WEXITED, NULL`, 'child-exit'],
    ['left as a zombie', `P_ALL, 0, ${INFO}, WEXITED|WNOWAIT, NULL`, 'child-exit'],
    ['stopped', `P_ALL, 0, ${INFO.replace('EXITED', 'STOPPED')}, WSTOPPED, NULL`, 'other'],
    ['of nobody', 'P_ALL, 0, {}, WEXITED, NULL', undefined],
  ])('by waitid: it was %s', (_, args, how) => {
    const script = `10 0 +fork 11\n11 29 exit 3\n10 1 waitid(${args}) = 0 <29>`;
    const [wait] = waitsOf(script);
    expect(endOf(script)).toMatchObject({ kind: 'wait-child', how, confidence: undefined });
    expect(wait?.waker?.tid).toBe(how === undefined ? undefined : 11);
    expect(wait?.chain[0]?.tid).toBe(how === undefined ? undefined : 11);
  });

  test('in a PID namespace by the number that it has outside, or not at all', () => {
    const inside = '10 0 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 5';
    const opening = {
      tasks: [{ pid: 10, tid: 10, ppid: 1, comm: 'sh', startTime: 1, nspid: [10, 1] }],
    };
    const chainOf = (script: string) =>
      summarised(told(script), { opening }).longestWaits[0]?.chain.map(({ tid }) => tid);
    expect(chainOf(`${inside} /* 4711 in strace's PID NS */ <30>`)).toEqual([4711]);
    expect(chainOf(`${inside} <30>`)).toEqual([]);
  });

  test('that it was stopped is not its exit', () => {
    const script = '10 0 wait4(-1, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTSTP}], WSTOPPED, NULL) = 11 <30>';
    expect(endOf(script)).toMatchObject({ by: 11, how: 'other' });
  });
});

describe('the chain of a wait', () => {
  const writes = Array.from(
    { length: 100 },
    (_, nth) => `11 ${10 + nth * 10} write(1<pipe:[7]>, "", 65536) = 65536 <6>`,
  ).join('\n');
  const script = `
    10 0 +fork 11
    ${writes}
    11 1020 exit 0
    10 5 wait4(11, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 11 <1020>
  `;

  test('accounts for all of the wait, summed up by what it was', () => {
    const [wait] = waitsOf(script);
    const [link] = wait?.chain ?? [];
    expect(link?.parts?.[0]).toMatchObject({
      did: 'blocked',
      name: 'write',
      first: '1<pipe:[7]>',
      calls: 100,
    });
    expect(link?.parts?.[0]?.seconds).toBeCloseTo(0.6, 3);
    const sum = (link?.parts ?? []).reduce((all, { seconds }) => all + seconds, 0);
    expect(sum).toBeCloseTo(wait?.seconds ?? 0, 6);
    expect(story(summarised(told(script))).join(' ')).toContain(
      'of it 11, which ended it, was 600 ms in write(1<pipe:[7]>) over 100 calls, 415 ms between calls',
    );
  });

  test('does so of perf with CPU and queue', () => {
    const events = told(script).map((event) =>
      event.type === 'syscall' ? { ...event, blockedNs: event.durationNs } : event,
    );
    const state = (kind: 'running' | 'runnable' | 'ptrace', ms: number, nth: number) => ({
      type: 'state' as const,
      pid: 11,
      tid: 11,
      state: kind,
      startNs: (10 + nth * 10 + 6) * 1e6 + (kind === 'running' ? 0 : kind === 'runnable' ? 2e6 : 3e6),
      durationNs: ms * 1e6,
    });
    const states = Array.from({ length: 100 }, (_, nth) => [
      state('running', 2, nth),
      state('runnable', 1, nth),
      state('ptrace', 1, nth),
    ]).flat();
    const [wait] = summarised([...events.slice(0, 101), ...states, ...events.slice(101)], {
      scheduled: true,
    }).longestWaits;
    const parts = wait?.chain[0]?.parts ?? [];
    expect(parts.map(({ did }) => did)).toEqual(['blocked', 'running', 'runnable', 'ptrace', 'absent']);
    expect(parts.map(({ seconds }) => Math.round(seconds * 1000))).toEqual([600, 200, 100, 100, 20]);
  });
});

test('of a process that made no call strace -T would add nothing', () => {
  const named = { type: 'comm', pid: 10, tid: 10, startNs: 0, sources: ['strace'], comm: 'sh' } as const;
  const events = [named, ...told('11 0 read(4<pipe:[7]>, "", 1) = 1 <60>')];
  const text = story(summarised(events)).join(' ');
  expect(text).toContain('10 sh began and ended no call that was recorded.');
  expect(text).not.toContain('strace -T');
});

test('arguments that strace did not come to tell are not told as none', () => {
  const open = told('10 0 epoll_pwait(9, ) = 0 <1000>').map((event) => ({ ...event, open: 'end-of-trace' }));
  const text = story(summarised(open as Parameters<typeof summarised>[0])).join(' ');
  expect(text).toContain('epoll_pwait(9, …) has not returned');
});

describe('the critical path', () => {
  const pathOf = (script: string, options = {}) =>
    summarised(told(script), options).criticalPath.map(({ tid, did, name, fromNs, toNs }) => [
      tid,
      name === undefined ? did : `${did} ${name}`,
      fromNs / 1e6,
      toNs / 1e6,
    ]);
  const script = `
    10 100 getpid() = 10
    10 150 openat(AT_FDCWD, "/x", O_RDONLY) = 3 <40>
    10 200 read(4<pipe:[7]>, "", 1) = 1 <100>
    10 310 brk(NULL) = 0x55 <90>
  `;

  test('says of no time that it was at work which nobody has told, or which a call may have waited', () => {
    expect(pathOf(script)).toEqual([
      [10, 'unknown', 0, 100],
      [10, 'ran', 100, 150],
      [10, 'unknown openat', 150, 190],
      [10, 'ran', 190, 200],
      [10, 'waited read', 200, 300],
      [10, 'ran', 300, 310],
      [10, 'unknown brk', 310, 400],
    ]);
  });

  test('knows nothing of what is between calls where only some were asked for', () => {
    expect(pathOf(script, { filtered: true }).map(([, did]) => did)).toEqual([
      ...['unknown', 'unknown', 'unknown openat', 'unknown', 'waited read', 'unknown', 'unknown brk'],
    ]);
  });

  test('does not take a stopped thread for one at work', () => {
    const stop = { signal: 'SIGSTOP', stopped: true } as const;
    const events = [
      ...told('10 0 getpid() = 10'),
      { type: 'signal', pid: 10, tid: 10, startNs: 10e6, sources: ['strace'], ...stop } as const,
      ...told('10 90 getpid() = 10\n10 100 close(3) = 0'),
    ];
    expect(summarised(events).criticalPath.map(({ did }) => did)).toEqual(['stopped']);
  });
});
