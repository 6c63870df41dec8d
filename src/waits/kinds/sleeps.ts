import type { ProcessEvidence } from '../../evidence/process.ts';
import { fdFact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode } from '../nodes.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** A healthy sleep that nobody else is to blame for, by its system call or its frames. */
interface Sleep {
  readonly idle: string;
  readonly calls?: RegExp;
  readonly frames?: RegExp;
  readonly subsystem?: 'sleep' | 'signal-wait' | 'inotify' | 'fuse' | 'io_uring' | 'kthread-idle';
  /** Its first argument is a descriptor worth naming. */
  readonly fd?: boolean;
}

const SLEEPS: readonly Sleep[] = [
  {
    idle: 'idle-fuse-daemon',
    frames: /^(?:fuse_dev_do_read|fuse_dev_do_splice_read)$/,
    subsystem: 'fuse',
    fd: true,
  },
  {
    idle: 'idle-timer',
    calls: /^(?:nanosleep|clock_nanosleep)$/,
    frames: /^(?:hrtimer_nanosleep|do_nanosleep|common_nsleep|alarm_timer_nsleep)$/,
    subsystem: 'sleep',
  },
  { idle: 'idle-timer', frames: /^timerfd_read(?:_iter)?$/, fd: true, subsystem: 'sleep' },
  {
    idle: 'idle-signal',
    calls: /^(?:pause|rt_sigsuspend|rt_sigtimedwait)$/,
    frames: /^(?:__do_sys_pause|sys_pause|__x64_sys_pause|sigsuspend|do_sigtimedwait)$/,
    subsystem: 'signal-wait',
  },
  {
    idle: 'idle-signal',
    frames: /^signalfd_(?:read|read_iter|dequeue)$/,
    fd: true,
    subsystem: 'signal-wait',
  },
  { idle: 'idle-inotify', frames: /^(?:inotify_read|fanotify_read)$/, fd: true, subsystem: 'inotify' },
  {
    idle: 'idle-ipc',
    calls: /^(?:semop|semtimedop|msgrcv|mq_timedreceive)$/,
    frames: /^(?:__do_semtimedop|do_semtimedop|do_msgrcv|do_mq_timedreceive|wq_sleep)$/,
  },
  { idle: 'idle-aio', calls: /^io_p?getevents$/, frames: /^(?:read_events|wait_for_kiocb)$/ },
  {
    idle: 'idle-io-uring',
    calls: /^io_uring_enter$/,
    frames: /^(?:io_cqring_wait\w*|__do_sys_io_uring_enter|io_wq_worker|io_wqe_worker|io_sq_thread)$/,
    subsystem: 'io_uring',
  },
  {
    idle: 'idle-read',
    frames:
      /^(?:eventfd_read|do_wait_intr_irq|userfaultfd_read|userfaultfd_ctx_read|perf_read|do_syslog|syslog_print|devkmsg_read|hidraw_read|evdev_read|uinput_read|tun_do_read|vhost_\w+|rfkill_\w+|autofs_\w+read|cuse_\w+|seq_read_iter|random_read_iter|urandom_read_iter|kmsg_read|proc_reg_read\w*|snd_\w+read)$/,
    fd: true,
  },
  { idle: 'idle-read', frames: /^seccomp_notify_\w+$/, fd: true },
];

/** Timers, signals, inotify, IPC and other interruptible sleeps, each healthy by itself. */
export const sleeps: Resolver = (context) => {
  const { evidence, process, thread } = context;
  if (thread.state !== 'S' && thread.state !== 'I') return undefined;
  const name = thread.syscallName ?? '';
  const found =
    SLEEPS.find(({ frames }) => frames !== undefined && inFrames(thread, frames, 3)) ??
    SLEEPS.find(({ calls }) => calls?.test(name));
  if (found === undefined) return undefined;
  const children = name === 'rt_sigsuspend' ? awaitedChildren(context) : [];
  const areStopped = children.every((child) => child.state === 'T');
  const fd = found.fd === true ? thread.intArgument(0) : undefined;
  const target = fd === undefined ? undefined : process.fd(fd)?.target;
  return waitOf(context, {
    kind: 'sleep',
    point: target === undefined ? name || (thread.frames[0] ?? 'sleep') : `${name}(${fd}, ${target})`,
    idle: found.idle,
    ...(found.subsystem === undefined ? {} : { subsystem: found.subsystem }),
    killable: true,
    hops: children.map((child) => ({
      soft: true,
      ...(areStopped ? { stopsOnly: true } : { unlessFree: true }),
      next: { pid: child.pid },
      edges: [
        edge(
          context.node,
          processNode(child),
          'waits for the end of',
          'SIGCHLD',
          areStopped
            ? 'a shell’s wait sleeps like this, and all of its children are stopped'
            : 'a shell’s wait and timeout sleep like this, and none of its children gets on',
          stateFact(evidence, child),
          'likely',
        ),
      ],
    })),
    facts: [...pointFacts(evidence, thread), ...(fd === undefined ? [] : fdFact(process, fd))],
  });
};

const SIGCHLD_BIT = 1n << 16n;

/** Of very many children one is free as a rule: a server's workers are not looked at. */
const CHILDREN_FOLLOWED = 8;

/**
 * The `wait` of dash, any command of zsh, and timeout(1) wait for children in sigsuspend: told only when a handler for
 * SIGCHLD is there, and none of the children is free.
 */
function awaitedChildren({ evidence, process }: WaitContext): ProcessEvidence[] {
  if (((process.status?.sigCgt ?? 0n) & SIGCHLD_BIT) === 0n) return [];
  const children = process.children
    .map((pid) => evidence.process(pid))
    .filter((child) => child !== undefined);
  if (children.every((child) => child.state === 'T')) return children.slice(0, CHILDREN_FOLLOWED);
  return children.length <= CHILDREN_FOLLOWED ? children : [];
}
