import { describe, expect, test } from 'vitest';
import { CallCounter } from '../../../src/trace/digest/calls.ts';
import { Digest } from '../../../src/trace/digest/digest.ts';
import { Longest } from '../../../src/trace/digest/longest.ts';
import { count, percent, time } from '../../../src/trace/digest/numbers.ts';
import { story } from '../../../src/trace/digest/story.ts';
import { Strip } from '../../../src/trace/digest/strip.ts';
import { ThreadAccounts } from '../../../src/trace/digest/threads.ts';
import { waitKind } from '../../../src/trace/digest/wait-kind.ts';
import { Waits } from '../../../src/trace/digest/waits.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { summarised } from './summarised.ts';

const MS = 1_000_000;

function call(
  tid: number,
  name: string,
  fromMs: number,
  toMs: number,
  more: Partial<SyscallEvent> = {},
): SyscallEvent {
  const durationNs = (toMs - fromMs) * MS;
  return {
    type: 'syscall',
    pid: tid,
    tid,
    nr: 0,
    name,
    args: '',
    startNs: fromMs * MS,
    durationNs,
    blockedNs: durationNs,
    sources: ['strace', 'perf'],
    ...more,
  };
}

function named(tid: number, comm: string): TraceEvent {
  return { type: 'comm', pid: tid, tid, startNs: 0, sources: [], comm };
}

/** sh starts sleep at 10 ms and waits for it; sleep runs to 30 ms, sleeps to 480 ms, and ends at 490 ms. */
const STORY: readonly TraceEvent[] = [
  named(1, 'sh'),
  {
    type: 'spawn',
    pid: 1,
    tid: 1,
    childPid: 2,
    childTid: 2,
    thread: false,
    startNs: 10 * MS,
    sources: ['perf'],
  },
  named(2, 'sleep'),
  call(2, 'clock_nanosleep', 30, 480, {
    args: '{tv_sec=0}',
    waker: { pid: 0, tid: 0, comm: 'swapper', how: 'timer' },
  }),
  { type: 'exit', pid: 2, tid: 2, startNs: 490 * MS, sources: ['perf'], status: 0 },
  call(1, 'wait4', 20, 495, { result: 2, waker: { pid: 2, tid: 2, comm: 'sleep', how: 'child-exit' } }),
];

function spawnOf(tid: number): TraceEvent {
  return {
    type: 'spawn',
    pid: 1,
    tid: 1,
    childPid: tid,
    childTid: tid,
    thread: false,
    startNs: 0,
    sources: ['perf'],
  };
}

/** The summary of a digest, of a trace of one second. */
function summaryFor(digest: Digest) {
  const analysed = { correlation: null, from: 0, to: 1e9, events: 0, messages: [] };
  return digest.summary(analysed, {
    target: { pid: 1, comm: 'sh' },
    window: { originNs: null, fromNs: null, toNs: null, seconds: 1, startedAt: null },
    sources: { strace: null, perf: null },
    notes: [],
    partial: [],
    startNs: 0,
    endNs: 1e9,
    path: { tid: 1, from: 0, to: 1e9 },
  });
}

function waitsOf(events: readonly TraceEvent[]): Waits {
  const waits = new Waits();
  for (const event of events) waits.event(event);
  return waits;
}

test('two that have woken each other at one moment do not keep the critical path for ever', () => {
  const by = (tid: number) => ({ waker: { pid: tid, tid, comm: 'x', how: 'pipe' } as const });
  const waits = waitsOf([
    named(1, 'one'),
    named(2, 'two'),
    call(1, 'read', 0, 10, by(2)),
    call(2, 'read', 0, 10, by(1)),
  ]);
  expect(waits.criticalPath(1, 0, 20 * MS).at(-1)).toMatchObject({ did: 'ran', fromNs: 10 * MS });
});

test('in a storm of children the names of those that live are kept, and of the dead the last', () => {
  const waits = new Waits();
  waits.event(named(1, 'root'));
  const exitOf = (tid: number): TraceEvent => ({ type: 'exit', pid: tid, tid, startNs: tid, sources: [] });
  for (let tid = 100; tid < 120_100; tid++) {
    waits.event({ ...spawnOf(tid), startNs: tid });
    waits.event({ ...named(tid, `child ${tid}`), startNs: tid });
    waits.event(exitOf(tid));
  }
  const wait = (tid: number, result: number) =>
    call(tid, 'wait4', 1, 100, { result, waker: { pid: result, tid: result, comm: '', how: 'child-exit' } });
  waits.event(wait(1, 120_099));
  waits.event(wait(2, 200));
  const [last, first] = waits.finish(2);
  expect(last).toMatchObject({ comm: 'root', chain: [{ tid: 120_099, comm: 'child 120099', did: 'ran' }] });
  // Its name is gone, but it was of the trace.
  expect(first).toMatchObject({ chain: [{ tid: 200, comm: '', did: 'ran' }] });
});

