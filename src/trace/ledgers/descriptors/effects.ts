import type { SyscallEvent } from '../../event.ts';
import {
  callOf,
  type DescriptorArgument,
  descriptorAt,
  descriptorIn,
  descriptorReturned,
  descriptorsWithin,
  endOf,
  firstRaw,
  flagAt,
  isRaw,
  isWord,
  numberAt,
  pidAt,
  pidReturned,
  stringAt,
  succeeded,
} from '../call.ts';
import type { ToldPid } from '../tasks.ts';
import { type Changes, foundDescription, shortWhat } from './changes.ts';
import { rememberCopy, rememberRange } from './early.ts';
import { MAKERS } from './makers.ts';
import { addressText } from './messages.ts';
import { meet } from './met.ts';
import type { Slot, Table } from './table.ts';

/** What a system call does to the descriptors of the process that made it. */
export type Effect = (changes: Changes, table: Table, event: SyscallEvent) => void;

/** Numbers of names where a call shows bare registers: include/uapi/linux/fcntl.h, asm-generic/ioctls.h. */
const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_DUPFD_CLOEXEC = 1030;
const FIONCLEX = 0x5450;
const FIOCLEX = 0x5451;
const O_CLOEXEC = 0x80000;
/** include/uapi/linux/close_range.h, sched.h */
const CLOSE_RANGE_CLOEXEC = 4;
const CLONE_PIDFD = 0x1000;

const HIGHEST_DESCRIPTOR = 0x7fff_ffff;

/** The effects of all calls by their names, but for those that pass descriptors on (passing.ts). */
export const EFFECTS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ...[...MAKERS.keys()].map((name): [string, Effect] => [name, make]),
  ['ioctl', ioctl],
  ['pipe', pipe],
  ['pipe2', pipe],
  ['socketpair', socketpair],
  ['dup', duplicate],
  ['dup2', duplicate],
  ['dup3', duplicate],
  ['fcntl', fcntl],
  ['fcntl64', fcntl],
  ['close', close],
  ['close_range', closeRange],
  ['clone', clonePidfd],
  ['clone3', clonePidfd],
  ['fstat', (_, table, event) => meet(table, event)],
  ['newfstatat', (_, table, event) => meet(table, event)],
  ['connect', address],
  ['bind', address],
]);

function make(changes: Changes, table: Table, event: SyscallEvent): void {
  const maker = MAKERS.get(event.name);
  if (maker === undefined) return;
  const descriptor = descriptorReturned(event);
  if (descriptor === undefined) {
    changes.failed(event);
    return;
  }
  const call = callOf(event);
  if (maker.unless?.(call) === true) return;
  const kind = typeof maker.kind === 'function' ? maker.kind(call) : maker.kind;
  const what = stringAt(call, 0) ?? stringAt(call, 1) ?? (call.raw ? '' : event.args);
  changes.add(table, event, {
    descriptor,
    leadsTo: { kind, what: shortWhat(what) },
    how: event.name.startsWith('accept') ? 'accepted' : 'opened',
    closeOnExec: maker.closeOnExec(call),
  });
  if (event.name === 'pidfd_open') standsFor(table, descriptor.fd, pidAt(call, 0));
}

function pipe(changes: Changes, table: Table, event: SyscallEvent): void {
  const closeOnExec = event.name === 'pipe' ? false : flagAt(callOf(event), 1, 'O_CLOEXEC', O_CLOEXEC);
  pair(changes, table, event, { kind: 'pipe', at: 0, closeOnExec });
}

function socketpair(changes: Changes, table: Table, event: SyscallEvent): void {
  const closeOnExec = flagAt(callOf(event), 1, 'SOCK_CLOEXEC', O_CLOEXEC);
  pair(changes, table, event, { kind: 'socket', at: 3, closeOnExec });
}

