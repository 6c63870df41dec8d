import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonlOutput } from '../../../src/report/trace/jsonl.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';
import { anyEvents } from './any-events.ts';
import { HARMFUL, HOSTILE, HOSTILE_EVENTS, written } from './written.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../src/report/schema/trace-events.schema.json', import.meta.url), 'utf8'),
) as { $defs: Record<string, { properties?: Record<string, unknown> }> };
const valid = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

function lines(events: Iterable<TraceEvent>): Record<string, unknown>[] {
  const text = written(jsonlOutput, events);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function errors(of: readonly object[]): unknown[] {
  return of.flatMap((line) => (valid(line) ? [] : [line, valid.errors]));
}

const CALL: TraceEvent = {
  type: 'syscall',
  pid: 4711,
  tid: 4712,
  nr: 0,
  name: 'read',
  args: '3<pipe:[88]>, "", 4096',
  result: 0,
  startNs: 17,
  durationNs: 250_871_002,
  sources: ['strace', 'perf'],
  onCpuNs: 2002,
  runnableNs: 9000,
  blockedNs: 250_860_000,
  ptraceNs: 0,
  waker: { pid: 1, tid: 2, comm: 'w', how: 'pipe' },
  stack: ['schedule', 'anon_pipe_read'],
};

describe('the lines of a trace', () => {
  it('hold to their schema, one for each event', () => {
    const { events } = fakeTrace({ events: 3000 });
    const all = lines(events);
    expect(errors(all)).toEqual([]);
    expect(all).toHaveLength(events.length + 2);
    expect(all.at(0)).toMatchObject({ type: 'trace', schemaVersion: 1, clock: 'CLOCK_MONOTONIC' });
    expect(all.at(-1)).toEqual({ type: 'end', events: events.length });
  });

  it('hold to it whatever the events are', () => {
    fc.assert(fc.property(anyEvents, (events) => void expect(errors(lines(events))).toEqual([])));
  });

  it('have the fields of a system call', () => {
    const [, line] = lines([CALL]);
    const { startNs: _, ...fields } = CALL;
    expect(line).toMatchObject(fields);
  });

  it('tell times of the clock in all their digits', () => {
    // The origin of the made-up trace is 2^53 and something.
    expect(written(jsonlOutput, [CALL])).toContain('"startNs":9007199254740993140,');
    expect(written(jsonlOutput, [])).toContain('"originNs":9007199254740993123,');
  });

  it('stay lines of JSON, whatever the strings hold', () => {
    const all = lines(HOSTILE_EVENTS);
    expect(errors(all)).toEqual([]);
    expect(all.find(({ type }) => type === 'syscall')).toMatchObject({ args: HOSTILE });
    expect(written(jsonlOutput, HOSTILE_EVENTS)).not.toMatch(HARMFUL);
  });

  it('leave out what is no number', () => {
    const [, line] = lines([{ ...CALL, result: Number.NaN, straceNs: Number.NaN }]);
    expect(errors([line!])).toEqual([]);
    expect(line).not.toHaveProperty('result');
  });

  it.each<[string, object]>([
    ['a call without a name', { ...CALL, name: undefined }],
    ['an unknown source', { ...CALL, sources: ['gdb'] }],
    ['an unknown waker', { ...CALL, waker: { pid: 1, tid: 1, comm: '', how: 'magic' } }],
    ['an unknown type', { type: 'thing' }],
    ['another version', { type: 'trace', schemaVersion: 2 }],
  ])('do not pass with %s', (_, line) => {
    expect(valid(JSON.parse(JSON.stringify(line)))).toBe(false);
  });

  it('have a schema that describes every field', () => {
    const silent = Object.values(schema.$defs).flatMap(({ properties = {} }) =>
      Object.entries(properties).filter(
        ([, field]) => !/"(description|\$ref|const)"/.test(JSON.stringify(field)),
      ),
    );
    expect(silent).toEqual([]);
  });
});
