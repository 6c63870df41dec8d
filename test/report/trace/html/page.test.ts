import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { arrowsIn } from '../../../../src/report/trace/html/page/arrows.ts';
import { categoryOf } from '../../../../src/report/trace/html/page/categories.ts';
import { chainOf } from '../../../../src/report/trace/html/page/chain.ts';
import { overPixels } from '../../../../src/report/trace/html/page/columns-of-pixels.ts';
import {
  clockText,
  countText,
  durationText,
  niceStep,
  percentText,
  timeText,
} from '../../../../src/report/trace/html/page/format.ts';
import { Lane } from '../../../../src/report/trace/html/page/lane.ts';
import { MaxTree } from '../../../../src/report/trace/html/page/max-tree.ts';
import type { Model } from '../../../../src/report/trace/html/page/model.ts';
import { found, parsedQuery } from '../../../../src/report/trace/html/page/search.ts';
import { spentBetween } from '../../../../src/report/trace/html/page/spent.ts';
import {
  callTotals,
  longestCalls,
  longestWaits,
  threadTotals,
} from '../../../../src/report/trace/html/page/totals.ts';
import type { StateEvent, TraceEvent } from '../../../../src/trace/event.ts';
import { fakeTrace } from '../../../support/fake-trace/fake-trace.ts';
import { providePage } from '../../../support/trace-page.ts';
import { opened } from './opened.ts';

let model: Model;
const { events } = fakeTrace({ events: 6000 });

beforeAll(async () => {
  await providePage();
  model = opened(events);
});

/** Slices one behind the other, of these lengths, with these gaps between them. */
const slices = fc.array(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 })), { minLength: 1, maxLength: 80 });

function laneOf(lengths: readonly (readonly [number, number])[]): {
  lane: Lane;
  start: Float64Array;
  end: Float64Array;
} {
  const start = new Float64Array(lengths.length);
  const end = new Float64Array(lengths.length);
  let at = 0;
  for (const [place, [gap, length]] of lengths.entries()) {
    start[place] = at + gap;
    at = start[place]! + length;
    end[place] = at;
  }
  return { lane: new Lane(start, end, 0, lengths.length), start, end };
}

describe('what is drawn', () => {
  it('covers every slice once, in order, and is bounded by the width of the picture', () => {
    fc.assert(
      fc.property(slices, fc.nat({ max: 500 }), fc.integer({ min: 1, max: 3000 }), (lengths, from, span) => {
        const { lane, start, end } = laneOf(lengths);
        const view = { from, to: from + span };
        const pixels = 40;
        let next = lane.endingAfter(view.from);
        let drawn = 0;
        overPixels(lane, { start, end }, view, pixels, (place, _x, _width, count, first) => {
          expect(first).toBe(next);
          expect(place).toBeGreaterThanOrEqual(first);
          expect(place).toBeLessThan(first + count);
          next = first + count;
          drawn += 1;
        });
        expect(next).toBeGreaterThanOrEqual(lane.beginningFrom(view.to));
        expect(drawn).toBeLessThanOrEqual(3 * pixels + 2);
      }),
    );
  });

  it('is the longest slice of those that are too small', () => {
    const { lane, start, end } = laneOf([
      [0, 1],
      [0, 3],
      [0, 2],
    ]);
    const drawn: number[] = [];
    overPixels(lane, { start, end }, { from: 0, to: 600 }, 10, (place) => drawn.push(place));
    expect(drawn).toEqual([1]);
  });

  it('adds up the states of a thread exactly, in any view', () => {
    const row = model.about.threads.findIndex(({ tid }) => tid === 4711);
    const lane = model.rows[row]!.states;
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const from = Math.round(Math.min(a, b) * model.about.lengthNs);
          const to = Math.round(Math.max(a, b) * model.about.lengthNs);
          const slow = new Float64Array(8);
          for (let at = lane.first; at < lane.end; at++) {
            const overlap = Math.min(to, model.states.end[at]!) - Math.max(from, model.states.start[at]!);
            if (overlap > 0) slow[model.states.code[at]!]! += overlap;
          }
          expect([...spentBetween(model, row, from, to)]).toEqual([...slow]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('the tree of the largest', () => {
  it('finds the first largest of any range', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 9 }), { maxLength: 40 }),
        fc.nat({ max: 40 }),
        fc.nat({ max: 40 }),
        (list, a, b) => {
          const from = Math.min(a, b, list.length);
          const to = Math.min(Math.max(a, b), list.length);
          const range = list.slice(from, to);
          const wanted = range.length === 0 ? -1 : from + range.indexOf(Math.max(...range));
          expect(new MaxTree(Float64Array.from(list)).largest(from, to)).toBe(wanted);
        },
      ),
    );
  });
});