test('a number that is given to another thread does not end with the first', () => {
  const waits = waitsOf([
    { ...spawnOf(2), startNs: 10 * MS },
    { type: 'exit', pid: 2, tid: 2, startNs: 20 * MS, sources: ['perf'] },
    { ...spawnOf(2), startNs: 30 * MS },
    call(2, 'read', 40, 50, { waker: { pid: 0, tid: 0, comm: '', how: 'timer' } }),
  ]);
  const path = waits.criticalPath(2, 0, 60 * MS).filter(({ tid }) => tid === 2);
  expect([path[0]?.fromNs, path.at(-1)?.toNs]).toEqual([30 * MS, 60 * MS]);
});

test('a child without a name is traced all the same, where its end or a sleep of it is told', () => {
  const wait = call(1, 'wait4', 0, 100, { result: 2 });
  const gone: TraceEvent = { type: 'exit', pid: 2, tid: 2, startNs: 99 * MS, sources: ['strace'] };
  expect(waitsOf([gone, wait]).finish(1)[0]?.chain).toMatchObject([{ tid: 2, did: 'ran' }]);
  expect(waitsOf([wait, call(2, 'read', 10, 90)]).finish(1)[0]?.chain).toMatchObject([
    { tid: 2, did: 'slept' },
  ]);
  expect(waitsOf([wait]).finish(1)[0]?.chain).toMatchObject([{ tid: 2, did: 'outside' }]);
});

test('a wait in which the thread died is over', () => {
  const [open, died] = waitsOf([
    call(1, 'read', 0, 20, { open: 'end-of-trace' }),
    call(2, 'read', 0, 10, { open: 'died' }),
  ]).finish(2);
  expect([open?.open, died?.open]).toEqual([true, undefined]);
});

describe('the longest waits', () => {
  test('are told with what the one that ended them had waited for', () => {
    const [first, second] = waitsOf(STORY).finish(10);
    expect(first).toMatchObject({
      tid: 1,
      comm: 'sh',
      name: 'wait4',
      kind: 'wait-child',
      waitedSeconds: 0.475,
    });
    expect(first!.chain).toEqual([
      expect.objectContaining({
        tid: 2,
        comm: 'sleep',
        did: 'slept',
        name: 'clock_nanosleep',
        seconds: 0.45,
        how: 'child-exit',
      }),
    ]);
    expect(second).toMatchObject({ tid: 2, name: 'clock_nanosleep', chain: [] });
  });

  test('name the child by the result of wait4 where nobody recorded wake-ups', () => {
    const without = STORY.map((event) => (event.type === 'syscall' ? { ...event, waker: undefined } : event));
    expect(waitsOf(without).finish(1)[0]!.chain).toMatchObject([{ tid: 2, did: 'slept' }]);
  });

  test('say when whoever ended them is not traced, or was at work', () => {
    const waker = { pid: 9, tid: 9, comm: 'elsewhere', how: 'pipe' as const };
    const outside = waitsOf([named(1, 'sh'), call(1, 'read', 0, 100, { waker })]).finish(1)[0];
    expect(outside!.chain).toEqual([{ pid: 9, tid: 9, comm: 'elsewhere', how: 'pipe', did: 'outside' }]);
    const busy = waitsOf([named(1, 'sh'), named(9, 'cat'), call(1, 'read', 0, 100, { waker })]).finish(1)[0];
    expect(busy!.chain).toMatchObject([{ tid: 9, did: 'ran' }]);
  });

  test('do not go round in circles', () => {
    const by = (tid: number) => ({ pid: tid, tid, comm: '', how: 'futex' as const });
    const [first] = waitsOf([
      named(1, 'a'),
      named(2, 'b'),
      call(1, 'futex', 0, 100, { waker: by(2) }),
      call(2, 'futex', 0, 90, { waker: by(1) }),
    ]).finish(1);
    expect(first!.chain.map(({ tid }) => tid)).toEqual([2]);
  });
});