/** Two descriptors, which the argument `at` tells. */
function pair(
  changes: Changes,
  table: Table,
  event: SyscallEvent,
  made: {
    readonly kind: 'pipe' | 'socket';
    readonly at: number;
    readonly closeOnExec: boolean | undefined;
  },
): void {
  if (!succeeded(event)) {
    changes.failed(event);
    return;
  }
  const { kind, at, closeOnExec } = made;
  const fds = descriptorsWithin(callOf(event).args[at] ?? '');
  if (fds.length !== 2) {
    changes.unknown(event, 2, 0);
    return;
  }
  for (const descriptor of fds) {
    changes.add(table, event, { descriptor, leadsTo: { kind, what: kind }, how: 'pair', closeOnExec });
  }
  const [one, other] = fds.map(({ fd }) => table.slots.get(fd)?.description);
  if (one === undefined || other === undefined) return;
  one.peer = other;
  other.peer = one;
}

function duplicate(changes: Changes, table: Table, event: SyscallEvent): void {
  const returned = descriptorReturned(event);
  if (returned === undefined) {
    changes.failed(event);
    return;
  }
  const call = callOf(event);
  const from = descriptorAt(call, 0);
  if (from === undefined || from.fd === returned.fd) return;
  const closeOnExec = event.name === 'dup3' ? flagAt(call, 2, 'O_CLOEXEC', O_CLOEXEC) : false;
  const arranged = event.name !== 'dup' && closeOnExec !== true;
  copy(changes, table, event, { from, to: returned, closeOnExec, arranged });
}

function copy(
  changes: Changes,
  table: Table,
  event: SyscallEvent,
  made: {
    readonly from: DescriptorArgument;
    readonly to: DescriptorArgument;
    readonly closeOnExec: boolean | undefined;
    readonly arranged: boolean;
  },
): void {
  const { from, to, closeOnExec, arranged } = made;
  const known = table.slots.get(from.fd)?.description;
  if (known === undefined) rememberCopy(table.early, from.fd, to.fd);
  const leadsTo = known ?? foundDescription(from.target ?? to.target, table.met?.get(from.fd));
  changes.add(table, event, { descriptor: to, leadsTo, how: 'duplicated', closeOnExec, arranged });
}

function fcntl(changes: Changes, table: Table, event: SyscallEvent): void {
  if (!/F_(?:DUPFD|[GS]ETFD)|^\S+ 0x(?:0|1|2|406),?/.test(event.args)) return;
  const call = callOf(event);
  const from = descriptorAt(call, 0);
  if (from === undefined) return;
  const closeOnExec = isWord(call, 1, 'F_DUPFD_CLOEXEC', F_DUPFD_CLOEXEC);
  if (closeOnExec || isWord(call, 1, 'F_DUPFD', F_DUPFD)) {
    const to = descriptorReturned(event);
    if (to === undefined) changes.failed(event);
    else copy(changes, table, event, { from, to, closeOnExec, arranged: false });
    return;
  }
  const slot = table.slots.get(from.fd);
  if (!succeeded(event)) return;
  const setting = isWord(call, 1, 'F_SETFD', F_SETFD) ? flagAt(call, 2, 'FD_CLOEXEC', 1) : undefined;
  if (slot === undefined) {
    if (setting !== undefined) table.early?.closeOnExec.set(from.fd, setting);
    return;
  }
  if (isWord(call, 1, 'F_SETFD', F_SETFD)) setCloseOnExec(slot, setting);
  else if (isWord(call, 1, 'F_GETFD', F_GETFD)) slot.closeOnExec = (event.result & 1) !== 0;
}

function ioctl(changes: Changes, table: Table, event: SyscallEvent): void {
  if (!/, (?:FION?CLEX|0x545[01]\b|NS_GET|TIOCGPTPEER|KVM_CREATE|SIOCGSKNS)/.test(event.args)) return;
  const call = callOf(event);
  const closing = isWord(call, 1, 'FIOCLEX', FIOCLEX);
  if (!closing && !isWord(call, 1, 'FIONCLEX', FIONCLEX)) {
    make(changes, table, event);
    return;
  }
  const slot = table.slots.get(descriptorAt(call, 0)?.fd ?? -1);
  if (slot !== undefined && succeeded(event)) setCloseOnExec(slot, closing);
}

