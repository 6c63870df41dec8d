import { describe, expect, test } from 'vitest';
import type { FakeRow } from '../../support/fake-perf.ts';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

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
