import { expect, test } from 'vitest';
import type { ProcStatus } from '../../../src/procfs/status.ts';
import { lateTasks, takeSnapshot } from '../../../src/trace/record/snapshot.ts';
import type { TreeTask } from '../../../src/trace/record/tree.ts';

/** Above PID_MAX_LIMIT: nobody is called so. */
const NOBODY = 4_194_305;

const task = (tid: number, sigBlk: bigint): TreeTask => ({
  pid: NOBODY,
  tid,
  status: {
    state: 'R',
    name: 'p',
    ppid: 1,
    nsPid: [tid],
    sigIgn: 0n,
    sigCgt: 0n,
    sigBlk,
  } as unknown as ProcStatus,
});

test('who came after the tree was listed is told as that', () => {
  const [first, second, third] = [task(NOBODY, 0n), task(NOBODY + 1, 0n), task(NOBODY + 2, 0n)];
  expect(lateTasks([first, second], [first, third])).toEqual([
    {
      pid: NOBODY,
      tid: NOBODY + 2,
      ppid: 1,
      comm: 'p',
      startTime: 0,
      nspid: [NOBODY + 2],
      late: true,
    },
  ]);
});

test('the mask of signals is that of the leader, wherever the list of threads has it', async () => {
  const { signals, tasks } = await takeSnapshot([
    task(NOBODY + 1, 1n),
    task(NOBODY, 2n),
    task(NOBODY + 2, 4n),
  ]);
  expect(signals).toEqual([
    { pid: NOBODY, ignored: '0'.repeat(16), caught: '0'.repeat(16), blocked: '0000000000000002' },
  ]);
  expect(tasks).toHaveLength(3);
});
