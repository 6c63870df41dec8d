import { describe, expect, test } from 'vitest';
import { type AnalyseInput, analyse } from '../../../src/trace/analyse.ts';
import type { SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';
import { at, straceLog } from '../../support/fake-strace.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: 'read',
  1: 'write',
  39: 'getpid',
  56: 'clone',
  59: 'execve',
  61: 'wait4',
  202: 'futex',
  7: 'poll',
  230: 'clock_nanosleep',
  231: 'exit_group',
};

interface Recorded {
  readonly strace?: readonly string[];
  readonly perf?: readonly FakeRow[];
  readonly host?: readonly FakeRow[];
  readonly more?: Partial<AnalyseInput>;
}

function correlate({ strace, perf, host, more }: Recorded) {
  const events: TraceEvent[] = [];
  const { correlation } = analyse({
    strace: strace === undefined ? [] : [straceLog(strace)],
    perf: [
      ...(perf === undefined ? [] : [{ source: fakePerf(perf), role: 'tree' as const }]),
      ...(host === undefined ? [] : [{ source: fakePerf(host), role: 'host' as const }]),
    ],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: perf !== undefined,
    syscallName: (nr) => NAMES[nr],
    clock: {},
    sinks: [{ event: (event) => events.push(event) }],
    ...more,
  });
  const calls = events.filter((event): event is SyscallEvent => event.type === 'syscall');
  return { events, calls, correlation: correlation! };
}

const enter = (tid: number, when: number, nr: number, args?: string): FakeRow => ({
  kind: 'enter',
  tid,
  at: when,
  a: nr,
  ...(args === undefined ? {} : { args }),
});
const exit = (tid: number, when: number, nr: number, returned: number): FakeRow => ({
  kind: 'exit',
  tid,
  at: when,
  a: nr,
  b: returned,
});

