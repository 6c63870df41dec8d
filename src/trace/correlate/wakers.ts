import type { WakeKind } from '../event.ts';

/**
 * What a stack under sched_waking says of the reason, the first that matches. A timer's or a disk's interrupt comes over
 * whoever has the CPU: its pid says nothing, so interrupts are told apart by these names alone. Names
 * are whole words or beginnings, as kernels from 5.10 to 7.2 have them.
 */
const KINDS: readonly (readonly [RegExp, WakeKind])[] = [
  [
    /^(?:ptrace_request|ptrace_resume|ptrace_attach|__ptrace_detach|ptrace_check_attach|ptrace_stop|ptrace_notify|ptrace_event|ptrace_do_notify)/,
    'ptrace',
  ],
  [/^(?:hrtimer_wakeup|process_timeout|it_real_fn|posix_timer_fn|alarm_timer|timerfd_)/, 'timer'],
  [/^(?:do_notify_parent|wake_up_parent|__wake_up_parent|release_task)/, 'child-exit'],
  [/^(?:futex_wake|do_futex|mark_wake_futex|wake_futex|futex_requeue|futex_unlock_pi|rt_mutex_)/, 'futex'],
  [/^(?:anon_pipe_write|anon_pipe_read|pipe_write|pipe_read|pipe_release|fifo_)/, 'pipe'],
  [
    /^(?:sock_def_|unix_stream_|unix_dgram_|unix_write_space|tcp_|udp_|__sock_queue|skb_queue|netlink_)/,
    'socket',
  ],
  [/^eventfd_/, 'eventfd'],
  [/^(?:complete_signal|__send_signal|send_signal|signal_wake_up|do_send_sig|group_send_sig)/, 'signal'],
  [
    /^(?:bio_endio|blk_update_request|blk_mq_|end_buffer_|folio_end_|end_page_|scsi_|nvme_|virtblk_|submit_bio_wait_endio|wake_up_page|folio_wake|unlock_page|folio_unlock)/,
    'disk',
  ],
  [/^(?:mm_release|exec_mm_release)/, 'exec'],
  [/^(?:ep_poll_callback|ep_)/, 'epoll'],
  // process_timeout itself leaves by a jump, and with it the stack.
  [/^(?:call_timer_fn|__run_timers|run_timer_|expire_timers)/, 'timer'],
  [/^(?:worker_thread|process_one_work|kthread|rcu_|swake_up|insert_work|__queue_work|kick_pool)/, 'kernel'],
  [
    /^(?:asm_sysvec_|sysvec_|common_interrupt|asm_common_interrupt|irq_exit|__irq_exit|handle_softirqs|__do_softirq|handle_irq_|__handle_irq_|generic_handle_|gic_handle_irq|call_on_irq_stack|el[01][ht]_64_irq|el[01]_interrupt)/,
    'interrupt',
  ],
];

/** Where an interrupt comes over whoever runs: x86, arm64. */
const ENTRY = /^(?:asm_sysvec_|asm_common_interrupt|common_interrupt|sysvec_|el[01][ht]_64_irq|el[01]_irq)/;

/** Stacks are interned by their readers: the same array is the same stack. */
const known = new WeakMap<readonly string[], WakeKind>();

/** The reason of a wake-up by its kernel stack, the innermost function first. */
export function wakeKind(stack: readonly string[]): WakeKind {
  let kind = known.get(stack);
  if (kind === undefined) {
    // What lies behind the entry is what was interrupted, and has nothing to do with it.
    const entry = stack.findIndex((frame) => ENTRY.test(frame));
    kind = kindOf(entry < 0 ? stack : stack.slice(0, entry + 1));
    known.set(stack, kind);
  }
  return kind;
}

function kindOf(stack: readonly string[]): WakeKind {
  const kind = KINDS.find(([pattern]) => stack.some((frame) => pattern.test(frame)))?.[1];
  if (kind === undefined) return 'other';
  // A futex woken by a dying thread (CLONE_CHILD_CLEARTID) is a join; vfork's wait ends by the same way, at exec or exit.
  if (kind === 'futex' || kind === 'exec') {
    const exits = stack.some((frame) => frame.startsWith('do_exit'));
    if (exits && kind === 'futex') return 'thread-exit';
    if (exits) return 'child-exit';
  }
  // Epoll is only how it came on; what lies under it is what happened.
  return kind;
}

/** Whether the wake-up came out of an interrupt, so that whoever had the CPU has nothing to do with it. */
export function isInterrupt(stack: readonly string[]): boolean {
  return stack.some((frame) =>
    /^(?:asm_sysvec_|sysvec_|asm_common_interrupt|common_interrupt|irq_exit|__irq_exit|handle_softirqs|__do_softirq|do_softirq|handle_irq_|__handle_irq_|generic_handle_|gic_handle_irq|call_on_irq_stack|el[01][ht]_64_irq|el[01]_interrupt|hrtimer_interrupt|__hrtimer_run_queues)/.test(
      frame,
    ),
  );
}

const SLEEPS = /^(?:clock_)?nanosleep$/;
const WATCHES = /^(?:poll|ppoll|select|pselect6|_newselect|epoll_wait|epoll_pwait|epoll_pwait2)$/;
const ETIMEDOUT = -110;

/**
 * A timer ended the sleep, as the result says: nanosleep comes back with 0 only then, poll and its like with nothing ready.
 * Kernels do not tell perf of every wake-up out of an interrupt that comes over an idle CPU.
 */
export function endedByTimer(name: string, returned: number | undefined): boolean {
  if (returned === ETIMEDOUT) return true;
  return returned === 0 && (SLEEPS.test(name) || WATCHES.test(name));
}