test('the critical path goes from a moment back through wakers and births, without gap or overlap', () => {
  const steps = waitsOf(STORY).criticalPath(1, 0, 500 * MS);
  expect(steps.map(({ tid, did, fromNs, toNs, how }) => [tid, did, fromNs / MS, toNs / MS, how])).toEqual([
    [1, 'ran', 0, 10, 'spawn'],
    [2, 'ran', 10, 30, undefined],
    [2, 'waited', 30, 480, undefined],
    [2, 'ran', 480, 495, 'child-exit'],
    [1, 'ran', 495, 500, undefined],
  ]);
  for (const [nth, step] of steps.entries()) if (nth > 0) expect(step.fromNs).toBe(steps[nth - 1]!.toNs);
});

test('a sleep that only a call has is no page fault, though the call began before perf looked', () => {
  const sleep = (stack: readonly string[]): string => {
    const asleep: StateEvent = {
      ...{ type: 'state', pid: 10, tid: 10, state: 'blocked', startNs: 0, durationNs: 20 * MS },
      ...{ kernelState: 'S', stack },
    };
    return story(summarised([asleep], { scheduled: true })).join(' ');
  };
  expect(sleep(['do_nanosleep', 'hrtimer_nanosleep'])).toContain(
    '10: a call that began before perf looked took 20.0 ms, waiting for a timer.',
  );
  expect(sleep(['io_schedule', 'folio_wait_bit_common', 'filemap_fault', 'handle_mm_fault'])).toContain(
    'a page fault or the like took 20.0 ms',
  );
  expect(sleep(['worker_thread', 'kthread', 'ret_from_fork'])).toContain(
    '10: its idle sleep took 20.0 ms, waiting for work to come.',
  );
});

test('a wait that was broken off is said to be restarted, where the kernel begins it again', () => {
  const said = (errno: string): string =>
    story(
      summarised([{ ...call(10, 'read', 0, 90), blockedNs: 90 * MS, errno, result: undefined }], {
        scheduled: true,
      }),
    ).join(' ');
  expect(said('ERESTARTSYS')).toContain(', until a signal or a tracer interrupted it, to be restarted.');
  expect(said('EINTR')).toContain(', until a signal interrupted it.');
});

test('accounts of threads sum up states, and of strace alone calls', () => {
  const state = (kind: StateEvent['state'], fromMs: number, toMs: number, during?: string): StateEvent => ({
    type: 'state',
    pid: 1,
    tid: 1,
    state: kind,
    startNs: fromMs * MS,
    durationNs: (toMs - fromMs) * MS,
    during,
  });
  const accounts = new ThreadAccounts(true);
  accounts.event(named(1, 'sh'));
  accounts.event(state('running', 0, 10));
  accounts.event(state('blocked', 10, 40, 'wait4'));
  accounts.event(state('blocked', 40, 45, 'futex'));
  accounts.event(call(1, 'wait4', 10, 40));
  expect(accounts.finish()[0]).toMatchObject({
    comm: 'sh',
    onCpuSeconds: 0.01,
    blockedSeconds: 0.035,
    syscalls: 1,
    blockedOn: [
      { kind: 'wait-child', seconds: 0.03 },
      { kind: 'futex', seconds: 0.005 },
    ],
  });
  expect(accounts.strip({ tid: 1, firstSeconds: 0 }, 9, 0, 45 * MS)).toEqual([
    'running',
    'running',
    ...Array(7).fill('blocked'),
  ]);

  const alone = new ThreadAccounts(false);
  alone.event(
    call(1, 'read', 0, 20, { args: '3<pipe:[7]>, "", 1', blockedNs: undefined, sources: ['strace'] }),
  );
  expect(alone.finish()[0]).toMatchObject({
    blockedSeconds: 0.02,
    blockedOn: [{ kind: 'pipe', seconds: 0.02 }],
  });
});

test('a number that is given to another thread has an account for each, with a strip of its own', () => {
  const accounts = new ThreadAccounts(true);
  const gone = (atMs: number): TraceEvent => ({
    ...{ type: 'exit', pid: 2, tid: 2, startNs: atMs * MS, sources: ['perf'] },
  });
  const runs = (fromMs: number, toMs: number): StateEvent => ({
    ...{ type: 'state', pid: 2, tid: 2, state: 'running' },
    ...{ startNs: fromMs * MS, durationNs: (toMs - fromMs) * MS },
  });
  const made = (atMs: number): TraceEvent => ({ ...spawnOf(2), startNs: atMs * MS });
  for (const event of [made(1), runs(1, 4), gone(5), runs(4, 5), made(6), runs(6, 9), gone(9)])
    accounts.event(event);
  const lives = accounts.finish();
  expect(lives.map(({ tid, onCpuSeconds, firstSeconds }) => [tid, onCpuSeconds, firstSeconds])).toEqual([
    [2, 0.004, 0.001],
    [2, 0.003, 0.006],
  ]);
  expect(lives.map((life) => accounts.strip(life, 10, 0, 10 * MS)?.findIndex((state) => state))).toEqual([
    1, 6,
  ]);
});

