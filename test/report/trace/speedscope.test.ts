import { Ajv } from 'ajv';
import fc from 'fast-check';
import schema from 'speedscope/dist/release/file-format-schema.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { speedscopeOutput } from '../../../src/report/trace/speedscope/speedscope.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';
import { anyEvents } from './any-events.ts';
import { HARMFUL, HOSTILE_EVENTS, written } from './written.ts';

const valid = new Ajv({ strict: false }).compile(schema as object);

interface Profile {
  readonly name: string;
  readonly startValue: number;
  readonly endValue: number;
  readonly events: readonly { readonly type: 'O' | 'C'; readonly frame: number; readonly at: number }[];
}

interface File {
  readonly profiles: readonly Profile[];
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
}

/** The file, held against speedscope's own schema and what its importer wants beyond it. */
function parsed(events: Iterable<TraceEvent>, most?: number): File {
  const text = written((head, write) => speedscopeOutput(head, write, most), events);
  const file = JSON.parse(text) as File;
  expect(valid(file) ? [] : valid.errors).toEqual([]);
  for (const profile of file.profiles) expectBalanced(profile, file.shared.frames.length);
  return file;
}

function expectBalanced({ events, startValue, endValue }: Profile, frames: number): void {
  const open: number[] = [];
  let last = startValue;
  for (const { type, frame, at } of events) {
    if (at < last || frame >= frames) throw new Error(`${at} after ${last}, frame ${frame}`);
    last = at;
    if (type === 'O') open.push(frame);
    else expect(open.pop()).toBe(frame);
  }
  expect(open).toEqual([]);
  expect(last).toBeLessThanOrEqual(endValue);
}

/** How long each stack was there. */
function times({ profiles, shared }: File): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { events } of profiles) {
    const open: string[] = [];
    let since = 0;
    for (const { type, frame, at } of events) {
      if (open.length > 0 && at > since) sums[open.join(' > ')] = (sums[open.join(' > ')] ?? 0) + at - since;
      since = at;
      if (type === 'O') open.push(shared.frames[frame]!.name);
      else open.pop();
    }
  }
  return sums;
}

const AT = { pid: 4711, tid: 4711 };
const call = (name: string, startNs: number, toNs: number): SyscallEvent => ({
  type: 'syscall',
  ...AT,
  nr: 0,
  name,
  args: '',
  startNs,
  durationNs: toNs - startNs,
  sources: ['strace'],
});
const state = (name: StateEvent['state'], startNs: number, toNs: number, more = {}): StateEvent => ({
  type: 'state',
  ...AT,
  state: name,
  startNs,
  durationNs: toNs - startNs,
  ...more,
});

describe('the speedscope file', () => {
  it('holds to the schema of speedscope, with a profile of each thread', () => {
    const { events } = fakeTrace({ events: 10_000 });
    const file = parsed(events);
    const tids = new Set(events.filter(({ type }) => type === 'state').map(({ tid }) => tid));
    expect(file.profiles).toHaveLength(tids.size);
    expect(file.profiles[0]?.name).toBe('4711 node');
    expect(file.profiles[1]?.name).toBe('4712 libuv-worker of 4711');
  });

  it('holds to it whatever the events are, and how few fit', () => {
    fc.assert(
      fc.property(anyEvents, fc.constantFrom(undefined, 4), (events, most) => void parsed(events, most)),
    );
  });

  it('lays states upon calls, though they cross', () => {
    const file = parsed([
      state('running', 0, 40),
      state('blocked', 40, 70, { kernelState: 'S', stack: ['schedule', 'pipe_read'] }),
      state('runnable', 70, 80),
      call('read', 30, 85),
      state('running', 80, 100),
    ]);
    expect(times(file)).toEqual({
      'on CPU': 45,
      'read > on CPU': 15,
      'read > blocked (S) > pipe_read > schedule': 30,
      'read > runnable': 10,
    });
  });

  it('shows calls alone where perf saw nothing, two of the same as two', () => {
    const file = parsed([call('read', 0, 5), call('read', 5, 9)]);
    expect(file.profiles[0]?.events.map(({ type, at }) => [type, at])).toEqual([
      ['O', 0],
      ['C', 5],
      ['O', 5],
      ['C', 9],
    ]);
  });

  it('stays balanced with slices that overlap', () => {
    expect(times(parsed([call('a', 0, 10), call('b', 4, 12), call('c', 5, 8)]))).toEqual({ a: 10, b: 2 });
  });

  it('keeps the longest of too many, and says so', () => {
    const calls = Array.from({ length: 100 }, (_, at) => call('read', at * 1000, at * 1000 + at));
    const [profile] = parsed(calls, 20).profiles;
    expect(profile?.name).toMatch(/^4711 node \(without the \d\d shortest calls and states\)$/);
    expect(profile?.events.at(-2)?.at).toBe(99_000);
    expect(profile?.events.length).toBeLessThanOrEqual(20);
  });

  it('holds hostile strings harmless', () => {
    parsed(HOSTILE_EVENTS);
    expect(written(speedscopeOutput, HOSTILE_EVENTS)).not.toMatch(HARMFUL);
  });
});
