import { expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, paths, told, waitOf } from '../../support/looks.ts';

/** struct sembuf: number 1, operation, flags. */
const taking = [1, 0, 0xff, 0xff, 0, 0];
const giving = [1, 0, 1, 0, 0, 0];
const waiter = (operation: number[]): FakeProcess => ({
  pid: 60,
  comm: 'waiter',
  call: 'semtimedop(5, 0x7f0000000100, 1)',
  stack: '__do_semtimedop < do_semtimedop',
  memory: { '7f0000000100': operation },
});
const host = (operation: number[], semaphores: string, holder: Partial<FakeProcess> = {}) => ({
  processes: [{ pid: 1, comm: 'init' }, waiter(operation), { pid: 70, comm: 'holder', ...holder }],
  files: {
    'sem:0:5': semaphores,
    '/proc/sysvipc/sem': '       key      semid perms      nsems\n         0          5   600          2\n',
  },
});
const TAKEN = '0 80 1\n1 70 0\n';

it('leads to who changed the semaphore last', async () => {
  const wait = await waitOf(host(taking, TAKEN), 60);
  expect(wait).toMatchObject({ kind: 'semaphore', idle: 'idle-ipc' });
  expect(paths(wait)).toEqual(['process:60 > lock:sem:5:1 > process:70']);
});

it.each([
  ['gives', giving, TAKEN],
  ['could have it', taking, '0 80 1\n1 70 1\n'],
  ['was the last itself', taking, '1 60 0\n'],
  ['cannot be told who was', taking, ''],
])('leads nowhere when it %s', async (_, operation, semaphores) => {
  expect(paths(await waitOf(host(operation, semaphores), 60))).toEqual([]);
});

it('is healthy, unless that one is stopped', async () => {
  expect(told(await diagnosed(host(taking, TAKEN), 60))).toEqual([]);
  const stopped = host(taking, TAKEN, { state: 'T', exitCode: 19 });
  expect(told(await diagnosed(stopped, 60))).toEqual(['stopped → process:70']);
});
