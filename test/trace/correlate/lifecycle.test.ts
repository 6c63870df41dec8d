import { describe, expect, test } from 'vitest';
import type { AnalyseInput } from '../../../src/trace/analyse.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

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
