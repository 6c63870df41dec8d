import { describe, expect, test } from 'vitest';
import type { FakeRow } from '../../support/fake-perf.ts';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

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