describe('a call that both saw', () => {
  test('that perf has written twice, as it does when its buffers overflow, counts once', () => {
    const { calls, correlation } = correlate({
      strace: [at(7, 100_000, 'getpid() = 7'), at(7, 300_000, 'getpid() = 7')],
      perf: [
        ...[enter(7, 120_000, 39), enter(7, 120_000, 39), exit(7, 121_000, 39, 7), exit(7, 121_000, 39, 7)],
        ...[enter(7, 320_000, 39), exit(7, 321_000, 39, 7)],
      ],
    });
    expect(calls.map(({ sources }) => sources.length)).toEqual([2, 2]);
    expect(correlation).toMatchObject({ perfSyscalls: 2, eligible: 2, matched: 2 });
  });

  test('has the arguments of strace and the times of perf', () => {
    const { calls, correlation } = correlate({
      strace: [at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000090000>')],
      perf: [enter(10, 21_000, 0), exit(10, 25_000, 0, 1)],
    });
    expect(calls).toEqual([
      expect.objectContaining({
        tid: 10,
        nr: 0,
        name: 'read',
        args: '3, "x", 1',
        result: 1,
        startNs: 21_000,
        durationNs: 4000,
        straceNs: 90_000,
        sources: ['strace', 'perf'],
        onCpuNs: 4000,
        runnableNs: 0,
        blockedNs: 0,
        ptraceNs: 0,
      }),
    ]);
    expect(correlation).toMatchObject({
      straceSyscalls: 1,
      perfSyscalls: 1,
      eligible: 1,
      matched: 1,
      matchRate: 1,
      resultsCompared: 1,
      wrongPairsRefused: 0,
    });
    expect(correlation.residualNs.max).toBe(20_000);
  });

  test('is told in two halves while others run between them', () => {
    const { calls, correlation } = correlate({
      strace: [
        at(10, 1000, '[   0] read(3,  <unfinished ...>'),
        at(11, 30_000, '[   1] write(4, "x", 1) = 1 <0.000010000>'),
        at(10, 90_000, '[   0] <... read resumed>"x", 1) = 1 <0.000080000>'),
        at(10, 120_000, '[  39] getpid() = 10 <0.000010000>'),
      ],
      perf: [
        enter(10, 21_000, 0),
        enter(11, 50_000, 1),
        exit(11, 51_000, 1, 1),
        exit(10, 60_000, 0, 1),
        enter(10, 140_000, 39),
        exit(10, 141_000, 39, 10),
      ],
    });
    expect(calls.map(({ tid, name, args, durationNs }) => [tid, name, args, durationNs])).toEqual([
      [11, 'write', '4, "x", 1', 1000],
      [10, 'read', '3, "x", 1', 39_000],
      [10, 'getpid', '', 1000],
    ]);
    expect(correlation).toMatchObject({ matched: 3, eligible: 3 });
  });

  test('parts its time into on CPU, runnable, blocked and ptrace, which add up', () => {
    const { calls, events } = correlate({
      strace: [at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000900000>')],
      perf: [
        enter(10, 10_000, 0),
        { kind: 'switch', tid: 10, at: 12_000, a: 1, stack: ['schedule', 'anon_pipe_read'] },
        { kind: 'in', tid: 10, at: 60_000 },
        { kind: 'switch', tid: 10, at: 61_000, a: 8 },
        { kind: 'in', tid: 10, at: 65_000 },
        { kind: 'switch', tid: 10, at: 66_000, a: 0 },
        { kind: 'in', tid: 10, at: 69_000 },
        exit(10, 70_000, 0, 1),
      ],
      host: [
        {
          kind: 'waking',
          tid: 22,
          at: 50_000,
          a: 10,
          stack: ['try_to_wake_up', '__wake_up_sync_key', 'anon_pipe_write'],
        },
      ],
    });
    const [call] = calls;
    // On CPU 10..12, 60..61, 65..66, 69..70; in the queue 50..60 and 66..69; asleep 12..50; stopped by the tracer 61..65.
    expect(call).toMatchObject({
      onCpuNs: 5000,
      runnableNs: 13_000,
      blockedNs: 38_000,
      ptraceNs: 4000,
      durationNs: 56_000,
    });
    expect(call!.onCpuNs! + call!.runnableNs! + call!.blockedNs! + call!.ptraceNs!).toBe(60_000);
    expect(call!.waker).toEqual({ pid: 22, tid: 22, comm: '', how: 'pipe' });
    expect(call!.stack).toEqual(['schedule', 'anon_pipe_read']);
    const states = events.flatMap((event) =>
      event.type === 'state' ? [[event.state, event.startNs, event.durationNs]] : [],
    );
    expect(states).toEqual([
      ['running', 10_000, 2000],
      ['blocked', 12_000, 38_000],
      ['runnable', 50_000, 10_000],
      ['running', 60_000, 1000],
      ['ptrace', 61_000, 4000],
      ['running', 65_000, 1000],
      ['runnable', 66_000, 3000],
      ['running', 69_000, 1000],
    ]);
  });

  test('of rt_sigreturn ends with the number of no call, and one that never returns with its thread', () => {
    const { calls } = correlate({
      strace: [
        at(10, 1000, '[  15] rt_sigreturn({mask=[]}) = 0 <0.000900000>'),
        at(10, 100_000, '[ 231] exit_group(0) = ?'),
        at(10, 900_000, '+++ exited with 0 +++'),
      ],
      perf: [
        enter(10, 20_000, 15),
        exit(10, 22_000, -1, 0),
        enter(10, 120_000, 231),
        { kind: 'schedExit', at: 150_000, tid: 10, a: 10, b: 1 },
      ],
    });
    expect(calls.map(({ name, durationNs }) => [name, durationNs])).toEqual([
      ['rt_sigreturn', 2000],
      ['exit_group', 30_000],
    ]);
  });

  test('is known by its number, errno and result also where these look different', () => {
    const { correlation } = correlate({
      strace: [
        at(
          10,
          1000,
          '[   0] read(3, 0x7f00, 1) = -1 EAGAIN (Resource temporarily unavailable) <0.000010000>',
        ),
        at(
          10,
          101_000,
          '[   0] read(3, 0x7f00, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set) <0.000010000>',
        ),
        at(10, 201_000, '[   0] read(3, 0x7f00, 1) = 0x7f01aabbc000 <0.000010000>'),
        at(10, 301_000, '[   0] read(3, 0x7f00, 1) = 4294967295 <0.000010000>'),
      ],
      perf: [
        ...[-11, -512, 0x7f01aabbc000, -1].flatMap((returned, nth) => [
          enter(10, 20_000 + nth * 100_000, 0),
          exit(10, 30_000 + nth * 100_000, 0, returned),
        ]),
      ],
    });
    expect(correlation).toMatchObject({ matched: 4, resultsCompared: 4, wrongPairsRefused: 0 });
  });
});

describe('what has no partner', () => {
  test('a call whose events perf lost is kept, and counted to the gap once perf tells of it', () => {
    const strace = [1, 2, 3].map((nth) => at(10, nth * 100_000, '[   0] read(3, "x", 1) = 1 <0.000010000>'));
    const seen = (nth: number) => [
      enter(10, nth * 100_000 + 20_000, 0),
      exit(10, nth * 100_000 + 30_000, 0, 1),
    ];
    const without = correlate({ strace, perf: [...seen(1), ...seen(3)] });
    expect(without.correlation).toMatchObject({
      matched: 2,
      eligible: 3,
      unmatched: { other: 1, lostGap: 0 },
    });
    const told = correlate({
      strace,
      perf: [...seen(1), { kind: 'lost', at: 290_000, a: 2, b: 150_000 }, ...seen(3)],
    });
    expect(told.correlation).toMatchObject({
      matched: 2,
      eligible: 2,
      matchRate: 1,
      unmatched: { other: 0, lostGap: 1 },
    });
    expect(told.calls.map(({ sources }) => sources)).toEqual([
      ['strace', 'perf'],
      ['strace'],
      ['strace', 'perf'],
    ]);
    expect(told.events).toContainEqual(
      expect.objectContaining({ type: 'gap', startNs: 150_000, durationNs: 140_000, lost: 2 }),
    );
  });

  test('another number or another result is refused, and both are told apart', () => {
    const { calls, correlation } = correlate({
      strace: [
        at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000010000>'),
        at(10, 101_000, '[   0] read(3, "y", 1) = 1 <0.000010000>'),
        at(10, 201_000, '[  39] getpid() = 10 <0.000010000>'),
      ],
      perf: [
        enter(10, 20_000, 1),
        exit(10, 30_000, 1, 1),
        enter(10, 120_000, 0),
        exit(10, 130_000, 0, 7),
        enter(10, 220_000, 39),
        exit(10, 230_000, 39, 10),
      ],
    });
    // Each of the two counts once.
    expect(correlation).toMatchObject({ matched: 1, wrongPairsRefused: 2, eligible: 3 });
    expect(calls.map(({ name, sources }) => [name, sources.join()])).toEqual([
      ['write', 'perf'],
      ['read', 'strace'],
      ['read', 'strace'],
      ['read', 'perf'],
      ['getpid', 'strace,perf'],
    ]);
  });

  test('another first argument is refused too, where strace prints a number', () => {
    const read = (when: number, first: string) =>
      at(10, when, `[   0] read(${first}, "x", 1) = 1 <0.000010000>`);
    const { correlation } = correlate({
      strace: [
        read(1000, '3</etc/passwd>'),
        read(101_000, '4'),
        read(201_000, '0xffff8000'),
        read(301_000, 'AT_FDCWD'),
        read(401_000, '017'),
      ],
      perf: ['0x3', '0x5', '0xffffffffffff8000', '0xffffff9c', '0xf'].flatMap((args, nth) => [
        enter(10, 20_000 + nth * 100_000, 0, args),
        exit(10, 30_000 + nth * 100_000, 0, 1),
      ]),
    });
    expect(correlation).toMatchObject({ matched: 4, wrongPairsRefused: 1 });
  });

  test('calls before perf, after it, and in threads that it missed are no fault of the pairing', () => {
    const line = (tid: number, when: number) => at(tid, when, '[   0] read(3, "x", 1) = 1 <0.000010000>');
    const { correlation } = correlate({
      strace: [line(10, 1000), line(10, 101_000), line(11, 150_000), line(10, 901_000)],
      perf: [enter(10, 120_000, 0), exit(10, 130_000, 0, 1)],
      more: { perfWindow: { from: 50_000, to: 800_000 }, blind: [11] },
    });
    expect(correlation).toMatchObject({
      matched: 1,
      eligible: 1,
      unmatched: { beforePerf: 1, afterDetach: 1, blindThread: 1, other: 0 },
    });
  });

  test.each([
    ['after strace had told the call', 101_000],
    ['while strace was about to', 145_000],
  ])(
    'a call whose thread was killed in the stop before it, %s, never began: the kernel itself tells',
    (_, told) => {
      // As recorded: zap_other_threads, then a return of -ENOSYS without an enter.
      const { calls, correlation } = correlate({
        strace: [
          at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000010000>'),
          at(10, told, '[ 202] futex(0x7f00, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>'),
          at(10, 150_000, '[ 202] <... futex resumed>) = ?'),
          at(10, 160_000, '+++ exited with 0 +++'),
        ],
        perf: [
          ...[enter(10, 20_000, 0), exit(10, 30_000, 0, 1)],
          { kind: 'in', tid: 10, at: 139_000 },
          exit(10, 140_000, 202, -38),
          { kind: 'schedExit', tid: 10, at: 155_000, a: 10, b: 1 },
        ],
      });
      expect(calls.at(-1)).toMatchObject({ name: 'futex', sources: ['strace'], open: 'died' });
      expect(correlation).toMatchObject({ eligible: 1, matched: 1, unmatched: { neverBegun: 1, other: 0 } });
    },
  );

  test('a call that a seccomp filter refused never began; one whose enter is missing otherwise did', () => {
    const { correlation } = correlate({
      strace: [
        at(10, 1000, '[  39] getpid() = -1 EPERM (Operation not permitted) <0.000010000>'),
        at(10, 101_000, '[   0] read(3, "x", 1) = 1 <0.000010000>'),
      ],
      perf: [exit(10, 30_000, 39, -1), exit(10, 130_000, 0, 1)],
    });
    expect(correlation).toMatchObject({ eligible: 1, unmatched: { neverBegun: 1, other: 1 } });
  });

  test('a call that strace held when perf was stopped is after it, unless perf saw the thread sleep in it', () => {
    const over = (perf: readonly FakeRow[]) =>
      correlate({
        strace: [
          at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000010000>'),
          at(10, 790_000, '[   0] read(3,  <unfinished ...>'),
          at(10, 850_000, '[   0] <... read resumed>"x", 1) = 1 <0.000060000>'),
        ],
        perf: [enter(10, 20_000, 0), exit(10, 30_000, 0, 1), ...perf],
        more: { perfWindow: { from: 0, to: 800_000 } },
      }).correlation;
    expect(over([])).toMatchObject({ eligible: 1, unmatched: { afterDetach: 1, other: 0 } });
    const sleeps: FakeRow = { kind: 'switch', tid: 10, at: 799_000, a: 1, stack: ['anon_pipe_read'] };
    expect(over([sleeps])).toMatchObject({ eligible: 2, unmatched: { afterDetach: 0, other: 1 } });
    const held: FakeRow = { kind: 'switch', tid: 10, at: 799_000, a: 8, stack: ['ptrace_stop'] };
    expect(over([held])).toMatchObject({ eligible: 1, unmatched: { afterDetach: 1, other: 0 } });
  });

  test('a call whose end nobody told has ended, if its thread makes another', () => {
    const { calls } = correlate({
      strace: [
        at(10, 1000, '[   0] read(3,  <unfinished ...>'),
        at(10, 101_000, '[  39] getpid() = 10 <0.000010000>'),
        at(10, 201_000, '[   0] read(4,  <unfinished ...>'),
        at(10, 301_000, '+++ killed by SIGKILL +++'),
      ],
    });
    expect(calls.map(({ name, durationNs, open }) => [name, durationNs, open])).toEqual([
      ['read', 100_000, undefined],
      ['getpid', 10_000, undefined],
      ['read', 100_000, 'died'],
    ]);
  });

  test('calls of perf before strace attached, after it left, or left out by its filter stay, with raw arguments', () => {
    const { calls, correlation } = correlate({
      strace: [at(10, 100_000, '[   0] read(3, "x", 1) = 1 <0.000010000>')],
      perf: [
        enter(10, 20_000, 1, '0x1, 0x7f00, 0x2'),
        exit(10, 30_000, 1, -32),
        enter(10, 120_000, 0),
        exit(10, 130_000, 0, 1),
        enter(10, 220_000, 39),
        exit(10, 230_000, 39, 10),
      ],
    });
    expect(correlation).toMatchObject({
      matched: 1,
      eligible: 1,
      perfOnly: { beforeAttach: 1, afterDetach: 1, notAttached: 0, filtered: 0, other: 0 },
    });
    expect(calls[0]).toMatchObject({
      name: 'write',
      args: '0x1, 0x7f00, 0x2',
      result: -1,
      errno: 'EPIPE',
      sources: ['perf'],
    });
  });

  test('a child begins with the return of a call that it did not make', () => {
    const { calls, events } = correlate({
      strace: [],
      perf: [
        enter(10, 10_000, 56),
        { kind: 'fork', at: 11_000, pid: 20, tid: 20, a: 10, b: 10 },
        exit(20, 12_000, 56, 0),
        exit(10, 13_000, 56, 20),
      ],
    });
    expect(calls).toHaveLength(1);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'spawn', pid: 10, childPid: 20, thread: false, call: 'clone' }),
    );
  });
});