describe('search', () => {
  const places = (text: string) => found(model, parsedQuery(text)!).places;
  const calls = events.filter((event) => event.type === 'syscall');

  it('finds words in names, arguments, results, threads, wakers and stacks', () => {
    for (const [text, wanted] of [
      ['fsync', calls.filter((call) => call.name === 'fsync').length],
      ['orders.DB', calls.filter((call) => call.args.includes('orders.db')).length],
      ['enoent', calls.filter((call) => call.errno === 'ENOENT').length],
      ['do_wait', calls.filter((call) => call.stack?.some((frame) => frame.includes('do_wait'))).length],
    ] as const) {
      expect(wanted).toBeGreaterThan(0);
      expect(places(text)).toHaveLength(wanted);
    }
  });

  it('wants all that is asked for', () => {
    const wanted = calls.filter(
      (call) =>
        call.tid === 4714 && call.errno !== undefined && call.durationNs >= 1e6 && call.durationNs <= 50e6,
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(places('futex failed >1ms <50ms tid:4714')).toHaveLength(wanted.length);
    expect(places('futex nosuchword')).toHaveLength(0);
  });

  it('gives calls in the order of time, and counts them up', () => {
    const matches = found(model, parsedQuery('futex')!);
    const times = [...matches.places].map((place) => model.calls.start[place]!);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(matches.before.at(-1)).toBe(matches.places.length);
  });

  it.each(['', '  '])('asks for nothing with %j', (text) => expect(parsedQuery(text)).toBeUndefined());
});

describe('arrows', () => {
  const rows = () => model.rows.map((_, row) => row);

  it('show who woke whom when, when there is room for all', () => {
    const { states, about, wakes } = model;
    const place = wakes.find((list) => list.length > 10)![5]!;
    const at = states.end[place]!;
    const arrows = arrowsIn(model, rows(), { from: at - 1, to: at + 1 }, 1000, 100);
    const arrow = arrows.find((one) => one.place === place);
    expect(arrow?.from).toBe(about.wakers[states.waker[place]! - 1]!.thread);
    expect(arrow?.at).toBe(at);
  });

  it('are never more than asked for, and those of the longest waits', () => {
    const view = { from: 0, to: model.about.lengthNs };
    const few = arrowsIn(model, rows(), view, 1000, 10).filter(({ kind }) => kind === 'wake');
    const all = arrowsIn(model, rows(), view, 1000, Infinity).filter(({ kind }) => kind === 'wake');
    const waited = (list: typeof few) =>
      list.map(({ place }) => model.states.duration[place]!).toSorted((a, b) => b - a);
    expect(few).toHaveLength(10);
    expect(all.length).toBeGreaterThan(10);
    expect(waited(few)).toEqual(waited(all).slice(0, 10));
  });
});

describe('tables', () => {
  const whole = () => ({ from: 0, to: model.about.lengthNs + 1 });

  it('count every call, and of too many those that are summed up', () => {
    for (const limits of [{}, { calls: 200 }]) {
      const of = opened(events, limits);
      const totals = callTotals(of, { from: 0, to: of.about.lengthNs + 1 }, true);
      const fsync = events.filter((event) => event.type === 'syscall' && event.name === 'fsync').length;
      expect(totals.find(({ name }) => name === 'fsync')?.count).toBe(fsync);
      expect(totals.map(({ ns }) => ns)).toEqual(totals.map(({ ns }) => ns).toSorted((a, b) => b - a));
    }
  });

  it('show the longest waits', () => {
    const waits = longestWaits(model, whole(), 20).map(({ place }) => model.states.duration[place]);
    const wanted = events
      .filter((event): event is StateEvent => event.type === 'state' && event.state !== 'running')
      .map(({ durationNs }) => durationNs)
      .toSorted((a, b) => b - a);
    expect(waits).toEqual(wanted.slice(0, 20));
  });

  it('show the longest calls, in their order', () => {
    const calls = longestCalls(model, whole(), 20).map(({ place }) => model.calls.duration[place]);
    const wanted = events.flatMap((event) => (event.type === 'syscall' ? [event.durationNs] : []));
    expect(calls).toEqual(wanted.toSorted((a, b) => b - a).slice(0, 20));
  });

  it('add up each thread', () => {
    const total = threadTotals(model, whole()).find(({ row }) => model.about.threads[row]!.tid === 4711)!;
    const running = events
      .filter((event) => event.type === 'state' && event.tid === 4711 && event.state === 'running')
      .reduce((sum, event) => sum + (event as StateEvent).durationNs, 0);
    expect(total.onCpuNs).toBe(running);
  });
});

describe('the chain behind a sleep', () => {
  const sleep = (tid: number, startNs: number, durationNs: number, waker: number): TraceEvent => ({
    type: 'state',
    pid: tid,
    tid,
    state: 'blocked',
    startNs,
    durationNs,
    waker: { pid: waker, tid: waker, comm: 'w', how: 'pipe' },
  });

  it('goes from waker to waker, as long as each slept meanwhile', () => {
    const chained = opened([sleep(30, 500, 500, 0), sleep(20, 100, 1100, 30), sleep(10, 0, 1500, 20)]);
    const row = chained.about.threads.findIndex(({ tid }) => tid === 10);
    const links = chainOf(chained, row, chained.rows[row]!.states.first);
    expect(links.map((link) => chained.about.threads[link.row]!.tid)).toEqual([10, 20, 30]);
  });

  it('ends with who was awake all the time, and where it goes in a circle', () => {
    const chained = opened([sleep(20, 0, 90, 10), sleep(10, 100, 400, 20)]);
    const row = chained.about.threads.findIndex(({ tid }) => tid === 10);
    expect(chainOf(chained, row, chained.rows[row]!.states.first)).toHaveLength(1);
  });
});

describe('words', () => {
  it.each([
    [0, '0 ns'],
    [17, '17 ns'],
    [3000, '3.000 µs'],
    [250_900_000, '250.9 ms'],
    [4_980_000_000, '4.980 s'],
    [7.2e12, '120.0 min'],
  ])('durations: %d', (ns, text) => expect(durationText(ns)).toBe(text));

  it.each([
    [1_204_317_000, 1e9, '1.204 s'],
    [1_204_317_000, 1e6, '1.204\u2009317 s'],
    [1_204_317_001, 100, '1.204\u2009317\u2009001 s'],
  ])('moments: %d of %d', (ns, length, text) => expect(timeText(ns, length)).toBe(text));

  it('counts, shares, and steps of an axis', () => {
    expect(countText(1_234_567)).toBe('1\u2009234\u2009567');
    expect([0, 0.051, 0.5, 0.99997, 1, Number.NaN].map(percentText)).toEqual([
      '0 %',
      '5.1 %',
      '50 %',
      '99.997 %',
      '100 %',
      '–',
    ]);
    expect([1, 3, 11, 60, 200, 0.1].map(niceStep)).toEqual([1, 5, 20, 100, 200, 1]);
  });

  it('the time of day', () => {
    expect(clockText('1700000000000000000', 1_500_000)).toBe('2023-11-14 22:13:20.001500 UTC');
  });

  it.each([
    ['pread64', 'file'],
    ['epoll_wait', 'wait'],
    ['epoll_ctl', 'file'],
    ['recvmsg', 'network'],
    ['futex', 'sync'],
    ['execve', 'process'],
    ['rt_sigaction', 'signal'],
    ['madvise', 'memory'],
    ['frobnicate', 'other'],
  ])('%s is of kind %s', (name, kind) => expect(categoryOf(name)).toBe(kind));
});
