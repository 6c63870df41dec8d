import { describe, expect, test } from 'vitest';
import type { FakeRow } from '../../support/fake-perf.ts';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

describe('a thread that slept when the recording began', () => {
  const asleep = { state: 'S', nr: 0, args: '0x3, 0x7f00, 0x1', stack: ['anon_pipe_read', 'vfs_read'] };
  const task = { pid: 10, tid: 10, ppid: 1, comm: 'cat', startTime: 1, nspid: [10], asleep };
  const more = { tasks: [task], perfWindow: { from: 0, to: 900_000 } };

  test('and never wakes is told all the same', () => {
    const { calls, events } = correlate({ perf: [], more });
    expect(calls).toEqual([
      expect.objectContaining({
        name: 'read',
        args: '0x3, 0x7f00, 0x1',
        startNs: 0,
        durationNs: 900_000,
        early: true,
        open: 'end-of-trace',
      }),
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'state',
        state: 'blocked',
        startNs: 0,
        durationNs: 900_000,
        stack: ['anon_pipe_read', 'vfs_read'],
        during: 'read',
      }),
    );
  });

  test('and outlasts the window is not said to have slept for longer, though another recorder tells on', () => {
    const { events } = correlate({
      perf: [],
      host: [{ kind: 'waking', tid: 33, at: 1_500_000, a: 44, stack: ['anon_pipe_write'] }],
      more: { ...more, endNs: 900_000 },
    });
    const sleep = events.find(({ type }) => type === 'state');
    expect(sleep).toMatchObject({ startNs: 0, durationNs: 900_000 });
  });

  test('and wakes has that sleep, its waker, and the return of its call', () => {
    const { calls } = correlate({
      perf: [{ kind: 'in', tid: 10, at: 500_000 }, exit(10, 510_000, 0, 1)],
      host: [{ kind: 'waking', tid: 33, at: 480_000, a: 10, stack: ['anon_pipe_write'] }],
      more,
    });
    expect(calls).toEqual([
      expect.objectContaining({
        name: 'read',
        early: true,
        result: 1,
        blockedNs: 480_000,
        runnableNs: 20_000,
        onCpuNs: 10_000,
        waker: expect.objectContaining({ tid: 33, how: 'pipe' }),
      }),
    ]);
  });

  test('and is broken off, as by strace that attaches, is said to be restarted', () => {
    for (const [number, errno] of [
      [512, 'ERESTARTSYS'],
      [513, 'ERESTARTNOINTR'],
      [514, 'ERESTARTNOHAND'],
      [516, 'ERESTART_RESTARTBLOCK'],
    ] as const) {
      const { calls } = correlate({
        perf: [{ kind: 'in', tid: 10, at: 500_000 }, exit(10, 510_000, 0, -number)],
        more,
      });
      expect(calls).toEqual([
        expect.objectContaining({
          early: true,
          errno,
          result: undefined,
          resultText: expect.stringMatching(/^to be restarted/),
        }),
      ]);
    }
  });

  test('and had woken before perf came is not said to sleep', () => {
    const { calls, events } = correlate({ perf: [enter(10, 100_000, 1), exit(10, 110_000, 1, 1)], more });
    expect(calls.map(({ name, early }) => [name, early])).toEqual([['write', undefined]]);
    expect(events.filter((event) => event.type === 'state' && event.state === 'blocked')).toEqual([]);
  });

  test('is one call with that which strace was told when it attached', () => {
    const { calls, correlation } = correlate({
      strace: [
        at(10, 0, '[   0] read(3,  <unfinished ...>'),
        at(10, 600_000, '[   0] <... read resumed>"x", 1) = 1 <0.000600000>'),
      ],
      perf: [{ kind: 'in', tid: 10, at: 500_000 }, exit(10, 510_000, 0, 1)],
      more: { ...more, perfWindow: { from: 10_000, to: 900_000 } },
    });
    expect(calls).toEqual([
      expect.objectContaining({
        name: 'read',
        args: '3, "x", 1',
        sources: ['strace', 'perf'],
        early: true,
        result: 1,
        blockedNs: 490_000,
      }),
    ]);
    expect(correlation).toMatchObject({ matched: 1, unmatched: { beforePerf: 0 } });
  });

  test('and was held before it when perf began, goes into it anew: that is the one that strace told', () => {
    // As recorded: strace attached, stamped its line, and let it go on 6 ms later, when perf was recording.
    const { calls, events, correlation } = correlate({
      strace: [
        at(10, 5000, '[   0] read(3, "x", 1) = 1 <0.000600000>'),
        at(10, 600_000, '[  39] getpid() = 10 <0.000010000>'),
      ],
      perf: [
        { kind: 'in', tid: 10, at: 500_000 },
        ...[enter(10, 505_000, 0, '0x3, 0x7f00, 0x1'), exit(10, 510_000, 0, 1)],
        ...[enter(10, 620_000, 39), exit(10, 621_000, 39, 10)],
      ],
      more: { ...more, perfWindow: { from: 10_000, to: 900_000 } },
    });
    expect(calls.map(({ name, startNs, early }) => [name, startNs, early])).toEqual([
      ['read', 505_000, undefined],
      ['getpid', 620_000, undefined],
    ]);
    expect(events.filter((event) => event.type === 'state' && event.state === 'blocked')).toEqual([]);
    expect(correlation).toMatchObject({ eligible: 2, matched: 2, perfOnly: { other: 0 } });
  });

  test('sleeps on when strace has held it and let it go, whenever perf saw that', () => {
    const host = (letGo: number): FakeRow[] => [
      { kind: 'waking', tid: 90, at: letGo, a: 10, stack: ['try_to_wake_up', 'ptrace_request'] },
      { kind: 'waking', tid: 33, at: 450_000, a: 10, stack: ['try_to_wake_up', 'anon_pipe_write'] },
    ];
    for (const when of [6000, 12_000]) {
      const { calls, correlation } = correlate({
        strace: [at(10, 5000, '[   0] read(3, "x", 1) = 1 <0.000600000>')],
        perf: [{ kind: 'in', tid: 10, at: 500_000 }, exit(10, 510_000, 0, 1)],
        host: host(when),
        more: { ...more, perfWindow: { from: 10_000, to: 900_000 } },
      });
      expect(calls).toMatchObject([
        { sources: ['strace', 'perf'], early: true, blockedNs: 440_000, runnableNs: 50_000 },
      ]);
      expect(calls[0]?.waker).toMatchObject({ tid: 33, how: 'pipe' });
      expect(correlation).toMatchObject({ eligible: 1, matched: 1, unmatched: { beforePerf: 0 } });
    }
  });

  test('is one call too where the kernel has begun it again as another, when strace attached', () => {
    const { calls, events } = correlate({
      strace: [
        at(10, 0, '[ 219] restart_syscall(<... resuming interrupted read ...> <unfinished ...>'),
        at(10, 600_000, '[ 219] <... restart_syscall resumed>) = 0 <0.000600000>'),
      ],
      perf: [{ kind: 'in', tid: 10, at: 500_000 }, exit(10, 510_000, 219, 0)],
      more: { ...more, perfWindow: { from: 10_000, to: 900_000 } },
    });
    expect(calls).toMatchObject([
      { name: 'restart_syscall', sources: ['strace', 'perf'], early: true, result: 0, blockedNs: 490_000 },
    ]);
    expect(events.find(({ type }) => type === 'state')).toMatchObject({ during: 'restart_syscall' });
  });
});

