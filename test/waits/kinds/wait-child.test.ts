import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const init = { pid: 1, comm: 'init' };
const parent = (call: string, changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 60,
  comm: 'parent',
  call,
  stack: 'do_wait < kernel_wait4',
  ...changes,
});
const child = (pid: number, changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid,
  comm: 'child',
  ppid: 60,
  ...changes,
});

describe('whom it waits for', () => {
  it.each<[string, string, FakeProcess[], number[]]>([
    ['one child by number', 'wait4(71, 0, 0)', [child(70), child(71)], [71]],
    ['any child, and there is one', 'wait4(-1, 0, 0)', [child(70)], [70]],
    [
      'any child of several, and all are stopped',
      'wait4(-1, 0, 0)',
      [child(70, { state: 'T' }), child(71, { state: 'T' })],
      [70, 71],
    ],
    [
      'its tracee in a stop, of which it is told: none is to blame',
      'wait4(70, 0, 0x40000000)',
      [child(70, { state: 't', tracerPid: 60 })],
      [],
    ],
    [
      'its child in the stop of another tracer',
      'wait4(70, 0, 0)',
      [child(70, { state: 't', tracerPid: 50 })],
      [70],
    ],
    ['a process group', 'wait4(-71, 0, 0)', [child(70), child(71, { pgrp: 71 })], [71]],
    ['its own process group', 'wait4(0, 0, 0)', [child(70), child(71, { pgrp: 60 })], [71]],
    ['waitid by number', 'waitid(1, 71, 0, 4)', [child(70), child(71)], [71]],
    ['waitid for a group', 'waitid(2, 70, 0, 4)', [child(70), child(71)], [70]],
    ['waitid for any', 'waitid(0, 0, 0, 4)', [child(70)], [70]],
    ['nobody’s child', 'wait4(99, 0, 0)', [child(70)], []],
  ])('%s: %s', async (_, call, children, expected) => {
    const wait = await waitOf({ processes: [init, parent(call), ...children] }, 60);
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual(expected);
    expect(wait.idle).toBe('idle-wait-child');
  });

  it('any child of several: followed unless one is free', async () => {
    const children = [child(70), child(71, { state: 'T' })];
    const wait = await waitOf({ processes: [init, parent('wait4(-1, 0, 0)'), ...children] }, 60);
    expect(wait.hops.map(({ next, unlessFree }) => [next?.pid, unlessFree])).toEqual([
      [70, true],
      [71, true],
    ]);
  });

  it('any child of very many: they are not looked at', async () => {
    const children = Array.from({ length: 9 }, (_, i) => child(70 + i));
    const wait = await waitOf({ processes: [init, parent('wait4(-1, 0, 0)'), ...children] }, 60);
    expect(wait.hops).toEqual([]);
  });

  it('by a pidfd, whose fdinfo tells the process', async () => {
    const caller = parent('waitid(3, 5, 0, 4)', {
      fds: { 5: 'rwe anon_inode:[pidfd]' },
      fdinfo: { 5: ['Pid: 71', 'NSpid: 71'] },
    });
    const wait = await waitOf({ processes: [init, caller, child(70), child(71)] }, 60);
    expect(wait.point).toBe('waitid(pidfd 5 = 71)');
    expect(paths(wait)).toEqual(['process:60 > process:71']);
    expect(wait.hops[0]?.edges[0]?.facts).toContainEqual({ path: '/proc/60/fdinfo/5', line: 'Pid:\t71' });
  });

  it('by the number that its own PID namespace counts, not ours', async () => {
    const caller = parent('wait4(7, 0, 0)', { nsPid: [60, 1] });
    const children = [child(70, { nsPid: [70, 6] }), child(71, { nsPid: [71, 7] })];
    const wait = await waitOf({ processes: [init, caller, ...children] }, 60);
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual([71]);
  });

  it('a child of another of its threads', async () => {
    const caller = parent('wait4(70, 0, 0)', { threads: [{ tid: 61 }] });
    const wait = await waitOf({ processes: [init, caller, child(70, { parentTid: 61 })] }, 60);
    expect(paths(wait)).toEqual(['thread:60 > process:70']);
  });

  it('its tracee, which is nobody’s child of its own', async () => {
    const tracee = child(70, { ppid: 1, tracerPid: 60 });
    const wait = await waitOf({ processes: [init, parent('wait4(70, 0, 0x40000000)'), tracee] }, 60);
    expect(wait.hops[0]).toMatchObject({ next: { pid: 70 }, edges: [{ how: 'it is its tracee' }] });
  });

  it('somebody, when its arguments may not be read', async () => {
    const caller = parent('wait4(70, 0, 0)', { denied: ['syscall', 'stack'] });
    const wait = await waitOf({ processes: [init, caller, child(70), child(71)] }, 60);
    expect(wait).toMatchObject({ kind: 'wait-child', point: 'wait for a child' });
    expect(wait.hops.map(({ unlessFree }) => unlessFree)).toEqual([true, true]);
  });
});
