import { describe, expect, test } from 'vitest';
import { type AnalyseInput, analyse } from '../../../src/trace/analyse.ts';
import type { StateEvent, TraceEvent } from '../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';

/** What perf that was started in a PID namespace tells: its own stamps are of that, the fields of tracepoints the host's. */
function sleepsOf(rows: readonly FakeRow[], host: readonly FakeRow[], more: Partial<AnalyseInput> = {}) {
  const events: TraceEvent[] = [];
  analyse({
    strace: [],
    perf: [
      { source: fakePerf(rows), role: 'tree' },
      { source: fakePerf(host), role: 'host' },
    ],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: true,
    syscallName: (nr) => (nr === 0 ? 'read' : 'write'),
    clock: {},
    sinks: [{ event: (event) => events.push(event) }],
    ...more,
  });
  return events.filter((event): event is StateEvent => event.type === 'state' && event.state === 'blocked');
}

const sleep = (tid: number, host: number, from: number, to: number): FakeRow[] => [
  { kind: 'enter', tid, host, at: from - 100, a: 0 },
  { kind: 'switch', tid, host, at: from, a: 1 },
  { kind: 'in', tid, at: to },
  { kind: 'exit', tid, host, at: to + 100, a: 0, b: 1 },
];
const PIPE = ['try_to_wake_up', 'anon_pipe_write'];

describe('recorded in a PID namespace', () => {
  test('a wake-up is that of the thread whose number of the host it has, not of one that has it inside', () => {
    const sleeps = sleepsOf(
      [...sleep(2, 5002, 1000, 9000), ...sleep(50, 5050, 1000, 9500)],
      [
        // 50 is a thread of the host, which nobody here has asked for.
        { kind: 'waking', tid: 2, host: 5002, at: 2000, a: 50, stack: PIPE },
        { kind: 'waking', tid: 2, host: 5002, at: 8000, a: 5050, stack: PIPE },
      ],
    );
    expect(sleeps.map(({ tid, durationNs, waker }) => [tid, durationNs, waker?.tid])).toEqual([
      [50, 7000, 2],
      [2, 8000, undefined],
    ]);
  });

  test('one outside is told to be outside, by its name where that is known; the idle task is not', () => {
    const [first, second] = sleepsOf(
      [...sleep(2, 5002, 1000, 9000), ...sleep(2, 5002, 11_000, 19_000)],
      [
        { kind: 'waking', tid: 2, host: 5002, at: 500, a: 4711, text: 'dockerd' },
        { kind: 'waking', tid: 0, host: 4711, at: 8000, a: 5002, stack: PIPE },
        { kind: 'waking', tid: 0, host: 0, at: 18_000, a: 5002, stack: ['asm_sysvec_apic_timer_interrupt'] },
      ],
    );
    expect(first?.waker).toEqual({ pid: 0, tid: 0, comm: 'dockerd', how: 'pipe', outside: true });
    expect(second?.waker).toEqual({ pid: 0, tid: 0, comm: 'swapper', how: 'interrupt' });
  });

  test('a child is known by its birth, before it has done anything', () => {
    const sleeps = sleepsOf(
      [
        { kind: 'enter', tid: 2, host: 5002, at: 100, a: 1 },
        { kind: 'fork', pid: 3, tid: 3, at: 200, a: 2, b: 2 },
        { kind: 'schedFork', tid: 2, host: 5002, at: 210, a: 5002, b: 5003, text: 'sh' },
        { kind: 'in', tid: 3, at: 300 },
        // Its own row is lost: only that it left the CPU is told.
        { kind: 'out', tid: 3, at: 400 },
        { kind: 'in', tid: 3, at: 900 },
      ],
      [{ kind: 'waking', tid: 2, host: 5002, at: 800, a: 5003, stack: PIPE }],
    );
    expect(sleeps).toMatchObject([{ tid: 3, waker: { tid: 2, how: 'pipe' } }]);
  });

  test('the sleep at the begin has the waker that came before any word of the sleeper', () => {
    const sleeps = sleepsOf(
      [
        { kind: 'in', tid: 2, at: 5000 },
        { kind: 'exit', tid: 2, host: 5002, at: 5100, a: 0, b: 1 },
      ],
      [
        { kind: 'waking', tid: 0, host: 0, at: 4000, a: 2, stack: PIPE },
        { kind: 'waking', tid: 7, host: 5007, at: 4800, a: 5002, stack: PIPE },
      ],
      {
        perfWindow: { from: 1000, to: 9000 },
        tasks: [
          { pid: 2, tid: 2, ppid: 1, comm: 'cat', startTime: 1, nspid: [2], asleep: { state: 'S', nr: 0 } },
        ],
      },
    );
    expect(sleeps).toMatchObject([{ tid: 2, startNs: 1000, durationNs: 3800, waker: { tid: 7 } }]);
  });
});

describe('recorded on the host', () => {
  test('a wake-up that comes out of the idle task before any other row counts', () => {
    const sleeps = sleepsOf(
      [
        { kind: 'in', tid: 2, at: 5000 },
        { kind: 'exit', tid: 2, host: 2, at: 5100, a: 0, b: 1 },
      ],
      [{ kind: 'waking', tid: 0, host: 0, at: 4800, a: 2, stack: ['hrtimer_wakeup'] }],
      {
        perfWindow: { from: 1000, to: 9000 },
        tasks: [
          { pid: 2, tid: 2, ppid: 1, comm: 'cat', startTime: 1, nspid: [2], asleep: { state: 'S', nr: 0 } },
        ],
      },
    );
    expect(sleeps).toMatchObject([{ tid: 2, durationNs: 3800, waker: { how: 'timer' } }]);
  });
});
