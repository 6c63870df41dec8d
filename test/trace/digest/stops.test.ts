import { describe, expect, test } from 'vitest';
import { Digest } from '../../../src/trace/digest/digest.ts';
import { story } from '../../../src/trace/digest/story.ts';
import type { StateEvent, TraceEvent } from '../../../src/trace/event.ts';
import { told } from '../ledgers/told.ts';
import { summarised } from './summarised.ts';

const STOPPED = {
  tasks: [{ pid: 10, tid: 10, ppid: 1, comm: 'sh', startTime: 1, nspid: [10], stopped: true }],
};

function stopAt(ms: number): TraceEvent {
  return {
    type: 'signal',
    pid: 10,
    tid: 10,
    startNs: ms * 1e6,
    sources: ['strace'],
    signal: 'SIGSTOP',
    stopped: true,
  };
}

const named: TraceEvent = { type: 'comm', pid: 10, tid: 10, startNs: 0, sources: [], comm: 'sh' };
const later = told('11 2000 close(3) = 0');

describe.each([true, false])('scheduled: %s', (scheduled) => {
  test('who is stopped through the whole trace is told as stopped, not as idle', () => {
    const summary = summarised([named, ...later], { scheduled, opening: STOPPED });
    expect(story(summary).join(' ')).toContain(
      '10 sh was stopped before the trace began and through all of it: kill -CONT 10 lets it go on.',
    );
    expect(story(summary).join(' ')).not.toMatch(/did not run|not recorded/);
    expect(summary.threads.find(({ tid }) => tid === 10)?.stoppedSeconds).toBeCloseTo(2, 3);
    expect(summary.findings).toMatchObject([{ cause: 'stopped', culprit: { pid: 10, comm: 'sh' } }]);
  });
});

test('what strace says when it attaches is of before, and has its signal', () => {
  const { stops } = summarised([named, stopAt(-3), ...later]);
  expect(stops).toMatchObject([{ tid: 10, signal: 'SIGSTOP', before: true, atSeconds: 0 }]);
});

test('a stop within the trace has its length, and is no finding when it is over', () => {
  const events = [
    named,
    stopAt(500),
    { ...stopAt(1500), signal: 'SIGCONT', stopped: false },
    ...told('10 1501 close(3) = 0'),
    ...later,
  ] as TraceEvent[];
  const summary = summarised(events);
  expect(story(summary).join(' ')).toContain(
    '10 sh was stopped by SIGSTOP 500 ms into the trace, for 1.00 s.',
  );
  expect(summary.threads.find(({ tid }) => tid === 10)?.stoppedSeconds).toBe(1);
  expect(summary.findings).toEqual([]);
});

test('a stop that strace names and the scheduler measures is told once', () => {
  const held = {
    type: 'state',
    pid: 10,
    tid: 10,
    state: 'stopped',
    startNs: 499.9e6,
    durationNs: 1e9,
  } as const;
  const summary = summarised(
    [
      named,
      stopAt(500),
      held,
      { ...stopAt(1500), signal: 'SIGCONT', stopped: false },
      ...later,
    ] as TraceEvent[],
    { scheduled: true },
  );
  expect(summary.threads.find(({ tid }) => tid === 10)?.stoppedSeconds).toBe(1);
  expect(summary.stops).toMatchObject([{ signal: 'SIGSTOP', seconds: 1 }]);
});

test('a call that was begun before the stop does not end it', () => {
  const open = told('10 100 pause() = ? <1900>').map((event) => ({
    ...event,
    open: 'end-of-trace' as const,
  }));
  const { stops } = summarised([named, stopAt(500), ...open]);
  expect(stops).toMatchObject([{ before: false, seconds: 1.5 }]);
  expect(stops[0]?.toNs).toBeUndefined();
});

test('stops that perf tells are told once', () => {
  const state = {
    type: 'state',
    pid: 10,
    tid: 10,
    state: 'stopped',
    startNs: 0.5e9,
    durationNs: 1e9,
  } as const;
  const { stops, threads } = summarised([named, state, ...later], { scheduled: true });
  expect(stops).toHaveLength(1);
  expect(threads.find(({ tid }) => tid === 10)?.stoppedSeconds).toBe(1);
});

test.each([
  ['by the scheduler', { type: 'state', state: 'runnable', startNs: 1e9, durationNs: 1e9 } as const],
  ['by a call that began since', { ...told('10 1000 pause() = ? <1000>')[0], open: 'end-of-trace' } as const],
])('who goes on is not stopped any more: %s, where strace is not there to tell', (_, event) => {
  const events = [named, { pid: 10, tid: 10, ...event } as TraceEvent, ...later];
  const { stops, threads, findings } = summarised(events, { scheduled: true, opening: STOPPED });
  expect(stops).toMatchObject([{ before: true, toNs: 1e9, seconds: 1 }]);
  expect(threads.find(({ tid }) => tid === 10)?.stoppedSeconds).toBe(1);
  expect(findings).toEqual([]);
});

test('what strace alone tells is cited as its word, not as that of /proc', () => {
  const [finding] = summarised([stopAt(0), ...later]).findings;
  expect(finding).toMatchObject({
    because: 'strace found it stopped, and nothing of it since',
    facts: [{ text: '--- stopped by SIGSTOP ---' }],
  });
});

test('in a log without times a stop is not of before, where its thread made calls', () => {
  const timeless = [...told('10 0 getpid() = 10'), stopAt(0)].map((event) =>
    event.type === 'syscall' ? { ...event, durationNs: 0 } : event,
  );
  const summary = summarised(timeless);
  expect(summary.stops).toMatchObject([{ before: false, seconds: 0 }]);
  expect(summary.findings).toEqual([]);
  expect(story(summary).join(' ')).toContain('10 sh was stopped by SIGSTOP, and still when it ended');
});

test('a stop that the scheduler does not tell is told to who writes events, and one that it tells is not', () => {
  const seen: StateEvent[] = [];
  const digest = (scheduled: boolean) =>
    new Digest({ opening: STOPPED, scheduled, straced: true, stopped: (state) => seen.push(state) });
  const first = digest(false);
  for (const event of [named, { ...stopAt(0), startNs: -3 }, ...told('10 2000 close(3) = 0')])
    first.event(event as TraceEvent);
  expect(seen).toEqual([
    {
      type: 'state',
      pid: 10,
      tid: 10,
      state: 'stopped',
      startNs: 0,
      durationNs: 2e9,
      signal: 'SIGSTOP',
    },
  ]);
  seen.length = 0;
  const second = digest(true);
  const held = { type: 'state', pid: 10, tid: 10, state: 'stopped', startNs: 0, durationNs: 1e9 } as const;
  for (const event of [named, stopAt(0), held, ...told('10 2000 close(3) = 0')])
    second.event(event as TraceEvent);
  expect(seen).toEqual([]);
});
