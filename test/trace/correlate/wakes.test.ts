import { describe, expect, test } from 'vitest';
import type { FakeRow } from '../../support/fake-perf.ts';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

describe('who woke it', () => {
  const asleep: readonly FakeRow[] = [
    enter(10, 10_000, 61),
    { kind: 'switch', tid: 10, at: 12_000, a: 1, stack: ['do_wait', 'kernel_wait4'] },
    { kind: 'in', tid: 10, at: 60_000 },
    exit(10, 61_000, 61, 20),
  ];
  const line = at(10, 1000, '[  61] wait4(-1, NULL, 0, NULL) = 20 <0.000060000>');

  test('is the child that ended where strace reaped it first', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [
        { kind: 'fork', at: 5000, pid: 20, tid: 20, a: 10, b: 10 },
        { kind: 'comm', at: 5500, pid: 20, tid: 20, text: 'sleep' },
        ...asleep,
        { kind: 'schedExit', at: 40_000, tid: 20, a: 20, b: 1 },
      ],
      host: [
        {
          kind: 'waking',
          tid: 99,
          at: 50_000,
          a: 10,
          stack: ['try_to_wake_up', 'do_notify_parent', 'wait_consider_task', '__do_wait'],
        },
      ],
    });
    expect(calls.find(({ name }) => name === 'wait4')?.waker).toEqual({
      pid: 20,
      tid: 20,
      comm: 'sleep',
      how: 'child-exit',
    });
  });

  test('is a timer by its stack, whoever was interrupted', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [...asleep, enter(33, 20_000, 0)],
      host: [
        {
          kind: 'waking',
          tid: 33,
          at: 50_000,
          a: 10,
          stack: [
            'hrtimer_wakeup',
            '__hrtimer_run_queues',
            'hrtimer_interrupt',
            'asm_sysvec_apic_timer_interrupt',
          ],
        },
      ],
    });
    const waker = calls.find(({ name }) => name === 'wait4')?.waker;
    expect(waker?.how).toBe('timer');
    expect(waker?.during).toBeUndefined();
  });

  test('is known with the call that it was in', () => {
    const { calls } = correlate({
      strace: [line],
      perf: [...asleep, enter(33, 20_000, 1), exit(33, 55_000, 1, 1)],
      host: [{ kind: 'waking', tid: 33, at: 50_000, a: 10, stack: ['try_to_wake_up', 'anon_pipe_write'] }],
    });
    expect(calls.find(({ name }) => name === 'wait4')?.waker).toMatchObject({
      tid: 33,
      how: 'pipe',
      during: 'write',
    });
  });

  test('is a timer where the result says so and nobody recorded the wake-up', () => {
    const sleeps = (when: number, nr: number, returned: number): FakeRow[] => [
      enter(10, when, nr),
      { kind: 'switch', tid: 10, at: when + 1000, a: 1 },
      { kind: 'in', tid: 10, at: when + 50_000 },
      exit(10, when + 51_000, nr, returned),
    ];
    const { calls } = correlate({
      perf: [
        ...sleeps(10_000, 230, 0),
        ...sleeps(110_000, 7, 0),
        ...sleeps(210_000, 7, 1),
        ...sleeps(310_000, 202, -110),
        ...sleeps(410_000, 0, 0),
      ],
    });
    expect(calls.map(({ name, waker }) => [name, waker?.how])).toEqual([
      ['clock_nanosleep', 'timer'],
      ['poll', 'timer'],
      ['poll', undefined],
      ['futex', 'timer'],
      ['read', undefined],
    ]);
  });

  test('counts when it came while the sleeper was still on its way to sleep', () => {
    const { calls } = correlate({
      strace: [line],
      perf: asleep,
      host: [{ kind: 'waking', tid: 33, at: 11_900, a: 10, stack: ['try_to_wake_up', 'futex_wake'] }],
    });
    expect(calls[0]).toMatchObject({ blockedNs: 0, runnableNs: 48_000, waker: { tid: 33, how: 'futex' } });
  });
});
