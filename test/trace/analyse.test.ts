import { expect, test } from 'vitest';
import { analyse } from '../../src/trace/analyse.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../support/fake-perf.ts';
import { at, straceLog } from '../support/fake-strace.ts';

test('a trace begins with its first call, at a whole second too, and not with the first that comes later', () => {
  const { from, to } = analyse({
    strace: [
      straceLog([
        at(7, 0, 'epoll_wait(4, [], 8, -1) = 1 <60.000000>'),
        at(7, 60e9, 'close(4) = 0 <0.000010>'),
      ]),
    ],
    perf: [],
    tasks: [{ pid: 7, tid: 7, ppid: 1, comm: 'sh', startTime: 1, nspid: [7] }],
    blind: [],
    filtered: false,
    scheduled: false,
    syscallName: () => undefined,
    clock: {},
    sinks: [],
  });
  expect((to - from) / 1e9).toBeCloseTo(60, 3);
});

/** The events of a recording of our own that ended at `endNs`, and the calls that only who needs them for others gets. */
function recorded(endNs: number | undefined, lines: readonly string[], rows?: readonly FakeRow[]) {
  const events: TraceEvent[] = [];
  const beside: string[] = [];
  const originNs = 1_000_000_000_000_000_000n + 1_000_000n;
  const reads = straceLog(lines, 64 * 1024, originNs);
  const { to } = analyse({
    strace: [reads],
    perf: rows === undefined ? [] : [{ source: fakePerf(rows), role: 'tree' }],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: rows !== undefined,
    syscallName: (nr) => (nr === 0 ? 'read' : undefined),
    ...(endNs === undefined ? {} : { endNs, perfWindow: { from: 0, to: endNs } }),
    clock: {},
    sinks: [{ event: (event) => events.push(event), beside: ({ name }) => beside.push(name) }],
  });
  return { events, beside, to };
}

const SPAN = [
  at(7, 100_000, '[   1] write(1, "", 0) = 0 <0.000010000>'),
  at(7, 2_000_000, '[   0] read(0, "", 1) = 0 <0.005000000>'),
  at(7, 7_100_000, '[   3] close(0) = 0 <0.000010000>'),
  at(7, 7_200_000, '+++ exited with 0 +++'),
];

test('nothing of a recording of our own lies before its begin or behind its end', () => {
  const { events, beside, to } = recorded(4_000_000, SPAN);
  expect(events).toEqual([
    expect.objectContaining({ name: 'read', startNs: 1_000_000, durationNs: 3_000_000, result: 0 }),
  ]);
  expect(beside).toEqual(['write']);
  expect(to).toBe(4_000_000);
});

test('a recording that others made has no other begin and end than its events', () => {
  const { events, beside } = recorded(undefined, SPAN);
  expect(events.map(({ type }) => type)).toEqual(['syscall', 'syscall', 'syscall', 'exit']);
  expect(events[1]).toMatchObject({ name: 'read', durationNs: 5_000_000 });
  expect(beside).toEqual([]);
});

test('nor what perf went on to tell', () => {
  const rows: readonly FakeRow[] = [
    { kind: 'enter', tid: 7, at: 1_020_000, a: 0 },
    { kind: 'switch', tid: 7, at: 1_030_000, a: 1 },
    { kind: 'in', tid: 7, at: 5_500_000 },
    { kind: 'exit', tid: 7, at: 5_510_000, a: 0, b: 0 },
  ];
  const { events } = recorded(4_000_000, SPAN, rows);
  expect(
    events.map((event) => [event.type, event.startNs, 'durationNs' in event && event.durationNs]),
  ).toEqual([
    ['state', 1_020_000, 10_000],
    ['state', 1_030_000, 2_970_000],
    ['syscall', 1_020_000, 2_980_000],
  ]);
});
