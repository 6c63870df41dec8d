import { expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, told } from '../../support/looks.ts';

const init = { pid: 1, comm: 'init' };
const SIGCHLD = 1n << 16n;
const timeout = (changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 60,
  comm: 'timeout',
  call: 'rt_sigsuspend(0x7f0000000100, 8)',
  stack: 'sigsuspend < __x64_sys_rt_sigsuspend',
  sigCgt: SIGCHLD,
  ...changes,
});
const stuck = (pid: number): FakeProcess => ({
  pid,
  ppid: 60,
  state: 'D',
  call: 'write(3)',
  stack: 'percpu_rwsem_wait < vfs_write',
  fds: { 3: 'w /data/f' },
});
const mounts = [{ at: '/data', fs: 'ext4', dev: '8:1' }];

it.each<[string, FakeProcess[], string[]]>([
  ['its only child', [timeout(), stuck(70)], ['d-fs-frozen → mount:8:1']],
  ['all of its children', [timeout(), stuck(70), stuck(71)], ['d-fs-frozen → mount:8:1']],
  ['none while one is free', [timeout(), stuck(70), { pid: 71, ppid: 60 }], []],
  ['none without a handler for SIGCHLD', [timeout({ sigCgt: 0n }), stuck(70)], []],
])('a sleep in sigsuspend is for %s', async (_, processes, expected) => {
  const diagnosis = await diagnosed({ mounts, processes: [init, ...processes] }, 60);
  expect(told(diagnosis)).toEqual(expected);
});