describe('a death that only PERF_RECORD_EXIT tells', () => {
  test('is one: of it alone, as of perf and strace', () => {
    const perf: FakeRow[] = [
      { ...enter(20, 21_000, 231, '0x3'), pid: 20 },
      { kind: 'taskExit', at: 40_000, pid: 20, tid: 20, a: 10, b: 10 },
    ];
    const alone = correlate({ perf });
    expect(alone.events).toContainEqual(
      expect.objectContaining({ type: 'exit', pid: 20, startNs: 40_000, sources: ['perf'] }),
    );
    const strace = [at(20, 1000, '[ 231] exit_group(3) = ?'), at(20, 90_000, '+++ exited with 3 +++')];
    const both = correlate({ strace, perf });
    expect(both.events.filter(({ type }) => type === 'exit')).toMatchObject([
      { pid: 20, status: 3, sources: ['strace', 'perf'] },
    ]);
  });

  test('is none of the recording when it was before perf was enabled', () => {
    const perf: FakeRow[] = [
      { kind: 'comm', at: -9000, pid: 20, tid: 20, text: 'early' },
      { kind: 'taskExit', at: -5000, pid: 20, tid: 20, a: 10, b: 10 },
      { ...enter(10, 1000, 39), pid: 10 },
    ];
    const { events } = correlate({ perf, more: { perfWindow: { from: 0, to: 9000 } } });
    expect(events.filter(({ type }) => type === 'exit')).toEqual([]);
  });

  test('is what woke the parent, though strace sent the wake-up', () => {
    const { calls } = correlate({
      strace: [
        at(10, 1000, '[  61] wait4(-1,  <unfinished ...>'),
        at(20, 1500, '[ 231] exit_group(3) = ?'),
        at(10, 95_000, '[  61] <... wait4 resumed>NULL, 0, NULL) = 20 <0.000090000>'),
      ],
      perf: [
        { kind: 'fork', at: 500, pid: 20, tid: 20, a: 10, b: 10 },
        { ...enter(10, 21_000, 61), pid: 10 },
        { kind: 'switch', at: 22_000, pid: 10, tid: 10, a: 1, stack: ['schedule', 'do_wait'] },
        { ...enter(20, 25_000, 231), pid: 20 },
        { kind: 'taskExit', at: 40_000, pid: 20, tid: 20, a: 10, b: 10 },
        { kind: 'in', at: 70_000, pid: 10, tid: 10 },
        { ...exit(10, 80_000, 61, 20), pid: 10 },
      ],
      host: [
        {
          kind: 'waking',
          at: 60_000,
          pid: 99,
          tid: 99,
          a: 10,
          stack: ['try_to_wake_up', 'complete_signal', 'do_notify_parent', 'wait_consider_task', 'do_wait'],
        },
      ],
    });
    expect(calls.find(({ name }) => name === 'wait4')).toMatchObject({
      waker: { pid: 20, tid: 20, how: 'child-exit' },
    });
  });
});

