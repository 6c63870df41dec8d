import { expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const FORKNOEXEC = 0x40;
const parent = (call: string): FakeProcess => ({
  pid: 60,
  comm: 'parent',
  state: 'D',
  call,
  stack: 'kernel_clone < __do_sys_clone',
});
const child = (pid: number, changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid,
  comm: 'child',
  ppid: 60,
  flags: FORKNOEXEC,
  ...changes,
});

it.each<[string, string, FakeProcess[], number]>([
  ['vfork', 'vfork()', [child(70)], 70],
  ['clone with CLONE_VFORK, as posix_spawn and Go do', 'clone(0x4111)', [child(70)], 70],
  ['clone3', 'clone3(0x7f0000000000)', [child(70)], 70],
  ['the child that has not executed a program', 'vfork()', [child(70), child(71, { flags: 0 })], 70],
  ['the youngest of several such', 'vfork()', [child(70), child(71)], 71],
  ['no zombie', 'vfork()', [child(70), child(71, { state: 'Z' })], 70],
  ['a child whose stat does not answer', 'vfork()', [child(70, { blocked: ['stat'] })], 70],
])('waits for the child of %s', async (_, call, children, pid) => {
  const wait = await waitOf({ processes: [parent(call), ...children] }, 60);
  expect(wait).toMatchObject({ kind: 'vfork', killable: true, detail: { child: pid } });
  expect(paths(wait)).toEqual([`process:60 > process:${pid}`]);
});

it('a thread waits for the child that it has made itself, not for another thread’s', async () => {
  const process: FakeProcess = {
    ...parent('pause()'),
    state: 'S',
    stack: '',
    threads: [{ ...parent('vfork()'), tid: 61 }],
  };
  const wait = await waitOf({ processes: [process, child(70, { parentTid: 61 }), child(71)] }, 60, 61);
  expect(wait.detail?.child).toBe(70);
});

it('without a child in sight it is an unknown D, not a vfork', async () => {
  expect((await waitOf({ processes: [parent('vfork()')] }, 60)).kind).not.toBe('vfork');
});
