import { type Call, flagAt, isWord, numberAt } from '../call.ts';
import type { DescriptorKind } from './kind.ts';

/** How the new descriptor of a call behaves over exec; undefined = this record does not tell. */
type CloseOnExec = (call: Call) => boolean | undefined;

/** A system call whose result is a new descriptor on a new open file description. */
export interface Maker {
  readonly kind: DescriptorKind | ((call: Call) => DescriptorKind);
  readonly closeOnExec: CloseOnExec;
  /** Calls of this name that return no new descriptor (a command that does something else, signalfd on an old one). */
  readonly unless?: (call: Call) => boolean;
}

const O_CLOEXEC = 0x80000;
const O_DIRECTORY = 0x10000;

const always: CloseOnExec = () => true;
const never: CloseOnExec = () => false;
const flag =
  (index: number, name: string, bit: number): CloseOnExec =>
  (call) =>
    flagAt(call, index, name, bit);

const opened = (flags: number) => ({
  kind: (call: Call): DescriptorKind =>
    flagAt(call, flags, 'O_DIRECTORY', O_DIRECTORY) === true ? 'directory' : 'file',
  closeOnExec: flag(flags, 'O_CLOEXEC', O_CLOEXEC),
});

const BPF_MAKES =
  /^BPF_(?:MAP_CREATE|PROG_LOAD|OBJ_GET|RAW_TRACEPOINT_OPEN|BTF_LOAD|(?:PROG|MAP|BTF|LINK)_GET_FD_BY_ID|LINK_CREATE|ITER_CREATE|ENABLE_STATS|TOKEN_CREATE)$/;
/** The same as numbers (include/uapi/linux/bpf.h, enum bpf_cmd). */
const BPF_NUMBERS = new Set([0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33, 36]);

/** ioctl(2) requests that return a descriptor: ioctl_ns(2), ioctl_tty(2), KVM's API. */
const IOCTL_MAKES = /^(?:NS_GET_(?:USERNS|PARENT)|TIOCGPTPEER|KVM_CREATE_(?:VM|VCPU)|SIOCGSKNS)$/;

/**
 * Flags: the man page of each call; that some close on exec whatever they are told: bpf(2), io_uring_setup(2),
 * pidfd_open(2), pidfd_getfd(2), landlock_create_ruleset(2), seccomp(2), and ipc/mqueue.c (do_mq_open) for mq_open.
 */
export const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['open', opened(1)],
  ['openat', opened(2)],
  ['openat2', opened(2)],
  ['open_by_handle_at', opened(2)],
  ['creat', { kind: 'file', closeOnExec: never }],
  ['socket', { kind: 'socket', closeOnExec: flag(1, 'SOCK_CLOEXEC', O_CLOEXEC) }],
  ['accept', { kind: 'socket', closeOnExec: never }],
  ['accept4', { kind: 'socket', closeOnExec: flag(3, 'SOCK_CLOEXEC', O_CLOEXEC) }],
  ['epoll_create', { kind: 'epoll', closeOnExec: never }],
  ['epoll_create1', { kind: 'epoll', closeOnExec: flag(0, 'EPOLL_CLOEXEC', O_CLOEXEC) }],
  ['eventfd', { kind: 'eventfd', closeOnExec: never }],
  ['eventfd2', { kind: 'eventfd', closeOnExec: flag(1, 'EFD_CLOEXEC', O_CLOEXEC) }],
  ['signalfd', { kind: 'signalfd', closeOnExec: never, unless: onOldDescriptor }],
  [
    'signalfd4',
    { kind: 'signalfd', closeOnExec: flag(3, 'SFD_CLOEXEC', O_CLOEXEC), unless: onOldDescriptor },
  ],
  ['timerfd_create', { kind: 'timerfd', closeOnExec: flag(1, 'TFD_CLOEXEC', O_CLOEXEC) }],
  ['inotify_init', { kind: 'inotify', closeOnExec: never }],
  ['inotify_init1', { kind: 'inotify', closeOnExec: flag(0, 'IN_CLOEXEC', O_CLOEXEC) }],
  ['fanotify_init', { kind: 'fanotify', closeOnExec: flag(0, 'FAN_CLOEXEC', 1) }],
  ['memfd_create', { kind: 'memfd', closeOnExec: flag(1, 'MFD_CLOEXEC', 1) }],
  ['memfd_secret', { kind: 'memfd', closeOnExec: flag(0, 'O_CLOEXEC', O_CLOEXEC) }],
  ['userfaultfd', { kind: 'userfaultfd', closeOnExec: flag(0, 'O_CLOEXEC', O_CLOEXEC) }],
  ['perf_event_open', { kind: 'perf', closeOnExec: flag(4, 'PERF_FLAG_FD_CLOEXEC', 8) }],
  ['io_uring_setup', { kind: 'io_uring', closeOnExec: always }],
  ['pidfd_open', { kind: 'pidfd', closeOnExec: always }],
  ['pidfd_getfd', { kind: 'unknown', closeOnExec: always }],
  ['open_tree', { kind: 'mount', closeOnExec: flag(2, 'OPEN_TREE_CLOEXEC', O_CLOEXEC) }],
  ['fsopen', { kind: 'mount', closeOnExec: flag(1, 'FSOPEN_CLOEXEC', 1) }],
  ['fsmount', { kind: 'mount', closeOnExec: flag(1, 'FSMOUNT_CLOEXEC', 1) }],
  ['fspick', { kind: 'mount', closeOnExec: flag(2, 'FSPICK_CLOEXEC', 1) }],
  ['mq_open', { kind: 'file', closeOnExec: always }],
  [
    'landlock_create_ruleset',
    // With flags it answers with a version, or with errata.
    { kind: 'other', closeOnExec: always, unless: (call) => numberAt(call, 2) !== 0 },
  ],
  [
    'seccomp',
    {
      kind: 'other',
      closeOnExec: always,
      unless: (call) => flagAt(call, 1, 'SECCOMP_FILTER_FLAG_NEW_LISTENER', 8) !== true,
    },
  ],
  [
    'bpf',
    {
      kind: 'bpf',
      closeOnExec: always,
      unless: (call) => !(BPF_MAKES.test(call.args[0] ?? '') || BPF_NUMBERS.has(numberAt(call, 0) ?? -1)),
    },
  ],
  [
    'ioctl',
    { kind: 'unknown', closeOnExec: always, unless: (call) => !IOCTL_MAKES.test(call.args[1] ?? '') },
  ],
]);

/** signalfd with a descriptor changes that one and returns its number. */
function onOldDescriptor(call: Call): boolean {
  return !isWord(call, 0, '-1', -1) && !/^0x(?:[\da-f]{8})?f{8}$/i.test(call.args[0] ?? '');
}