describe('exec', () => {
  test('by another thread than the leader goes on under the number of the leader', () => {
    const { calls, events, correlation } = correlate({
      strace: [
        at(10, 1000, '[ 202] futex(0x7f00, FUTEX_WAIT, 1, NULL <unfinished ...>'),
        at(11, 100_000, '[  59] execve("/bin/true", ["true"], 0x7f00 /* 3 vars */ <unfinished ...>'),
        at(10, 300_000, '+++ superseded by execve in pid 11 +++'),
        at(10, 310_000, '[  59] <... execve resumed>) = 0 <0.000200000>'),
        at(10, 400_000, '[ 231] exit_group(0) = ?'),
        at(10, 500_000, '+++ exited with 0 +++'),
      ],
      perf: [
        { ...enter(10, 20_000, 202), pid: 10 },
        { ...enter(11, 120_000, 59), pid: 10 },
        { kind: 'schedExec', at: 200_000, tid: 10, a: 10, b: 11, text: '/bin/true' },
        exit(10, 250_000, 59, 0),
        enter(10, 420_000, 231, '0x0'),
        { kind: 'schedExit', at: 430_000, tid: 10, a: 10, b: 1 },
      ],
    });
    expect(calls.map(({ tid, name, open, sources }) => [tid, name, open, sources.join()])).toEqual([
      [10, 'futex', 'superseded', 'strace,perf'],
      [10, 'execve', undefined, 'strace,perf'],
      [10, 'exit_group', 'died', 'strace,perf'],
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'exec',
        pid: 10,
        tid: 10,
        formerTid: 11,
        path: '/bin/true',
        argv: '["true"]',
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'exit', pid: 10, status: 0, last: true, sources: ['strace', 'perf'] }),
    );
    expect(correlation).toMatchObject({ matched: 3, eligible: 3, wrongPairsRefused: 0 });
  });

  test('by another thread is followed on after the death of the leader, which it has killed', () => {
    const { calls, events } = correlate({
      strace: [
        at(10, 1000, '[ 202] futex(0x7f00, FUTEX_WAIT, 1, NULL <unfinished ...>'),
        at(11, 100_000, '[  59] execve("/bin/true", ["true"], 0x7f00 /* 3 vars */ <unfinished ...>'),
        at(10, 300_000, '+++ superseded by execve in pid 11 +++'),
        at(10, 310_000, '[  59] <... execve resumed>) = 0 <0.000200000>'),
        at(10, 900_000, '+++ exited with 0 +++'),
      ],
      perf: [
        { ...enter(10, 20_000, 202), pid: 10 },
        { kind: 'switch', pid: 10, tid: 10, at: 22_000, a: 1, stack: ['schedule', 'futex_do_wait'] },
        { ...enter(11, 120_000, 59), pid: 10 },
        { kind: 'schedExit', at: 150_000, pid: 10, tid: 10, a: 10, b: 0 },
        { kind: 'schedExec', at: 200_000, pid: 10, tid: 10, a: 10, b: 11, text: '/bin/true' },
        { ...exit(10, 250_000, 59, 0), pid: 10 },
        { kind: 'switch', pid: 10, tid: 10, at: 500_000, a: 1, stack: ['schedule', 'do_wait'] },
        { kind: 'in', pid: 10, tid: 10, at: 800_000 },
        { kind: 'schedExit', at: 850_000, pid: 10, tid: 10, a: 10, b: 1 },
      ],
    });
    expect(calls[1]).toMatchObject({ name: 'execve', durationNs: 130_000, onCpuNs: 130_000, blockedNs: 0 });
    expect(calls[1]?.stack).toBeUndefined();
    const states = events.filter((event) => event.type === 'state' && event.startNs >= 200_000);
    expect(states).toMatchObject([
      { tid: 10, state: 'running', startNs: 200_000, durationNs: 300_000 },
      { tid: 10, state: 'blocked', startNs: 500_000, durationNs: 300_000 },
      { tid: 10, state: 'running', startNs: 800_000, durationNs: 50_000 },
    ]);
  });
});

