import { expect, test } from 'vitest';
import { type Candidate, coverageOf } from '../../../../src/trace/record/perf/coverage.ts';
import { spanOf } from '../../../../src/trace/record/perf/opening.ts';

const SPAN = { from: 100, to: 110 };
const task = (tid: number, startTime: number | undefined, pid = tid, ppid = 1): Candidate => ({
  pid,
  tid,
  ppid,
  startTime,
});

test('who was born before perf opened its events, and is not among them, is blind', () => {
  const tasks = [task(5, 10), task(6, 99, 5), task(7, 99, 7, 5), task(8, 105, 5), task(9, 111, 5)];
  expect(coverageOf(tasks, new Set([5]), SPAN)).toEqual({ blind: [6, 7], unknown: [8] });
});

test('who was born later is what its maker is', () => {
  const tasks = [
    task(5, 10),
    task(7, 50, 7, 5),
    task(20, 120, 20, 7),
    task(21, 121, 21, 20),
    task(30, 105, 30, 5),
    task(31, 130, 31, 30),
    task(40, 140, 40, 4000),
  ];
  expect(coverageOf(tasks, new Set([5]), SPAN)).toEqual({ blind: [7, 20, 21], unknown: [30, 31] });
});

test('without a time, or with makers in a circle, nothing is known', () => {
  expect(coverageOf([task(6, undefined), task(7, 200, 7, 7)], new Set(), SPAN)).toEqual({
    blind: [],
    unknown: [6],
  });
  expect(coverageOf([task(6, 200, 6, 7), task(7, 200, 7, 6)], new Set(), SPAN)).toEqual({
    blind: [],
    unknown: [6, 7],
  });
  expect(coverageOf([task(6, 1)], new Set(), undefined)).toEqual({ blind: [], unknown: [6] });
});

test('perf opened its events between the last look without and the first look with all of them', () => {
  const counts = [7, 6, 8, 9, 65, 136, 152, 153, 152].map((count, nth) => ({ ticks: 500 + nth, count }));
  expect(spanOf(counts, 144)).toEqual({ from: 502, to: 508 });
  expect(spanOf(counts.slice(0, 1), 144)).toBeUndefined();
  expect(spanOf([], 144)).toBeUndefined();
});

test('descriptors of threads that ended while perf opened its events do not put the begin of that off', () => {
  // As perf 6.1 has them on a program that starts threads all the time: 80 events of 5 threads, 100 of threads that ended.
  const counts = [6, 8, 8, 9, 70, 110, 160, 188, 188].map((count, nth) => ({ ticks: 500 + nth, count }));
  expect(spanOf(counts, 80)).toEqual({ from: 502, to: 508 });
  // Who was born while they were opened may be recorded: no further recorder is worth its while.
  const tasks = [task(5, 10), task(6, 504, 5)];
  expect(coverageOf(tasks, new Set([5]), spanOf(counts, 80))).toEqual({ blind: [], unknown: [6] });
});
