import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Correlator } from '../../../src/trace/correlate/correlator.ts';
import type { CorrelatorOptions } from '../../../src/trace/correlate/options.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const CHILDREN = 20_000;
/** A thread alone takes more than 1000 bytes; two entries of maps about 100. */
const MOST_BYTES_PER_CHILD = 30;

/** Bytes that a correlator keeps of each child of a fork storm; all numbers are used once. */
function keptPerChild(
  options: Partial<CorrelatorOptions>,
  child: (correlator: Correlator, tid: number) => void,
): number {
  const correlator = new Correlator({
    sink: { event: () => undefined },
    syscallName: () => undefined,
    hasStrace: true,
    hasPerf: true,
    blind: new Set(),
    scheduled: true,
    filtered: false,
    ...options,
  });
  const grow = (from: number): number => {
    for (let nth = from; nth < from + CHILDREN; nth++) child(correlator, nth);
    collect();
    return process.memoryUsage().heapUsed;
  };
  // The first time code and buffers grow as well.
  const before = grow(100);
  const kept = (grow(100 + CHILDREN) - before) / CHILDREN;
  correlator.finish();
  return kept;
}

function told(correlator: Correlator, rows: readonly FakeRow[]): void {
  const source = fakePerf(rows, rows.length);
  const batch = source.next()!;
  for (let row = 0; row < batch.count; row++) correlator.treeRow(batch, row, source);
}

/** 1000 forks a second. */
const MS = 1_000_000;

/** Each is made by the one before, so that each is a parent. */
const life = (tid: number): FakeRow[] => [
  { kind: 'fork', pid: tid, tid, at: tid * MS, a: tid - 1, b: tid - 1 },
  { kind: 'comm', pid: tid, tid, at: tid * MS + 1, text: 'true' },
  { kind: 'schedExit', tid: tid - 1, at: tid * MS + 500, a: tid - 1, b: 1 },
];

function ended(correlator: Correlator, tid: number, at: number): void {
  correlator.exit(at, { tid, stampNs: at, status: 0 });
}

test('of the children of a fork storm nothing is kept when both have told their ends', () => {
  const kept = keptPerChild({}, (correlator, tid) => {
    told(correlator, life(tid));
    ended(correlator, tid - 1, tid * MS + 600);
  });
  expect(kept).toBeLessThan(MOST_BYTES_PER_CHILD);
});

test('nor when perf alone records, or strace has told nothing of them', () => {
  for (const hasStrace of [false, true]) {
    const kept = keptPerChild({ hasStrace }, (correlator, tid) => told(correlator, life(tid)));
    expect(kept).toBeLessThan(MOST_BYTES_PER_CHILD);
  }
});

test('nor when strace alone records', () => {
  const kept = keptPerChild({ hasPerf: false }, (correlator, tid) => {
    const call = {
      ...{ tid: tid - 1, stampNs: tid * MS, deltaNs: Number.NaN, durationNs: 10, nr: 56, line: tid },
      ...{ name: 'clone', args: 'child_stack=NULL, flags=SIGCHLD', result: tid, state: 'done' as const },
    };
    correlator.begun(tid * MS, call, true);
    ended(correlator, tid - 1, tid * MS + 600);
  });
  expect(kept).toBeLessThan(MOST_BYTES_PER_CHILD);
});