describe('what perf lost', () => {
  test('a return: the call took as long as strace says, not until the next one', () => {
    const { calls } = correlate({
      strace: [
        at(10, 1000, '[   0] read(3, "x", 1) = 1 <0.000090000>'),
        at(10, 5_000_000_000, '[  39] getpid() = 10 <0.000010000>'),
      ],
      perf: [enter(10, 21_000, 0), enter(10, 5_000_021_000, 39), exit(10, 5_000_022_000, 39, 10)],
    });
    expect(calls[0]).toMatchObject({ name: 'read', durationNs: 90_000, sources: ['strace', 'perf'] });
    expect(calls[0]?.onCpuNs).toBeUndefined();
  });

  test('a return, without strace: the call is not said to be open', () => {
    const { calls } = correlate({ perf: [enter(10, 1000, 0), enter(10, 9000, 39), exit(10, 9100, 39, 10)] });
    expect(calls[0]).toMatchObject({ name: 'read' });
    expect(calls[0]?.open).toBeUndefined();
  });

  test('a number that is used again is another thread, though strace never told of the death', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>')],
      perf: [
        ...[{ ...enter(10, 21_000, 39), pid: 10 }, exit(10, 22_000, 39, 10)],
        { kind: 'schedExit', at: 400_000, pid: 10, tid: 10, a: 10, b: 1 },
        { kind: 'fork', at: 500_000, pid: 10, tid: 10, a: 9, b: 9 },
        { ...enter(10, 600_000, 0), pid: 10 },
        { kind: 'switch', at: 610_000, pid: 10, tid: 10, a: 1 },
        { kind: 'in', at: 700_000, pid: 10, tid: 10 },
        exit(10, 800_000, 0, 1),
      ],
    });
    expect(events.filter(({ type }) => type !== 'state').map(({ type, startNs }) => [type, startNs])).toEqual(
      [
        ['syscall', 21_000],
        ['exit', 400_000],
        ['spawn', 500_000],
        ['syscall', 600_000],
      ],
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'state', state: 'blocked', durationNs: 90_000 }),
    );
  });
});

describe('who woke it', () => {
  const asleep: readonly FakeRow[] = [
    enter(10, 10_000, 61),
    { kind: 'switch', tid: 10, at: 12_000, a: 1, stack: ['do_wait', 'kernel_wait4'] },
    { kind: 'in', tid: 10, at: 60_000 },
    exit(10, 61_000, 61, 20),
  ];
  const line = at(10, 1000, '[  61] wait4(-1, NULL, 0, NULL) = 20 <0.000060000>');

  test('is the child that ended where strace reaped it first', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [
        { kind: 'fork', at: 5000, pid: 20, tid: 20, a: 10, b: 10 },
        { kind: 'comm', at: 5500, pid: 20, tid: 20, text: 'sleep' },
        ...asleep,
        { kind: 'schedExit', at: 40_000, tid: 20, a: 20, b: 1 },
      ],
      host: [
        {
          kind: 'waking',
          tid: 99,
          at: 50_000,
          a: 10,
          stack: ['try_to_wake_up', 'do_notify_parent', 'wait_consider_task', '__do_wait'],
        },
      ],
    });
    expect(calls.find(({ name }) => name === 'wait4')?.waker).toEqual({
      pid: 20,
      tid: 20,
      comm: 'sleep',
      how: 'child-exit',
    });
  });

  test('is a timer by its stack, whoever was interrupted', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [...asleep, enter(33, 20_000, 0)],
      host: [
        {
          kind: 'waking',
          tid: 33,
          at: 50_000,
          a: 10,
          stack: [
            'hrtimer_wakeup',
            '__hrtimer_run_queues',
            'hrtimer_interrupt',
            'asm_sysvec_apic_timer_interrupt',
          ],
        },
      ],
    });
    const waker = calls.find(({ name }) => name === 'wait4')?.waker;
    expect(waker?.how).toBe('timer');
    expect(waker?.during).toBeUndefined();
  });

  test('is known with the call that it was in', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [...asleep, enter(33, 20_000, 1), exit(33, 55_000, 1, 1)],
      host: [{ kind: 'waking', tid: 33, at: 50_000, a: 10, stack: ['try_to_wake_up', 'anon_pipe_write'] }],
    });
    expect(calls.find(({ name }) => name === 'wait4')?.waker).toMatchObject({
      tid: 33,
      how: 'pipe',
      during: 'write',
    });
  });

  test('is a timer where the result says so and nobody recorded the wake-up', () => {
    const sleeps = (when: number, nr: number, returned: number): FakeRow[] => [
      enter(10, when, nr),
      { kind: 'switch', tid: 10, at: when + 1000, a: 1 },
      { kind: 'in', tid: 10, at: when + 50_000 },
      exit(10, when + 51_000, nr, returned),
    ];
    const { calls } = correlate({
      perf: [
        ...sleeps(10_000, 230, 0),
        ...sleeps(110_000, 7, 0),
        ...sleeps(210_000, 7, 1),
        ...sleeps(310_000, 202, -110),
        ...sleeps(410_000, 0, 0),
      ],
    });
    expect(calls.map(({ name, waker }) => [name, waker?.how])).toEqual([
      ['clock_nanosleep', 'timer'],
      ['poll', 'timer'],
      ['poll', undefined],
      ['futex', 'timer'],
      ['read', undefined],
    ]);
  });

  test('counts when it came while the sleeper was still on its way to sleep', () => {
    const { calls } = correlate({
      strace: [line],
      perf: asleep,
      host: [{ kind: 'waking', tid: 33, at: 11_900, a: 10, stack: ['try_to_wake_up', 'futex_wake'] }],
    });
    expect(calls[0]).toMatchObject({ blockedNs: 0, runnableNs: 48_000, waker: { tid: 33, how: 'futex' } });
  });
});

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