test('a child whose birth is told after its end, as strace alone tells it, has one account', () => {
  const accounts = new ThreadAccounts(false);
  accounts.event(call(2, 'read', 1, 2));
  accounts.event({ type: 'exit', pid: 2, tid: 2, startNs: 3 * MS, sources: ['strace'] });
  accounts.event({ ...spawnOf(2), startNs: 4 * MS });
  expect(accounts.finish()).toHaveLength(1);
});

test('threads beyond those with an account are counted once each, however much they do', () => {
  const many = new ThreadAccounts(true);
  for (let tid = 1; tid <= 5000; tid++) {
    many.event({ ...spawnOf(tid), startNs: tid });
    many.event(call(tid, 'read', 1, 2));
    many.event(call(tid, 'read', 2, 3));
  }
  expect(many.finish().length + many.otherThreads).toBe(5000);
});

test('of errors that a log makes up, only so many names are kept', () => {
  const calls = new CallCounter();
  for (let nth = 0; nth < 10_000; nth++)
    calls.event(call(1, 'read', 0, 1, { errno: `EMADEUP${nth}`, result: -1 }));
  const [read] = calls.finish();
  expect(read?.errors).toBe(10_000);
  expect(Object.keys(read?.errnos ?? {}).length).toBeLessThanOrEqual(65);
  expect(Object.values(read?.errnos ?? {}).reduce((sum, times) => sum + times, 0)).toBe(10_000);
});

test('all processes that were there at the start are counted, however many', () => {
  const digest = new Digest({ opening: {}, scheduled: true });
  for (let pid = 1; pid <= 1200; pid++) digest.event(named(pid, 'worker'));
  digest.event(spawnOf(5000));
  expect(summaryFor(digest).totals.processes).toBe(1201);
});

test('a child that a log without times names at the start is counted once', () => {
  const digest = new Digest({ opening: {}, scheduled: false });
  for (const event of [named(1, 'sh'), named(7, 'sh'), spawnOf(7), named(7, 'ls')]) digest.event(event);
  expect(summaryFor(digest).totals.processes).toBe(2);
});

test('a strip of any length keeps its proportions', () => {
  const strip = new Strip();
  for (let nth = 0; nth < 10_000; nth++)
    strip.add(nth % 4 === 0 ? 'running' : 'blocked', nth * 60 * MS, 60 * MS);
  strip.add('running', 600_000 * MS, 300_000 * MS);
  expect(strip.columns(3, 0, 900_000 * MS)).toEqual(['blocked', 'blocked', 'running']);
});

test('the longest of many are kept, whatever their order', () => {
  const longest = new Longest<number>(10);
  for (let nth = 0; nth < 5000; nth++) longest.add((nth * 7919) % 5003, (nth * 7919) % 5003);
  expect(longest.sorted()).toHaveLength(10);
  expect(longest.sorted()[0]).toBeGreaterThan(4990);
  expect(longest.sorted()).toEqual(longest.sorted().toSorted((a, b) => b - a));
});

test('what a sleep was for is told by stack, call, or descriptor', () => {
  expect(waitKind(['schedule', 'anon_pipe_read', 'vfs_read'], 'read')).toBe('pipe');
  expect(waitKind(['__schedule', 'schedule', 'do_wait', 'kernel_wait4'], 'wait4')).toBe('wait-child');
  expect(waitKind(undefined, 'futex')).toBe('futex');
  expect(waitKind(undefined, 'read', '5<TCP:[127.0.0.1:80->127.0.0.1:5]>, ')).toBe('socket');
  expect(waitKind(undefined, 'read', '0</dev/pts/3>, ')).toBe('tty');
  expect(waitKind(undefined, 'ioctl', '7, ')).toBe('unknown');
});