test('strace does not know what call its attaching has broken off: /proc may, and later ones it has seen itself', () => {
  const argsOf = (nr: number | undefined, first = 'read') => {
    const { calls } = correlate({
      strace: [
        at(10, 0, `restart_syscall(<... resuming interrupted ${first} ...> <unfinished ...>`),
        at(10, 600_000, '<... restart_syscall resumed>) = 0 <0.000600000>'),
        at(10, 700_000, 'restart_syscall(<... resuming interrupted poll ...>) = 0 <0.000010000>'),
      ],
      more: {
        tasks: [
          {
            ...{ pid: 10, tid: 10, ppid: 1, comm: 'sh', startTime: 1, nspid: [10] },
            asleep: { state: 'S', ...(nr === undefined ? {} : { nr }) },
          },
        ],
      },
    });
    expect(calls[1]?.args).toBe('<... resuming interrupted poll ...>');
    return calls[0]?.args;
  };
  expect(argsOf(230)).toBe('<... in clock_nanosleep already when strace came ...>');
  const guessed = '<... in a call already when strace came: read, it guesses ...>';
  expect(argsOf(undefined)).toBe(guessed);
  // It has left that one since: a read is not begun again so.
  expect(argsOf(0)).toBe(guessed);
});

describe('threads of before the recording', () => {
  const more = { perfWindow: { from: 1000, to: 9000 } };
  const before: readonly FakeRow[] = [
    { kind: 'comm', at: 100, pid: 10, tid: 10, text: 'sleep', a: 1 },
    { kind: 'in', at: 200, tid: 10 },
  ];

  test('that perf tells of since they exec, and that end before it, are none of it', () => {
    const { events } = correlate({ perf: [...before, { kind: 'taskExit', at: 300, tid: 10 }], more });
    expect(events).toEqual([]);
    // Nor has another that gets the number their name.
    const again = correlate({
      perf: [...before, { kind: 'taskExit', at: 300, tid: 10 }, enter(10, 2000, 39), exit(10, 2100, 39, 10)],
      more,
    });
    expect(again.events.filter(({ type }) => type === 'comm')).toEqual([]);
  });

  test('that go on have their name', () => {
    const { events } = correlate({ perf: [...before, enter(10, 2000, 39), exit(10, 2100, 39, 10)], more });
    expect(events[0]).toMatchObject({ type: 'comm', comm: 'sleep', startNs: 0 });
  });

  test('that were gone when all recorded are not said to have slept through it', () => {
    const asleep = { state: 'S', nr: 0 };
    const task = { pid: 10, tid: 10, ppid: 1, comm: 'cat', startTime: 1, nspid: [10], asleep };
    const told = (gone: boolean) =>
      correlate({ perf: [], more: { ...more, tasks: [{ ...task, gone }] } }).events;
    expect(told(false).length).toBeGreaterThan(0);
    expect(told(true)).toEqual([]);
  });
});