const THREAD = 'CLONE_VM|CLONE_THREAD|CLONE_SIGHAND';

test('a thread that was listed when all recorded is of its process, though nobody told its birth', () => {
  const late = { pid: 10, tid: 20, ppid: 1, comm: 'pool', startTime: 0, nspid: [20], late: true };
  const { events } = correlate({
    strace: [at(20, 5000, '[   0] read(0, "", 1) = 0 <0.000000010>')],
    more: { tasks: [late] },
  });
  expect(events).toEqual([
    expect.objectContaining({ type: 'comm', pid: 10, tid: 20, startNs: 0, comm: 'pool' }),
    expect.objectContaining({ type: 'syscall', pid: 10, tid: 20 }),
  ]);
});

test('nobody is made up of what was listed and never met', () => {
  const late = { pid: 20, tid: 20, ppid: 10, comm: 'sh', startTime: 0, nspid: [20], late: true };
  expect(correlate({ strace: [], more: { tasks: [late] } }).events).toEqual([]);
});

test('a birth that strace alone saw is told, when perf was no longer there, and once where it was', () => {
  const clone = (tid: number, when: number) =>
    at(10, when, `[  56] clone(child_stack=0x7f0, flags=${THREAD}) = ${tid} <0.000050000>`);
  const { events } = correlate({
    strace: [clone(20, 1000), clone(21, 300_000), at(10, 400_000, '[  39] getpid() = 10 <0.000001000>')],
    perf: [
      enter(10, 2000, 56),
      { kind: 'fork', pid: 10, tid: 20, at: 3000, a: 10, b: 10 },
      exit(10, 9000, 56, 20),
    ],
    more: { perfWindow: { from: 0, to: 100_000 } },
  });
  expect(
    events.flatMap((event) =>
      event.type === 'spawn' ? [[event.childTid, event.thread, event.sources.join()]] : [],
    ),
  ).toEqual([
    [20, true, 'strace,perf'],
    [21, true, 'strace'],
  ]);
});

describe('one source alone', () => {
  test('strace gives its own times, spawns and exits', () => {
    const { calls, events, correlation } = correlate({
      strace: [
        at(10, 1000, '[  56] clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 20 <0.000050000>'),
        at(20, 80_000, '[ 231] exit_group(3) = ?'),
        at(20, 90_000, '+++ exited with 3 +++'),
        at(
          10,
          95_000,
          '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=20, si_uid=0, si_status=3, si_utime=0, si_stime=0} ---',
        ),
        at(10, 99_000, '[   0] read(0,  <unfinished ...>'),
      ],
    });
    expect(correlation).toBeNull();
    expect(calls.map(({ tid, name, durationNs, open }) => [tid, name, durationNs, open])).toEqual([
      [10, 'clone', 50_000, undefined],
      [20, 'exit_group', 0, 'died'],
      [10, 'read', 0, 'end-of-trace'],
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'spawn',
        pid: 10,
        childPid: 20,
        childTid: 20,
        thread: false,
        call: 'clone',
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'exit', pid: 20, status: 3, sources: ['strace'] }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'signal',
        signal: 'SIGCHLD',
        code: 'CLD_EXITED',
        senderPid: 20,
        status: 3,
      }),
    );
  });

  test('perf gives times, raw arguments and the status that exit_group was given', () => {
    const { calls, events } = correlate({
      perf: [
        enter(10, 1000, 0),
        exit(10, 3000, 0, -2),
        enter(10, 4000, 231, '0x107'),
        { kind: 'schedExit', at: 5000, tid: 10, a: 10, b: 1 },
      ],
    });
    expect(calls.map(({ name, errno, durationNs, open }) => [name, errno, durationNs, open])).toEqual([
      ['read', 'ENOENT', 2000, undefined],
      ['exit_group', undefined, 1000, 'died'],
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'exit', tid: 10, status: 7, last: true, sources: ['perf'] }),
    );
  });
});

test('a step of the wall clock moves nothing where -r tells the time that went by', () => {
  const lines: string[] = [];
  const rows: FakeRow[] = [];
  for (let nth = 0; nth < 200; nth++) {
    const when = 1_000_000 + nth * 100_000;
    const step = nth < 100 ? 0 : 1_500_000_000;
    const delta = nth === 0 ? '0.000000000' : '0.000100000';
    lines.push(at(10, when + step, `(+     ${delta}) [   0] read(3, "${nth}", 1) = ${nth} <0.000010000>`));
    rows.push(enter(10, when + 20_000, 0), exit(10, when + 30_000, 0, nth));
  }
  const { correlation } = correlate({ strace: lines, perf: rows });
  expect(correlation).toMatchObject({
    matched: 200,
    eligible: 200,
    resultsCompared: 200,
    wrongPairsRefused: 0,
  });
});

