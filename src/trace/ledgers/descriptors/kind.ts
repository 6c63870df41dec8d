import { fdTarget } from '../../../procfs/fd-links.ts';

/** What a descriptor leads to. */
export type DescriptorKind =
  | 'file'
  | 'directory'
  | 'device'
  | 'pipe'
  | 'socket'
  | 'epoll'
  | 'eventfd'
  | 'timerfd'
  | 'signalfd'
  | 'inotify'
  | 'fanotify'
  | 'memfd'
  | 'pidfd'
  | 'userfaultfd'
  | 'io_uring'
  | 'perf'
  | 'bpf'
  | 'mount'
  | 'other'
  | 'unknown';

const ANONYMOUS: Readonly<Record<string, DescriptorKind>> = {
  eventpoll: 'epoll',
  eventfd: 'eventfd',
  timerfd: 'timerfd',
  signalfd: 'signalfd',
  inotify: 'inotify',
  fanotify: 'fanotify',
  pidfd: 'pidfd',
  userfaultfd: 'userfaultfd',
  io_uring: 'io_uring',
  perf_event: 'perf',
  'bpf-map': 'bpf',
  'bpf-prog': 'bpf',
  'bpf-link': 'bpf',
  bpf_link: 'bpf',
  btf: 'bpf',
  fscontext: 'mount',
};

/** By the target of its link (/proc/PID/fd) or by what `strace -y` and `-yy` put in its place. */
export function kindOfTarget(target: string): DescriptorKind {
  const known = fdTarget(target);
  switch (known.kind) {
    case 'pipe':
    case 'socket':
    case 'memfd':
      return known.kind;
    case 'anon':
      return ANONYMOUS[known.name ?? ''] ?? 'other';
    case 'file':
    case 'deleted':
      return /^\/dev\/(?!shm\/|mqueue\/|hugepages\/)/.test(target) ? 'device' : 'file';
    case 'ns':
      return 'other';
    case 'other':
      // -yy: `TCP:[127.0.0.1:80->127.0.0.1:3342]`, `UNIX-STREAM:[77->78]`, `NETLINK:[ROUTE:4711]`.
      return /^[A-Z][A-Za-z0-9_-]*:\[/.test(target) ? 'socket' : 'other';
  }
}
