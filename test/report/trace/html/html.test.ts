import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BY_PERF, BY_STRACE, DIED, STATES } from '../../../../src/report/trace/html/page/data.ts';
import type { Model } from '../../../../src/report/trace/html/page/model.ts';
import { base64, fromBase64, VarintWriter, varints } from '../../../../src/report/trace/html/varint.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../../../src/trace/event.ts';
import { fakeTrace } from '../../../support/fake-trace/fake-trace.ts';
import { providePage } from '../../../support/trace-page.ts';
import { anyEvents } from '../any-events.ts';
import { HOSTILE_EVENTS } from '../written.ts';
import { opened, pageOf } from './opened.ts';

beforeAll(providePage);

const rowOf = ({ about }: Model, tid: number) => about.threads.findIndex((thread) => thread.tid === tid);

describe('what the page is given', () => {
  it('are all calls with all that is known of them', () => {
    const { events, head } = fakeTrace({ events: 3000 });
    const model = opened(events);
    const { about, calls, texts } = model;
    const wanted = events.filter((event): event is SyscallEvent => event.type === 'syscall');
    expect(calls.start).toHaveLength(wanted.length);
    const shift = Number(BigInt(about.monotonicNs) - head.clock.originNs);
    for (const call of wanted) {
      const lane = model.rows[rowOf(model, call.tid)]!.calls;
      const at = lane.around(call.startNs - shift);
      const waker = about.wakers[calls.waker[at]! - 1];
      expect({
        name: about.names[calls.name[at]! - 1],
        args: texts[calls.args[at]! - 1],
        startNs: calls.start[at]! + shift,
        durationNs: calls.duration[at],
        onCpuNs: calls.onCpu[at]! - 1,
        blockedNs: calls.blocked[at]! - 1,
        waker: waker?.tid,
        stack: about.stacks[calls.stack[at]! - 1]?.map((frame) => about.frames[frame]),
      }).toEqual({
        name: call.name,
        args: call.args,
        startNs: call.startNs,
        durationNs: call.durationNs,
        onCpuNs: call.onCpuNs ?? -1,
        blockedNs: call.blockedNs ?? -1,
        waker: call.waker?.tid,
        stack: call.stack,
      });
      const flags = calls.flags[at]!;
      expect(Boolean(flags & BY_PERF)).toBe(call.sources.includes('perf'));
      expect(Boolean(flags & BY_STRACE)).toBe(call.sources.includes('strace'));
      expect(Boolean(flags & DIED)).toBe(call.open === 'died');
    }
  });

  it('is unpacked whatever the events are, and how few fit', () => {
    fc.assert(
      fc.property(
        anyEvents,
        fc.constantFrom({}, { calls: 2, states: 2, instants: 2, textSigns: 5 }),
        (events, limits) => {
          const { about, calls, states, rows } = opened(events, limits);
          expect(rows).toHaveLength(about.threads.length);
          for (const place of [calls, states].flatMap(({ start, end }) => [...start, ...end])) {
            expect(place).toBeGreaterThanOrEqual(0);
            expect(place).toBeLessThanOrEqual(about.lengthNs);
          }
        },
      ),
    );
  });

  it('are all states, the marks, and the starts', () => {
    const { events } = fakeTrace({ events: 3000 });
    const { about, states } = opened(events);
    const count = (type: TraceEvent['type']) => events.filter((event) => event.type === type).length;
    expect(states.start).toHaveLength(count('state'));
    expect(about.spawns).toHaveLength(count('spawn'));
    for (const kind of ['exec', 'exit', 'signal', 'comm'] as const)
      expect(about.instants.filter((instant) => instant.kind === kind)).toHaveLength(count(kind));
  });

  it('knows no thread behind an interrupt', () => {
    const { about, wakes, states } = opened(fakeTrace({ events: 3000 }).events);
    const disks = about.wakers.filter(({ how }) => how === 'disk');
    expect(disks.length).toBeGreaterThan(0);
    expect(disks.every(({ thread, interrupt }) => thread === -1 && interrupt)).toBe(true);
    const kinds = new Set(
      wakes.flatMap((places) => [...places]).map((place) => about.wakers[states.waker[place]! - 1]!.how),
    );
    expect(kinds).not.toContain('disk');
    expect(kinds).toContain('futex');
  });

  it('are threads in a tree, under who started them', () => {
    const { about } = opened(fakeTrace({ events: 3000 }).events);
    const shown = about.threads.map(({ depth, tid }) => [depth, tid]);
    expect(shown.slice(0, 6)).toEqual([
      [0, 4711],
      [1, 4712],
      [1, 4713],
      [1, 4714],
      [1, 4715],
      [0, 4730],
    ]);
    expect(shown).toContainEqual([1, 4800]);
    expect(about.threads.find(({ tid }) => tid === 4800)?.end).toBe('exited with 0');
  });

  it('has a row for each thread, even where numbers were used again in a circle', () => {
    const spawn = { type: 'spawn', startNs: 0, sources: [], thread: false } as const;
    const { about } = opened([
      { ...spawn, pid: 8, tid: 8, childPid: 9, childTid: 9 },
      { ...spawn, pid: 9, tid: 9, childPid: 8, childTid: 8 },
      { ...spawn, pid: 7, tid: 7, childPid: 7, childTid: 7 },
    ]);
    const tids = about.threads.map(({ tid }) => tid);
    for (const tid of [7, 8, 9]) expect(tids.filter((other) => other === tid)).toHaveLength(1);
  });

  it('are the longest of too many, and the sums of the others', () => {
    const { events } = fakeTrace({ events: 5000 });
    const model = opened(events, { calls: 300, states: 300 });
    const { about, calls, states } = model;
    const sum = (of: Iterable<number>) => [...of].reduce((total, one) => total + one, 0);
    for (const [type, kept, left, from] of [
      ['syscall', calls, about.left.calls, about.left.callsFromNs],
      ['state', states, about.left.states, about.left.statesFromNs],
    ] as const) {
      const all = events.filter((event): event is SyscallEvent | StateEvent => event.type === type);
      expect(kept.duration.length).toBeLessThanOrEqual(300);
      expect(kept.duration.length + sum(left.map(({ count }) => count))).toBe(all.length);
      expect(sum(kept.duration) + sum(left.map(({ ns }) => ns))).toBe(
        sum(all.map(({ durationNs }) => durationNs)),
      );
      expect([...kept.duration].filter((ns) => ns >= from)).toHaveLength(
        all.filter(({ durationNs }) => durationNs >= from).length,
      );
    }
    expect(new Set(about.left.states.map(({ what }) => STATES[what]))).not.toContain(undefined);
  });

  it('say how many marks were too many', () => {
    const { events } = fakeTrace({ events: 5000 });
    const { about } = opened(events, { instants: 10 });
    const marks = events.filter(({ type }) => type !== 'syscall' && type !== 'state').length;
    expect(about.instants.length + about.spawns.length).toBe(10);
    expect(about.left.instants).toBe(marks - 10);
  });

  it('leave out texts for which there is no room, not their calls', () => {
    const { events } = fakeTrace({ events: 500 });
    const { calls, texts } = opened(events, { textSigns: 100 });
    expect(calls.start).toHaveLength(events.filter(({ type }) => type === 'syscall').length);
    expect(texts.join('').length).toBeLessThanOrEqual(100);
  });

  it('is small', () => {
    const { events } = fakeTrace({ events: 20_000 });
    const bytes = pageOf(events).length - pageOf([]).length;
    expect(bytes / events.length).toBeLessThan(30);
  });
});

