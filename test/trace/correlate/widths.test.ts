import { expect, test } from 'vitest';
import { analyse } from '../../../src/trace/analyse.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';

/** Names of the calls that perf alone saw, in their order. */
function namesOf(rows: readonly FakeRow[]): string[] {
  const events: TraceEvent[] = [];
  analyse({
    strace: [],
    perf: [{ source: fakePerf(rows), role: 'tree' }],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: true,
    syscallName: (nr, isNarrow) =>
      isNarrow ? { 2: 'fork', 11: 'execve' }[nr] : { 2: 'open', 59: 'execve' }[nr],
    clock: {},
    sinks: [{ event: (event) => events.push(event) }],
  });
  return events.flatMap((event) => (event.type === 'syscall' ? [event.name] : []));
}

const call = (tid: number, at: number, nr: number, exit = nr): FakeRow[] => [
  { kind: 'enter', tid, at, a: nr },
  { kind: 'exit', tid, at: at + 8, a: exit, b: 0 },
];
const vdso = (tid: number, at: number, isNarrow: boolean): FakeRow => ({
  kind: 'vdso',
  tid,
  at,
  a: isNarrow ? 1 : 0,
});
const exec = (tid: number, at: number): FakeRow => ({ kind: 'comm', tid, at, a: 1, text: 'x' });

test('a program of 32 bits has its own table, and its children have it', () => {
  const rows = [vdso(7, 1, true), ...call(7, 10, 2), { kind: 'fork', tid: 8, at: 20, a: 7, b: 7 } as const];
  expect(namesOf([...rows, ...call(8, 30, 2), ...call(9, 40, 2)])).toEqual(['fork', 'fork', 'open']);
});

test('an exec changes the table when it is known which program came; the execve goes by the old one', () => {
  const rows = [vdso(7, 1, true), ...call(7, 10, 11, 59), exec(7, 12)];
  expect(namesOf([...rows, vdso(7, 14, false), ...call(7, 30, 2)])).toEqual(['execve', 'open']);
  expect(namesOf([...rows, ...call(7, 30, 2)])).toEqual(['execve', 'syscall_0x2']);
});

test('a recording that does not tell what was mapped has the table of its host', () => {
  expect(namesOf([exec(7, 1), ...call(7, 10, 2)])).toEqual(['open']);
});
