import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { causes, diagnosed, told, waitOf } from '../../support/looks.ts';

const ROOT = '/sys/fs/cgroup';
const V1: FakeHost['mounts'] = [
  { at: '/sys/fs/cgroup/memory', fs: 'cgroup', dev: '0:30', options: 'rw,memory' },
];
const eater: FakeProcess = {
  pid: 60,
  comm: 'eater',
  state: 'D',
  call: 'page fault',
  stack: 'mem_cgroup_handle_over_high < irqentry_exit_to_user_mode < asm_exc_page_fault',
  cgroup: '/a/b',
};
const high = (limits: Record<string, readonly [limit: string, current: number]>, kind = '') =>
  Object.fromEntries(
    Object.entries(limits).flatMap(([cgroup, [limit, current]]) => [
      [`${ROOT}${cgroup}/memory${kind}.high`, `${limit}\n`],
      [`${ROOT}${cgroup}/memory${kind}.current`, `${current}\n`],
    ]),
  );

describe('a pause above memory.high', () => {
  it.each([
    ['its own', high({ '/a/b': ['4096', 8192], '/a': ['max', 8192] }), '/a/b', 'memory.high'],
    ['an ancestor', high({ '/a/b': ['max', 8192], '/a': ['4096', 8192] }), '/a', 'memory.high'],
    [
      'the one that is exceeded most',
      high({ '/a/b': ['4096', 5000], '/a': ['4096', 8192] }),
      '/a',
      'memory.high',
    ],
    [
      'one of swap',
      { ...high({ '/a/b': ['8192', 4096] }), ...high({ '/a/b': ['4096', 8192] }, '.swap') },
      '/a/b',
      'memory.swap.high',
    ],
  ])('is the doing of %s', async (_, files, cgroup, on) => {
    const wait = await waitOf({ files, processes: [eater] }, 60);
    expect(wait).toMatchObject({ kind: 'memory-high', subsystem: 'memcg-throttle', killable: true });
    expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: `cgroup:${ROOT}${cgroup}` }, on });
  });

  it.each([
    '__mem_cgroup_handle_over_high < exit_to_user_mode_loop < do_syscall_64',
    'mem_cgroup_handle_over_high < try_charge_memcg < mem_cgroup_charge < do_anonymous_page',
  ])('is told by %s', async (stack) => {
    const wait = await waitOf({ processes: [{ ...eater, stack }] }, 60);
    expect(wait.kind).toBe('memory-high');
    // Which cgroup it is could not be read.
    expect(wait.hops[0]?.edges[0]?.to.kind).toBe('kernel');
  });

  const files = high({ '/a/b': [`${4 << 20}`, 9 << 20] });
  it('is told though it gets on by some pages now and then', async () => {
    const diagnosis = await diagnosed(
      {
        files,
        processes: [{ ...eater, asleep: 0.4, switches: 5 }],
        looks: [{ 60: {} }, { 60: { switches: 6, stime: 1 } }],
      },
      60,
    );
    expect(told(diagnosis)).toEqual([`cgroup-memory-high → cgroup:${ROOT}/a/b`]);
    expect(diagnosis.findings[0]?.summary).toContain('it has 9 MB, and memory.high is 4 MB');
    expect(diagnosis.verdict).toMatchObject({ state: 'degraded', killable: true });
  });

  it.each([
    ['is told of one that was seen to run for a moment', 2, true],
    ['is not told of one that works most of the time', 60, false],
  ])('%s', async (_, utime, isTold) => {
    const runs = { state: 'R', stack: '', call: 'running' };
    const diagnosis = await diagnosed(
      {
        files,
        processes: [{ ...eater, ...runs, utime: 0, stime: 0 }],
        looks: [{ 60: { ...eater, asleep: 0.1, utime, stime: 0, switches: 9 } }],
      },
      60,
    );
    expect(causes(diagnosis).includes('cgroup-memory-high')).toBe(isTold);
  });
});

describe('a cgroup of version 1 that is out of memory and may not kill', () => {
  const paused: FakeProcess = {
    ...eater,
    stack: 'mem_cgroup_oom_synchronize < pagefault_out_of_memory < exc_page_fault',
    controllers: { memory: '/x/y' },
  };
  const control = (disabled: number, under: number) =>
    `oom_kill_disable ${disabled}\nunder_oom ${under}\noom_kill 0\n`;

  it.each([
    ['its own', { '/x/y': control(1, 1), '/x': control(0, 0) }, `cgroup:${ROOT}/memory/x/y`],
    ['the one above', { '/x/y': control(0, 1), '/x': control(1, 1) }, `cgroup:${ROOT}/memory/x`],
    ['one that cannot be read', {}, 'kernel:memcg-throttle:60'],
  ])('is %s', async (_, controls, expected) => {
    const files = Object.fromEntries(
      Object.entries(controls).map(([path, text]) => [`${ROOT}/memory${path}/memory.oom_control`, text]),
    );
    const diagnosis = await diagnosed({ files, mounts: V1, processes: [paused] }, 60);
    expect(told(diagnosis)).toEqual([`cgroup-oom-paused → ${expected}`]);
    expect(diagnosis.verdict).toMatchObject({ state: 'hung', killable: true });
  });
});
