import { expect, test } from 'vitest';
import type { ProcStatus } from '../../../../src/procfs/status.ts';
import { attachees } from '../../../../src/trace/record/strace/attachees.ts';
import type { TreeTask } from '../../../../src/trace/record/tree.ts';

const task = (pid: number, tid: number): TreeTask => ({ pid, tid, status: {} as ProcStatus });

test('strace is told of the leader of each process, wherever the list of its threads has it', () => {
  // By name: a thread that is soon gone stands in front of the leader.
  const tasks = [task(999, 1000), task(999, 1001), task(999, 999), task(50, 50), task(50, 51)];
  expect(attachees(tasks, true, () => undefined)).toEqual([999, 50]);
  expect(attachees(tasks, false, () => undefined)).toEqual([1000, 1001, 999, 50, 51]);
});

test('where the leader has ended, it is told of the oldest thread', () => {
  const tasks = [task(7, 10), task(7, 11), task(7, 12), task(8, 13)];
  const ages = new Map([
    [10, 300],
    [12, 100],
    [13, 5],
  ]);
  expect(attachees(tasks, true, (tid) => ages.get(tid))).toEqual([12, 13]);
  expect(attachees(tasks, true, () => undefined)).toEqual([10, 13]);
  expect(attachees([], true, () => undefined)).toEqual([]);
});