describe('a call that strace found a thread in', () => {
  test('counts from the begin of the recording on, where it had begun before', () => {
    const { calls } = correlate({
      strace: [at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000090000>')],
      more: { endNs: 200_000, perfWindow: { from: 31_000, to: 200_000 } },
    });
    expect(calls).toMatchObject([{ startNs: 31_000, durationNs: 60_000, early: true }]);
  });
});

test('a thread that strace leaves stopped by a signal is stopped, not held by strace', () => {
  const { events } = correlate({
    strace: [at(10, 20_000, 'getpid() = 10'), at(10, 100_000, '--- stopped by SIGSTOP ---')],
    perf: [
      enter(10, 40_000, 39),
      exit(10, 41_000, 39, 10),
      { kind: 'switch', at: 60_000, pid: 10, tid: 10, a: 8, b: 0 },
      { kind: 'in', at: 70_000, pid: 10, tid: 10 },
      { kind: 'switch', at: 90_000, pid: 10, tid: 10, a: 8, b: 0 },
      { kind: 'in', at: 900_000, pid: 10, tid: 10 },
      { kind: 'switch', at: 910_000, pid: 10, tid: 10, a: 8, b: 0 },
      { kind: 'in', at: 920_000, pid: 10, tid: 10 },
    ],
  });
  expect(
    events.flatMap((event) =>
      event.type === 'state' && event.state !== 'running' ? [[event.state, event.durationNs]] : [],
    ),
  ).toEqual([
    ['ptrace', 10_000],
    ['stopped', 810_000],
    ['ptrace', 10_000],
  ]);
});