describe('threads that two recorders tell of', () => {
  test('and their children are told once, by the one that was started for them', () => {
    const both = (late: number): FakeRow[] => [
      ...[enter(11, 20_000 + late, 56), exit(11, 30_000 + late, 56, 12)],
      { kind: 'fork', pid: 10, tid: 12, at: 25_000 + late, a: 10, b: 11 },
      ...[enter(12, 130_000 + late, 39), exit(12, 140_000 + late, 39, 10)],
      { kind: 'in', pid: 10, tid: 10, at: 150_000 + late },
    ];
    const tree = fakePerf([...both(0), enter(10, 160_000, 39), exit(10, 170_000, 39, 10)]);
    const late = { ...fakePerf(both(600)), opened: new Set([11]) };
    const { calls, events, correlation } = correlate({
      strace: [
        at(11, 1000, '[  56] clone(child_stack=NULL, flags=CLONE_THREAD) = 12 <0.000010000>'),
        at(12, 101_000, '[  39] getpid() = 10 <0.000010000>'),
        at(10, 151_000, '[  39] getpid() = 10 <0.000010000>'),
      ],
      more: {
        perf: [
          { source: { ...tree, opened: new Set([10]) }, role: 'tree' },
          { source: late, role: 'tree' },
        ],
        tasks: [10, 11].map((tid) => ({ pid: 10, tid, ppid: 1, comm: 'x', startTime: 1, nspid: [tid] })),
      },
    });
    expect(calls.map(({ tid, startNs, sources }) => [tid, startNs, sources.length])).toEqual([
      [11, 20_600, 2],
      [12, 130_600, 2],
      [10, 160_000, 2],
    ]);
    expect(events.filter(({ type }) => type === 'spawn')).toHaveLength(1);
    expect(correlation).toMatchObject({ perfSyscalls: 3, eligible: 3, matched: 3 });
  });
});

describe('the end of a thread that strace has told nothing of', () => {
  const rows: readonly FakeRow[] = [
    { kind: 'fork', pid: 20, tid: 20, at: 10_000, a: 10, b: 10 },
    { kind: 'schedExit', tid: 20, at: 50_000, a: 20, b: 1 },
  ];
  const ends = (events: readonly TraceEvent[]) =>
    events.flatMap((event) =>
      event.type === 'exit' ? [[event.tid, event.signal, event.sources.join()]] : [],
    );

  test('is told once, with how it ended, where strace tells it later than perf', () => {
    const { events } = correlate({
      strace: [
        at(10, 1000, '[  39] getpid() = 10 <0.000010000>'),
        at(10, 60_000, '[  39] getpid() = 10 <0.000010000>'),
        at(20, 90_000_000, '+++ killed by SIGKILL +++'),
      ],
      perf: [...rows, enter(10, 80_000, 39), exit(10, 81_000, 39, 10)],
    });
    expect(ends(events)).toEqual([[20, 'SIGKILL', 'strace,perf']]);
  });

  test('is told by the word of perf, and not only when all is over, where strace never tells it', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>'), at(10, 5e9, '[  39] getpid() = 10')],
      perf: [...rows, enter(10, 5e9 + 20_000, 39), exit(10, 5e9 + 21_000, 39, 10)],
    });
    expect(ends(events)).toEqual([[20, undefined, 'perf']]);
    const kinds = events.map((event) => (event.type === 'syscall' ? event.name : event.type));
    expect(kinds.indexOf('exit')).toBeLessThan(kinds.lastIndexOf('getpid'));
  });

  test('is told before its number is given to another', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>'), at(20, 90_000, '+++ exited with 3 +++')],
      perf: [
        ...rows,
        ...rows.map((row) => ({ ...row, at: row.at + 20_000 + (row.at > 20_000 ? 0 : 30_000) })),
      ],
    });
    expect(ends(events)).toEqual([
      [20, undefined, 'perf'],
      [20, undefined, 'strace,perf'],
    ]);
  });
});

describe('the name of a thread', () => {
  test('is the one of perf, where strace still has that before the exec', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, '10<sh> ')],
      perf: [
        { kind: 'comm', at: 500, pid: 10, tid: 10, text: 'date' },
        enter(10, 21_000, 39),
        exit(10, 22_000, 39, 10),
      ],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ comm }) => comm)).toEqual(['date']);
  });

  test('is not one that perf found at its start, where a newer one is known', () => {
    const { events } = correlate({
      perf: [
        { kind: 'comm', at: 500, pid: 10, tid: 10, text: 'node' },
        { kind: 'comm', at: 600, pid: 10, tid: 10, text: 'sh', b: 1 },
        { kind: 'comm', at: 700, pid: 11, tid: 11, text: 'sh', b: 1 },
      ],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ tid, comm }) => [tid, comm])).toEqual([
      [10, 'node'],
      [11, 'sh'],
    ]);
  });

  test('is the one of strace, where perf tells none', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, '10<sh> ')],
      perf: [enter(10, 21_000, 39), exit(10, 22_000, 39, 10)],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ comm }) => comm)).toEqual(['sh']);
  });
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

