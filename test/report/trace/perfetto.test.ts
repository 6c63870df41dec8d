import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microseconds, perfettoOutput } from '../../../src/report/trace/perfetto/perfetto.ts';
import type { StateEvent, TraceEvent } from '../../../src/trace/event.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';
import { anyEvents } from './any-events.ts';
import { perfettoProblems } from './perfetto-rules.ts';
import { HARMFUL, HOSTILE_EVENTS, written } from './written.ts';

interface Line {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly id?: number;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly args?: Record<string, unknown>;
}

interface File {
  readonly traceEvents: readonly Line[];
  readonly otherData: Record<string, unknown>;
}

function parsed(events: Iterable<TraceEvent>): File {
  const text = written(perfettoOutput, events);
  expect(perfettoProblems(text)).toEqual([]);
  return JSON.parse(text) as File;
}

const state = (tid: number, fromNs: number, toNs: number, more: Partial<StateEvent> = {}): TraceEvent => ({
  type: 'state',
  pid: tid,
  tid,
  state: 'running',
  startNs: fromNs,
  durationNs: toNs - fromNs,
  ...more,
});
const waker = { pid: 7, tid: 7, comm: 'w', how: 'pipe' } as const;

describe('the perfetto file', () => {
  it('keeps to the rules of the importer, with an arrow for nearly each wake-up by a traced thread', () => {
    const { events } = fakeTrace({ events: 20_000 });
    const { traceEvents } = parsed(events);
    const wakes = events.filter(
      (event) => event.type === 'state' && (event.waker?.tid ?? 0) !== 0 && event.waker?.how !== 'disk',
    ).length;
    const arrows = traceEvents.filter(({ ph, cat }) => ph === 's' && cat === 'wake').length;
    expect(wakes).toBeGreaterThan(1000);
    expect(arrows / wakes).toBeGreaterThan(0.98);
    const spawns = events.filter(({ type }) => type === 'spawn').length;
    expect(traceEvents.filter(({ ph, cat }) => ph === 'f' && cat === 'spawn')).toHaveLength(spawns);
  });

  it('keeps to the rules whatever the events are', () => {
    fc.assert(fc.property(anyEvents, (events) => void parsed(events)));
  });

  it('names threads and their tracks of states, and again when they change their names', () => {
    const at = { pid: 7, tid: 7, startNs: 5, sources: ['perf'] } as const;
    const { traceEvents } = parsed([state(7, 0, 5), { type: 'comm', ...at, comm: 'new' }]);
    const names = traceEvents.filter(({ ph }) => ph === 'M').map(({ tid, args }) => [tid, args?.name]);
    expect(names).toContainEqual([7, 'new']);
    expect(names).toContainEqual([10_000_007, 'new state']);
  });

  it('draws a wake-up from the running waker to where the sleeper is runnable', () => {
    const { traceEvents } = parsed([
      state(8, 0, 100, { state: 'blocked', kernelState: 'S', waker }),
      state(8, 100, 150, { state: 'runnable' }),
      state(7, 20, 200),
    ]);
    const ends = traceEvents.filter(({ id }) => id === 1).map(({ ph, tid, ts }) => [ph, tid, ts]);
    expect(ends).toEqual([
      ['s', 10_000_007, 0.1],
      ['f', 10_000_008, 0.1],
    ]);
  });

  it('draws none from a thread that only ran when an interrupt came', () => {
    const { traceEvents } = parsed([
      state(8, 0, 100, { state: 'blocked', waker: { ...waker, how: 'disk' } }),
      state(8, 100, 150, { state: 'runnable' }),
      state(7, 20, 200),
    ]);
    expect(traceEvents.some(({ ph }) => ph === 's')).toBe(false);
    expect(traceEvents.find(({ ts, ph }) => ph === 'X' && ts === 0)?.args).toEqual({
      waker: 'an interrupt (disk)',
    });
  });

  it('draws a start into a child that began before its parent knew', () => {
    const call = { type: 'syscall', nr: 0, args: '', sources: ['strace'] } as const;
    const { traceEvents } = parsed([
      { ...call, pid: 8, tid: 8, name: 'read', startNs: 80, durationNs: 10 },
      { ...call, pid: 7, tid: 7, name: 'clone', startNs: 20, durationNs: 80 },
      {
        type: 'spawn',
        pid: 7,
        tid: 7,
        startNs: 100,
        sources: ['strace'],
        childPid: 8,
        childTid: 8,
        thread: false,
      },
      { ...call, pid: 8, tid: 8, name: 'execve', startNs: 95, durationNs: 30 },
    ]);
    const ends = traceEvents.filter(({ cat }) => cat === 'spawn').filter(({ ph }) => ph !== 'i');
    expect(ends.map(({ ph, tid, ts }) => [ph, tid, ts])).toEqual([
      ['s', 7, 0.099],
      ['f', 8, 0.1],
    ]);
  });

  it('leaves out arrows without a place to begin, and counts them', () => {
    const { traceEvents, otherData } = parsed([
      state(8, 0, 100, { state: 'blocked', waker }),
      state(8, 100, 150, { state: 'runnable' }),
      state(7, 120, 200),
    ]);
    expect(traceEvents.some(({ ph }) => ph === 's' || ph === 'f')).toBe(false);
    expect(otherData).toMatchObject({ arrowsLeftOut: 1 });
  });

  it('shortens slices that overlap, and refuses what ends before it begins', () => {
    const { traceEvents, otherData } = parsed([state(7, 0, 100), state(7, 90, 120), state(7, 50, 60)]);
    expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ ts, dur }) => [ts, dur])).toEqual([
      [0, 0.1],
      [0.1, 0.02],
    ]);
    expect(otherData).toMatchObject({ slicesShortened: 1, eventsRefused: 1 });
  });

  it('does not let numbers in that the format has no room for', () => {
    const { otherData } = parsed([
      state(2 ** 33, 0, 1),
      state(-1, 0, 1),
      state(1.5, 0, 1),
      state(7, Number.NaN, 1),
    ]);
    expect(otherData).toMatchObject({ eventsRefused: 4 });
  });

  it('shows gaps of the whole recording and of a thread', () => {
    const gap = { type: 'gap', startNs: 5, durationNs: 10, sources: ['perf'], why: 'lost', lost: 3 } as const;
    const { traceEvents } = parsed([
      { ...gap, pid: 0, tid: 0 },
      { ...gap, pid: 7, tid: 7 },
    ]);
    expect(traceEvents.filter(({ cat }) => cat === 'gap').map(({ pid }) => pid)).toEqual([30_000_000, 7]);
  });

  it('holds hostile strings harmless', () => {
    parsed(HOSTILE_EVENTS);
    expect(written(perfettoOutput, HOSTILE_EVENTS)).not.toMatch(HARMFUL);
  });

  it('keeps nanoseconds over days', () => {
    const days = 40 * 86_400 * 1e9;
    const { traceEvents } = parsed([state(7, days + 1, days + 2), state(7, days + 2, days + 4)]);
    expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ dur }) => dur)).toEqual([0.001, 0.002]);
  });

  it.each([
    [0, '0.000'],
    [8_817_152_420, '8817152.420'],
    [-1, '-0.001'],
    [-1_000_001, '-1000.001'],
  ])('writes %d ns as %s', (ns, text) => {
    expect(microseconds(ns)).toBe(text);
  });
});

describe('the rules', () => {
  const slice = { ph: 'X', name: 'a', pid: 1, tid: 1, ts: 0, dur: 10 };
  it.each<[string, object[]]>([
    ['a slice without a length', [{ ...slice, dur: undefined }]],
    ['a number as a word', [{ ...slice, pid: '1' }]],
    ['slices that overlap', [slice, { ...slice, ts: 5 }]],
    ['an arrow from nowhere', [slice, { ph: 's', cat: 'c', name: 'n', id: 1, pid: 1, tid: 1, ts: 11 }]],
    ['an arrow without an end', [slice, { ph: 's', cat: 'c', name: 'n', id: 1, pid: 1, tid: 1, ts: 5 }]],
    ['a time that is none', [{ ...slice, ts: null }]],
  ])('find %s', (_, traceEvents) => {
    expect(perfettoProblems(JSON.stringify({ displayTimeUnit: 'ns', traceEvents }))).not.toEqual([]);
  });
});