function setCloseOnExec(slot: Slot, closing: boolean | undefined): void {
  if (closing === false && slot.closeOnExec !== false) slot.arranged = true;
  slot.closeOnExec = closing;
}

function close(changes: Changes, table: Table, event: SyscallEvent): void {
  if (event.errno === 'EBADF') {
    changes.failed(event);
    return;
  }
  // Linux frees the number whatever else close(2) answers; also when the thread never comes back from it.
  const fd = descriptorIn(isRaw(event) ? firstRaw(event.args) : event.args)?.fd;
  const slot = fd === undefined ? undefined : table.slots.get(fd);
  if (slot === undefined) {
    if (fd !== undefined) {
      table.met?.delete(fd);
      rememberRange(table.early?.closed, fd, fd);
    }
    changes.unknown(event, 0, 1);
    return;
  }
  // A slow close of the number's last owner, told after the number was given out again.
  if (slot.made.tid !== event.tid && event.startNs < slot.sinceNs) return;
  changes.remove(table, slot, 'close', endOf(event));
}

function closeRange(changes: Changes, table: Table, event: SyscallEvent): void {
  if (!succeeded(event)) return;
  const call = callOf(event);
  const first = descriptorAt(call, 0)?.fd ?? numberAt(call, 0);
  const told = descriptorAt(call, 1)?.fd ?? numberAt(call, 1) ?? HIGHEST_DESCRIPTOR;
  const last = Math.min(told, HIGHEST_DESCRIPTOR);
  if (first === undefined) return;
  const marks = flagAt(call, 2, 'CLOSE_RANGE_CLOEXEC', CLOSE_RANGE_CLOEXEC) === true;
  rememberRange(marks ? table.early?.marked : table.early?.closed, first, last);
  for (const slot of [...table.slots.values()]) {
    if (slot.fd < first || slot.fd > last) continue;
    if (marks) slot.closeOnExec = true;
    else changes.remove(table, slot, 'close_range', endOf(event));
  }
}

/** A clone whose child is a descriptor, too: CLONE_PIDFD, clone(2). */
function clonePidfd(changes: Changes, table: Table, event: SyscallEvent): void {
  if (!succeeded(event) || event.result === 0) return;
  if (!event.args.includes('CLONE_PIDFD')) {
    const flags = isRaw(event) && event.name === 'clone' ? numberAt(callOf(event), 0) : undefined;
    if (flags !== undefined && (flags & CLONE_PIDFD) !== 0) changes.unknown(event, 1, 0);
    return;
  }
  const text = /\b(?:pidfd|parent_tid)=\[([^,]*?)\](?=[,})]|$)/.exec(event.args)?.[1];
  const descriptor = descriptorIn(text);
  if (descriptor === undefined) return;
  const leadsTo = { kind: 'pidfd', what: 'pidfd' } as const;
  changes.add(table, event, { descriptor, leadsTo, how: 'opened', closeOnExec: true });
  standsFor(table, descriptor.fd, pidReturned(event));
}

function standsFor(table: Table, fd: number, pid: ToldPid | undefined): void {
  const slot = table.slots.get(fd);
  if (slot !== undefined && pid !== undefined) slot.description.pidfdOf = pid;
}

/** What a socket is bound or connected to says more than its number. */
function address(_changes: Changes, table: Table, event: SyscallEvent): void {
  const call = callOf(event);
  const slot = table.slots.get(descriptorAt(call, 0)?.fd ?? -1);
  const told = call.raw ? undefined : call.args[1];
  if (slot === undefined || told === undefined || !told.startsWith('{')) return;
  const [socket] = slot.description.what.split(' ', 1);
  slot.description.what = shortWhat(
    `${socket} ${event.name === 'bind' ? 'bound to' : 'to'} ${addressText(told)}`,
  );
}
