import { expect, test } from 'vitest';
import { isInterrupt, wakeKind } from '../../../src/trace/correlate/wakers.ts';

const INTERRUPT = ['handle_softirqs', '__irq_exit_rcu', 'asm_sysvec_apic_timer_interrupt'];

test.each([
  // Seen on 6.1: process_timeout is not on the stack.
  ['timer', ['try_to_wake_up', 'call_timer_fn', '__run_timers', 'run_timer_softirq', ...INTERRUPT]],
  ['timer', ['try_to_wake_up', 'hrtimer_wakeup', '__hrtimer_run_queues', 'hrtimer_interrupt', 'el1h_64_irq']],
  ['kernel', ['try_to_wake_up', 'swake_up_one', 'rcu_core', ...INTERRUPT]],
  ['interrupt', ['try_to_wake_up', ...INTERRUPT]],
])('an interrupt is a wake-up by a %s, whatever it came over', (how, stack) => {
  expect(wakeKind(stack)).toBe(how);
  expect(wakeKind([...stack, 'ptrace_stop', 'ptrace_notify', 'do_syscall_64'])).toBe(how);
  expect(wakeKind([...stack, 'futex_wake', 'do_exit'])).toBe(how);
});

test.each([
  ['ptrace', ['try_to_wake_up', 'ptrace_request', 'arch_ptrace', '__x64_sys_ptrace']],
  [
    'pipe',
    ['try_to_wake_up', 'autoremove_wake_function', '__wake_up_common_lock', 'pipe_write', 'vfs_write'],
  ],
  ['child-exit', ['try_to_wake_up', '__wake_up_common', 'do_notify_parent', 'do_exit', 'do_group_exit']],
  ['thread-exit', ['try_to_wake_up', 'wake_up_q', 'futex_wake', 'do_futex', 'mm_release', 'do_exit']],
  ['socket', ['try_to_wake_up', 'ep_poll_callback', 'sock_def_readable', 'unix_stream_sendmsg']],
])('a thread wakes another by %s', (how, stack) => {
  expect(wakeKind(stack)).toBe(how);
});

/** Seen on arm64, where a stack of twelve ends before the entry. */
test('a device’s interrupt is one, though its stack does not go down to the entry', () => {
  const stack = [
    'try_to_wake_up',
    '__wake_up',
    'vring_interrupt',
    '__handle_irq_event_percpu',
    'handle_irq_event',
  ];
  expect(wakeKind(stack)).toBe('interrupt');
  expect(isInterrupt(stack)).toBe(true);
});