test('numbers are told in words', () => {
  expect([0, 8e-7, 1.23e-5, 0.0456, 1.5, 59.94, 125, 7384].map(time)).toEqual([
    '0 s',
    '800 ns',
    '12.3 μs',
    '45.6 ms',
    '1.50 s',
    '59.9 s',
    '2 min 5 s',
    '2 h 3 min',
  ]);
  expect([7, 1234, 1_234_567].map(count)).toEqual(['7', '1 234', '1 234 567']);
  expect([0, 0.0004, 0.055, 0.5, 1].map(percent)).toEqual(['0 %', '<0.1 %', '5.5 %', '50 %', '100 %']);
});

test('tasks of which nobody told what they are are not counted as processes or threads', () => {
  const born = (unsure: boolean): TraceEvent[] => [
    named(10, 'sh'),
    { ...spawnOf(11), ...(unsure ? { unsure } : {}) } as TraceEvent,
    { type: 'exit', pid: 11, tid: 11, startNs: 5 * MS, sources: ['perf'], last: true },
  ];
  const told = (unsure: boolean) => story(summarised(born(unsure), { scheduled: true }))[0];
  expect(told(true)).toContain('2 tasks (threads and processes, which the recording does not tell apart)');
  expect(told(false)).toContain('2 processes with 2 threads');
  // Not even the fork is known of the second: but strace would have told it.
  expect(story(summarised([...born(false), call(12, 'read', 1, 2)], { scheduled: true }))[0]).toContain(
    '2 processes with 3 threads',
  );
});

test('tasks whose birth nobody told are counted by what is known of them', () => {
  const first = (events: readonly TraceEvent[], options: Parameters<typeof summarised>[1]) =>
    story(summarised([named(10, 'sh'), ...events], options))[0];
  const met = [call(12, 'read', 1, 2), { ...call(13, 'read', 1, 2), pid: 12 }];
  // Each row of perf tells the process.
  expect(first(met, { scheduled: true, pidsTold: true })).toContain('2 processes with 3 threads');
  // strace alone does not: of its lines of a child whose clone it did not come to tell, as when it was killed.
  const born = Array.from({ length: 4 }, (_, nth) => spawnOf(20 + nth));
  expect(first([...born, call(12, 'read', 1, 2)], {})).toContain(
    '5 processes with 5 threads and 1 task that may be either made',
  );
  expect(first([call(12, 'read', 1, 2)], {})).toContain('2 tasks (threads and processes, which');
});

test('who was met while the recorders were switched on, and by no birth, is counted too', () => {
  const first = (events: readonly TraceEvent[], options: Parameters<typeof summarised>[1]) =>
    story(summarised([named(10, 'sh'), ...events], options))[0];
  expect(first([call(12, 'read', -1, 2)], { scheduled: true, pidsTold: true })).toContain(
    '2 processes with 2 threads',
  );
  // strace writes names before it knows of which process somebody is.
  const early: TraceEvent = { type: 'comm', pid: 12, tid: 12, startNs: -MS, sources: ['strace'], comm: 'sh' };
  expect(first([early, { ...call(12, 'read', -1, 2), pid: 10 }], {})).toContain('1 process with 2 threads');
});

test('a call that was held for most of its time is said to have slept for the rest', () => {
  const events = [
    named(10, 'sh'),
    { ...call(10, 'read', 0, 14, { open: 'end-of-trace' }), blockedNs: 2.12 * MS },
  ];
  const said = (more: object) =>
    story(
      summarised(events.map((event) => ({ ...event, ...more })) as TraceEvent[], { scheduled: true }),
    ).join(' ');
  expect(said({})).toContain('has not returned in 14.0 ms, of which it slept 2.12 ms');
  expect(said({ blockedNs: 13.9 * MS })).toMatch(/has not returned in 14\.0 ms[^,]/);
});

test('of a leader that ended before its threads the story says so, and not that it did not run', () => {
  const task = { ppid: 1, comm: 'app', startTime: 1, nspid: [] };
  const tasks = [
    { ...task, pid: 10, tid: 10, ended: true },
    { ...task, pid: 10, tid: 11 },
  ];
  const events: TraceEvent[] = [
    named(10, 'app'),
    { type: 'comm', pid: 10, tid: 11, startNs: 0, sources: [], comm: 'worker' },
    { ...call(11, 'read', 1, 2), pid: 10 },
  ];
  for (const scheduled of [true, false]) {
    const summary = summarised(events, { scheduled, opening: { tasks } });
    expect(story(summary)[1]).toBe('10 app has ended, while 1 other thread of its process lives on.');
    expect(summary.threads.map(({ tid, ended }) => [tid, ended])).toContainEqual([10, true]);
  }
});
