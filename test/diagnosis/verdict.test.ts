import { expect, it } from 'vitest';
import type { FakeProcess } from '../support/fake-host.ts';
import { diagnosed } from '../support/looks.ts';
import { STORIES } from '../support/stories.ts';

it.each([
  ['d-fs-frozen', 'hung', false],
  ['d-vfork-wait', 'hung', true],
  ['pipe-held', 'hung', true],
  ['fuse-wait', 'hung', undefined],
  ['futex-deadlock', 'hung', true],
  ['wait-on-stopped-child', 'hung', true],
  ['pidns-teardown-stuck', 'hung', false],
  ['stopped', 'stopped', true],
  ['stopped-tty', 'stopped', true],
  ['cgroup-frozen', 'stopped', true],
  ['ptrace-stopped', 'stopped', true],
  ['ptrace-tracer-stopped', 'stopped', true],
  ['zombie-parent-not-waiting', 'degraded', undefined],
  ['pidns-init-not-reaping', 'degraded', undefined],
  ['pidns-fork-enomem', 'degraded', undefined],
  ['signal-blocked-pending', 'degraded', undefined],
  ['cmdline-unreadable', 'degraded', undefined],
])('%s is %s; SIGKILL would end it: %s', async (cause, state, killable) => {
  const { host, ask } = STORIES[cause]!;
  const { verdict, findings } = await diagnosed(host, ask);
  expect(verdict).toMatchObject({ state, summary: findings[0]?.title });
  expect(verdict.killable).toBe(killable);
  expect(verdict.idle).toBeUndefined();
});

it.each<[string, Partial<FakeProcess>, object]>([
  [
    'asleep',
    { call: 'nanosleep()', stack: 'hrtimer_nanosleep' },
    { state: 'healthy', idle: 'idle-timer', summary: 'asleep in nanosleep', killable: true },
  ],
  [
    'asleep with others',
    { threads: [{}, {}] },
    { state: 'healthy', summary: 'asleep in pause; 3 threads, all idle' },
  ],
  ['running', { state: 'R' }, { state: 'healthy', idle: 'running', summary: 'running' }],
  [
    'asleep where nobody knows',
    { call: 'bpf()', stack: 'some_new_function < __x64_sys_bpf' },
    { state: 'unknown' },
  ],
  [
    'a kernel thread',
    { kthread: true, state: 'I', stack: 'worker_thread < kthread' },
    { state: 'healthy', idle: 'idle-kthread' },
  ],
])('who is %s', async (_, changes, verdict) => {
  const diagnosis = await diagnosed({ processes: [{ pid: 1 }, { pid: 60, comm: 'app', ...changes }] }, 60);
  expect(diagnosis.verdict).toMatchObject(verdict);
});

it('of one thread says that there are others, and nothing of them', async () => {
  const processes = [{ pid: 1 }, { pid: 60, threads: [{ tid: 61 }, { tid: 62 }] }];
  const { verdict } = await diagnosed({ processes }, 61);
  expect(verdict.summary).toBe('asleep in pause; one of 3 threads');
});

it('says for how long it has not moved', async () => {
  const diagnosis = await diagnosed(
    { processes: [{ pid: 1 }, { pid: 60, state: 'T', exitCode: 19, asleep: 3600 }] },
    60,
  );
  expect(diagnosis.verdict.seconds).toBeCloseTo(3600, 0);
});