describe('a name that strace quotes', () => {
  const line = (name: string) =>
    at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, () => `10<${name}> `);
  const namesOf = (name: string, comm = '') =>
    correlate({
      strace: [line(name)],
      more: { tasks: [{ pid: 10, tid: 10, ppid: 1, comm, startTime: 1, nspid: [10] }] },
    }).events.flatMap((event) => (event.type === 'comm' ? [event.comm] : []));

  test.each([
    ['\\346\\227\\245', '\xe6\x97\xa5'],
    ['\\33]0;x\\7z', '\x1b]0;x\x07z'],
    ['\\76 \\74y\\t', '> <y\t'],
    ['a\\\\74b\\"', 'a\\74b"'],
  ])('%s is told as it is', (quoted, comm) => {
    expect(namesOf(quoted)).toEqual([comm]);
  });

  test('or cuts at a newline is known better from /proc, unless it is another', () => {
    expect(namesOf('one', 'one\ntwo')).toEqual(['one\ntwo']);
    expect(namesOf('on', 'one\ntwo')).toEqual(['one\ntwo', 'on']);
  });
});

describe('the program of an exec', () => {
  test('has no quotes, also where strace alone saw it', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  59] execve("/usr/bin/date", ["date"], 0x7ffd) = 0 <0.000010000>')],
    });
    const exec = events.find((event) => event.type === 'exec');
    expect(exec?.path).toBe('/usr/bin/date');
  });
});

test('in a PID namespace perf tells execs and exits by the numbers of the host: they are the threads that made them', () => {
  const { events } = correlate({
    perf: [
      { kind: 'schedExec', at: 200_000, pid: 13, tid: 13, a: 21_285, b: 21_285, text: '/bin/true' },
      enter(13, 210_000, 39),
      exit(13, 211_000, 39, 13),
      { kind: 'schedExit', at: 430_000, pid: 13, tid: 13, a: 21_285, b: 1 },
    ],
  });
  expect(
    events.flatMap(({ type, tid }) => (type === 'exec' || type === 'exit' ? [[type, tid]] : [])),
  ).toEqual([
    ['exec', 13],
    ['exit', 13],
  ]);
});

test('threads without a record of their names have those by which they left the CPU', () => {
  const { events } = correlate({
    perf: [
      enter(13, 200_000, 7),
      { kind: 'switch', at: 210_000, pid: 13, tid: 13, a: 1, b: 0, text: 'sh' },
      exit(13, 400_000, 7, 1),
      { kind: 'switch', at: 410_000, pid: 13, tid: 13, a: 1, b: 0, text: 'ls' },
    ],
  });
  expect(events.flatMap((event) => (event.type === 'comm' ? [event.comm] : []))).toEqual(['sh', 'ls']);
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

describe('a birth that sched_process_fork alone tells', () => {
  const born = (rows: readonly FakeRow[], more?: Partial<AnalyseInput>) => {
    const { events } = correlate({ perf: rows, ...(more === undefined ? {} : { more }) });
    return events.flatMap((event) =>
      event.type === 'spawn' ? [[event.childTid, event.thread ? 'thread' : 'process', event.unsure]] : [],
    );
  };
  const fork: FakeRow = { kind: 'schedFork', tid: 10, at: 2000, a: 10, b: 11, text: 'sh' };

  test.each([
    [10, 'thread'],
    [11, 'process'],
  ])('is of what /proc listed: process %i', (pid, what) => {
    const late = { pid, tid: 11, ppid: 1, comm: 'sh', startTime: 0, nspid: [11], late: true };
    expect(born([enter(10, 1000, 435), fork], { tasks: [late] })).toEqual([[11, what, undefined]]);
  });

  test.each([
    ['0x1200011, 0x0', 'process'],
    ['0x3d0f00, 0x0', 'thread'],
  ])('is of what the flags of clone say: %s', (args, what) => {
    expect(born([enter(10, 1000, 56, args), fork])).toEqual([[11, what, undefined]]);
  });

  test('is that of a process when the child executes something, which names it', () => {
    const exec: FakeRow = { kind: 'schedExec', tid: 11, at: 3000, a: 11, b: 11, text: '/bin/ls' };
    expect(born([fork, exec])).toEqual([[11, 'process', undefined]]);
    const { events } = correlate({ perf: [fork, exec] });
    expect(events.filter((event) => event.type === 'comm')).toEqual([
      expect.objectContaining({ tid: 11, comm: 'sh' }),
      expect.objectContaining({ tid: 11, comm: 'ls' }),
    ]);
  });

  test('or when somebody has waited for it', () => {
    expect(born([fork, enter(10, 3000, 61), exit(10, 4000, 61, 11)])).toEqual([[11, 'process', undefined]]);
  });

  test.each([
    [1, 'process'],
    [0, 'thread'],
  ])('or of what its end says: %s', (groupDead, what) => {
    const end: FakeRow = { kind: 'schedExit', tid: 11, at: 3000, a: 11, b: groupDead };
    expect(born([fork, end])).toEqual([[11, what, undefined]]);
  });

  test('is of nobody knows what where nothing tells it', () => {
    expect(born([fork])).toEqual([[11, 'process', true]]);
  });

  test('is told once where perf has its own record of it', () => {
    const record: FakeRow = { kind: 'fork', pid: 11, tid: 11, at: 1900, a: 10, b: 10 };
    expect(born([record, fork])).toEqual([[11, 'process', undefined]]);
  });
});

test('what the shell made that held the command counts as matched, and is told apart', () => {
  const { calls, correlation } = correlate({
    strace: [
      at(10, 1000, 'getpid() = 10 <0.000010>'),
      at(10, 101_000, 'execve("/bin/ls", ["ls"], 0x7ffc /* 9 vars */) = 0 <0.000010>'),
      at(10, 201_000, 'getpid() = 10 <0.000010>'),
    ],
    perf: [
      ...[enter(10, 21_000, 39), exit(10, 25_000, 39, 10)],
      ...[enter(10, 121_000, 59), exit(10, 125_000, 59, 0)],
      ...[enter(10, 221_000, 39), exit(10, 225_000, 39, 10)],
    ],
    more: { heldTid: 10 },
  });
  expect(calls.map(({ name }) => name)).toEqual(['execve', 'getpid']);
  expect(correlation).toMatchObject({ matched: 3, ofHold: 1 });
});