describe('the page', () => {
  it('lets no string of the trace out of its place', () => {
    const html = pageOf(HOSTILE_EVENTS);
    expect(html).not.toContain('<img');
    expect(html.match(/<\/script>/g)).toHaveLength(html.match(/<script/g)!.length);
    expect(html).not.toMatch(/[\u2028\u2029]/);
  });

  it('fetches nothing, and runs nothing but its own script', () => {
    const html = pageOf(fakeTrace({ events: 100 }).events);
    const policy = /content="(default-src[^"]*)"/.exec(html)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
    );
    expect(html).not.toMatch(/https?:|\bsrc=|\bhref=|url\(|@import/);
  });
});

describe('numbers in few bytes', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(), fc.maxSafeNat(), fc.nat({ max: 200 }))), (numbers) => {
        const writer = new VarintWriter();
        for (const number of numbers) writer.add(number);
        const text = [...base64(writer.bytes)].join('');
        expect([...varints(fromBase64(text), numbers.length)]).toEqual(numbers);
      }),
    );
  });

  it('come out when they are more than a piece', () => {
    const writer = new VarintWriter();
    for (let number = 0; number < 50_000; number++) writer.add(number);
    const text = [...base64(writer.bytes)].join('');
    expect(varints(fromBase64(text), 50_000).at(-1)).toBe(49_999);
  });
});
