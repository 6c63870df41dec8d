import type { ExecEvent, Ns, SpawnEvent, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import type { RecordingMeta } from '../../recording.ts';
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
import { short } from '../capped.ts';
import type { ToldPid } from '../tasks.ts';
import { type DescriptorKind, kindOfTarget } from './kind.ts';
import { MAKERS } from './makers.ts';
import { addressText, rightsIn } from './messages.ts';
import { meet } from './met.ts';
import type { ClosedHow, Description, DescriptorObserver, Made, MadeHow, Slot, Table } from './table.ts';
import { takesSets, touchedDescriptors } from './use.ts';

const MOST_ARGS = 120;
const MOST_WHAT = 200;
/** Descriptions on their way by SCM_RIGHTS. */
const MOST_IN_FLIGHT = 256;
/** `F_DUPFD_CLOEXEC` &c. as numbers: include/uapi/linux/fcntl.h, asm-generic/ioctls.h. */
const F_DUPFD = 0;
const F_GETFD = 1;
const F_SETFD = 2;
const F_DUPFD_CLOEXEC = 1030;
const FIONCLEX = 0x5450;
const FIOCLEX = 0x5451;
const O_CLOEXEC = 0x80000;
const CLOSE_RANGE_CLOEXEC = 4;
const CLONE_PIDFD = 0x1000;

const MOST_GONE_EARLY = 4096;
const MOST_EARLY = 256;

const HIGHEST = 0x7fff_ffff;

/**
 * The descriptor tables of all processes, kept as the kernel keeps them: copied by fork, shared by threads, swept by exec,
 * closed at the end. A thread that takes a table of its own (unshare(CLONE_FILES)) is not followed.
 */
export class DescriptorTables implements TraceSink {
  readonly #tables = new Map<number, Table>();
  readonly #observers: DescriptorObserver[] = [];
  readonly #inFlight: { readonly target: string | undefined; readonly description: Description }[] = [];
  /** Ended before anybody told whose children they are. */
  readonly #goneEarly = new Set<number>();
  readonly #handlers: ReadonlyMap<string, (table: Table, event: SyscallEvent) => void>;

  constructor(start: RecordingMeta['descriptors'] = []) {
    for (const { pid, fds } of start) {
      const table: Table = { pid, slots: new Map(), execs: 0 };
      this.#tables.set(pid, table);
      const made: Made = { how: 'start', call: '', args: '', pid, tid: pid, atNs: 0 };
      for (const [fd, target] of fds) {
        const description = { kind: kindOfTarget(target), what: short(target, MOST_WHAT), refs: 1 };
        table.slots.set(fd, {
          fd,
          closeOnExec: undefined,
          description,
          made,
          sinceNs: 0,
          usedNs: 0,
          ended: false,
          watchers: 0,
          heirOf: undefined,
          arranged: false,
        });
      }
    }
    this.#handlers = new Map<string, (table: Table, event: SyscallEvent) => void>([
      ['close', (table, event) => this.#close(table, event)],
      ['close_range', (table, event) => this.#closeRange(table, event)],
      ['pipe', (table, event) => this.#pair(table, event, 0, 'pipe')],
      ['pipe2', (table, event) => this.#pair(table, event, 0, 'pipe')],
      ['socketpair', (table, event) => this.#pair(table, event, 3, 'socket')],
      ['dup', (table, event) => this.#duplicate(table, event)],
      ['dup2', (table, event) => this.#duplicate(table, event)],
      ['dup3', (table, event) => this.#duplicate(table, event)],
      ['fcntl', (table, event) => this.#fcntl(table, event)],
      ['fcntl64', (table, event) => this.#fcntl(table, event)],
      ['ioctl', (table, event) => this.#ioctl(table, event)],
      ['sendmsg', (table, event) => this.#pass(table, event)],
      ['sendmmsg', (table, event) => this.#pass(table, event)],
      ['recvmsg', (table, event) => this.#receive(table, event)],
      ['recvmmsg', (table, event) => this.#receive(table, event)],
      ['clone', (table, event) => this.#clonePidfd(table, event)],
      ['clone3', (table, event) => this.#clonePidfd(table, event)],
      ['fstat', meet],
      ['newfstatat', meet],
      ['connect', (table, event) => this.#address(table, event)],
      ['bind', (table, event) => this.#address(table, event)],
      ...[...MAKERS.keys()]
        .filter((name) => name !== 'ioctl')
        .map((name) => [name, (table: Table, event: SyscallEvent) => this.#make(table, event)] as const),
    ]);
  }

  observe(observer: DescriptorObserver): void {
    this.#observers.push(observer);
  }

  get(pid: number): Table | undefined {
    return this.#tables.get(pid);
  }

  all(): IterableIterator<Table> {
    return this.#tables.values();
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'syscall': {
        const table = this.#of(event.pid);
        if (table.slots.size > 0) touch(table, event);
        this.#handlers.get(event.name)?.(table, event);
        break;
      }
      case 'spawn':
        if (!event.thread) this.#fork(event);
        break;
      case 'exec':
        this.#exec(event);
        break;
      case 'exit':
        if (event.last) this.#end(event.pid, event.startNs);
    }
  }

  #of(pid: number): Table {
    let table = this.#tables.get(pid);
    if (table === undefined) {
      table = {
        pid,
        slots: new Map(),
        execs: 0,
        early: { copies: new Map(), closed: [], closeOnExec: new Map(), marked: [] },
      };
      this.#tables.set(pid, table);
    }
    return table;
  }

  #fork({ pid, childPid, startNs }: SpawnEvent): void {
    let child = this.#tables.get(childPid);
    // Its number was used before, and nobody saw it end.
    if (child?.bornNs !== undefined) {
      this.#end(childPid, startNs);
      child = undefined;
    }
    // It has come and gone already.
    if (child === undefined && this.#goneEarly.delete(childPid)) return;
    const parent = this.#tables.get(pid);
    child ??= this.#of(childPid);
    if (parent?.met !== undefined) child.met ??= new Map(parent.met);
    child.bornNs = startNs;
    const { early } = child;
    delete child.early;
    // The events of one thread may run ahead of another's: it may already have opened, closed and executed.
    for (const slot of parent?.slots.values() ?? []) {
      if (slot.sinceNs > startNs || child.slots.has(slot.fd)) continue;
      if (within(early?.closed, slot.fd)) continue;
      const marked = early?.closeOnExec.get(slot.fd) ?? (within(early?.marked, slot.fd) || undefined);
      const closeOnExec = marked ?? slot.closeOnExec;
      if (child.execs > 0 && closeOnExec !== false) continue;
      slot.description.refs++;
      child.slots.set(slot.fd, {
        fd: slot.fd,
        closeOnExec,
        description: slot.description,
        made: slot.made,
        sinceNs: slot.sinceNs,
        usedNs: slot.usedNs,
        ended: slot.ended,
        watchers: 0,
        heirOf: pid,
        arranged: marked === false || slot.arranged,
      });
    }
    for (const [fd, of] of early?.copies ?? []) {
      const slot = child.slots.get(fd);
      const original = parent?.slots.get(of);
      if (slot?.made.how !== 'duplicated' || slot.made.pid !== childPid || original === undefined) continue;
      original.description.refs++;
      child.slots.set(fd, { ...slot, description: original.description });
    }
    for (const observer of this.#observers) observer.forked?.(child, parent);
  }

  #exec({ pid, startNs }: ExecEvent): void {
    const table = this.#of(pid);
    table.execs++;
    for (const slot of [...table.slots.values()]) {
      if (slot.closeOnExec === true) this.#remove(table, slot, 'exec', startNs);
    }
    for (const observer of this.#observers) observer.execed?.(table, startNs);
  }

  #end(pid: number, at: Ns): void {
    const table = this.#tables.get(pid);
    if (table === undefined) {
      this.#goneUnborn(pid);
      return;
    }
    for (const observer of this.#observers) observer.ending?.(table, at);
    for (const slot of [...table.slots.values()]) this.#remove(table, slot, 'exit', at);
    this.#tables.delete(pid);
    if (table.early !== undefined) this.#goneUnborn(pid);
  }

  #goneUnborn(pid: number): void {
    this.#goneEarly.add(pid);
    if (this.#goneEarly.size > MOST_GONE_EARLY) this.#goneEarly.clear();
  }

  #remove(table: Table, slot: Slot, how: ClosedHow, at: Ns): void {
    table.slots.delete(slot.fd);
    const last = --slot.description.refs === 0;
    for (const observer of this.#observers) {
      observer.closed?.(table, slot, how, at);
      if (last) observer.released?.(slot.description);
    }
  }

  #add(table: Table, slot: Slot): void {
    const old = table.slots.get(slot.fd);
    if (old !== undefined) {
      // The kernel gives out no number that is in use: its close has not come yet, or nobody saw it.
      this.#remove(table, old, slot.made.call.startsWith('dup') ? 'replaced' : 'unseen', slot.sinceNs);
    }
    table.slots.set(slot.fd, slot);
    for (const observer of this.#observers) observer.made?.(table, slot);
  }

  #new(
    table: Table,
    event: SyscallEvent,
    { fd, target }: DescriptorArgument,
    description: { kind: DescriptorKind; what: string } | Description,
    how: MadeHow,
    closeOnExec: boolean | undefined,
    arranged = false,
  ): void {
    const end = endOf(event);
    let known: Description;
    if ('refs' in description) {
      known = description;
      known.refs++;
    } else {
      known = { kind: description.kind, what: description.what, refs: 1 };
      if (target !== undefined) {
        known.what = short(target, MOST_WHAT);
        const kind = kindOfTarget(target);
        if (known.kind === 'unknown' || (known.kind === 'file' && kind !== 'other')) known.kind = kind;
      }
    }
    this.#add(table, {
      fd,
      closeOnExec,
      description: known,
      made: {
        how,
        call: event.name,
        args: short(event.args, MOST_ARGS),
        pid: event.pid,
        tid: event.tid,
        atNs: event.startNs,
      },
      sinceNs: end,
      usedNs: end,
      ended: false,
      watchers: 0,
      heirOf: undefined,
      arranged,
    });
  }

  #fail(event: SyscallEvent): void {
    if (event.errno === undefined || event.errno.startsWith('ERESTART')) return;
    for (const observer of this.#observers) observer.failed?.(event, event.errno);
  }

  #make(table: Table, event: SyscallEvent): void {
    const maker = MAKERS.get(event.name);
    if (maker === undefined) return;
    const returned = descriptorReturned(event);
    if (returned === undefined) {
      this.#fail(event);
      return;
    }
    const call = callOf(event);
    if (maker.unless?.(call) === true) return;
    const kind = typeof maker.kind === 'function' ? maker.kind(call) : maker.kind;
    const what = stringAt(call, 0) ?? stringAt(call, 1) ?? (call.raw ? '' : event.args);
    this.#new(
      table,
      event,
      returned,
      { kind, what: short(what, MOST_WHAT) },
      event.name.startsWith('accept') ? 'accepted' : 'opened',
      maker.closeOnExec(call),
    );
    if (event.name === 'pidfd_open') this.#standsFor(table, returned.fd, pidAt(call, 0));
  }

  #pair(table: Table, event: SyscallEvent, at: number, kind: DescriptorKind): void {
    if (!succeeded(event)) {
      this.#fail(event);
      return;
    }
    const call = callOf(event);
    const fds = descriptorsWithin(call.args[at] ?? '');
    if (fds.length !== 2) {
      for (const observer of this.#observers) observer.unknown?.(event.pid, 2, 0);
      return;
    }
    const closeOnExec =
      event.name === 'pipe'
        ? false
        : flagAt(call, 1, kind === 'pipe' ? 'O_CLOEXEC' : 'SOCK_CLOEXEC', O_CLOEXEC);
    for (const fd of fds) this.#new(table, event, fd, { kind, what: kind }, 'pair', closeOnExec);
    const [one, other] = fds.map(({ fd }) => table.slots.get(fd)?.description);
    if (one === undefined || other === undefined) return;
    one.peer = other;
    other.peer = one;
  }

  #duplicate(table: Table, event: SyscallEvent): void {
    const returned = descriptorReturned(event);
    if (returned === undefined) {
      this.#fail(event);
      return;
    }
    const call = callOf(event);
    const from = descriptorAt(call, 0);
    if (from === undefined || from.fd === returned.fd) return;
    const closeOnExec = event.name === 'dup3' ? flagAt(call, 2, 'O_CLOEXEC', O_CLOEXEC) : false;
    this.#copy(table, event, from, returned, closeOnExec, event.name !== 'dup');
  }

  #copy(
    table: Table,
    event: SyscallEvent,
    from: DescriptorArgument,
    to: DescriptorArgument,
    closeOnExec: boolean | undefined,
    chosen: boolean,
  ): void {
    const known = table.slots.get(from.fd)?.description;
    const description = known ?? this.#met(from.target ?? to.target, table.met?.get(from.fd));
    if (known === undefined && table.early !== undefined && table.early.copies.size < MOST_EARLY)
      table.early.copies.set(to.fd, from.fd);
    this.#new(table, event, to, description, 'duplicated', closeOnExec, chosen && closeOnExec !== true);
  }

  /** A description that was there before anybody looked. Its other descriptors are not known: it is never released. */
  #met(target: string | undefined, kind: DescriptorKind = 'unknown'): Description {
    return target === undefined
      ? { kind, what: '', refs: 1 }
      : { kind: kindOfTarget(target), what: short(target, MOST_WHAT), refs: 1 };
  }

  #fcntl(table: Table, event: SyscallEvent): void {
    if (!/F_(?:DUPFD|[GS]ETFD)|^\S+ 0x(?:0|1|2|406),?/.test(event.args)) return;
    const call = callOf(event);
    const from = descriptorAt(call, 0);
    if (from === undefined) return;
    const closing = isWord(call, 1, 'F_DUPFD_CLOEXEC', F_DUPFD_CLOEXEC);
    if (closing || isWord(call, 1, 'F_DUPFD', F_DUPFD)) {
      const returned = descriptorReturned(event);
      if (returned === undefined) this.#fail(event);
      else this.#copy(table, event, from, returned, closing, false);
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

  #ioctl(table: Table, event: SyscallEvent): void {
    if (!/, (?:FION?CLEX|0x545[01]\b|NS_GET|TIOCGPTPEER|KVM_CREATE|SIOCGSKNS)/.test(event.args)) return;
    const call = callOf(event);
    const closing = isWord(call, 1, 'FIOCLEX', FIOCLEX);
    if (!closing && !isWord(call, 1, 'FIONCLEX', FIONCLEX)) {
      this.#make(table, event);
      return;
    }
    const slot = table.slots.get(descriptorAt(call, 0)?.fd ?? -1);
    if (slot !== undefined && succeeded(event)) setCloseOnExec(slot, closing);
  }

  #close(table: Table, event: SyscallEvent): void {
    if (event.errno === 'EBADF') {
      this.#fail(event);
      return;
    }
    // Linux frees the number whatever else close(2) answers; also when the thread never comes back from it.
    const fd = descriptorIn(isRaw(event) ? firstRaw(event.args) : event.args)?.fd;
    const slot = fd === undefined ? undefined : table.slots.get(fd);
    if (slot === undefined) {
      if (fd !== undefined) table.met?.delete(fd);
      if (fd !== undefined) remember(table.early?.closed, fd, fd);
      for (const observer of this.#observers) observer.unknown?.(event.pid, 0, 1);
      return;
    }
    // A slow close of the number's last owner, told after the number was given out again.
    if (slot.made.tid !== event.tid && event.startNs < slot.sinceNs) return;
    this.#remove(table, slot, 'close', endOf(event));
  }

  #closeRange(table: Table, event: SyscallEvent): void {
    if (!succeeded(event)) return;
    const call = callOf(event);
    const first = descriptorAt(call, 0)?.fd ?? numberAt(call, 0);
    const last = Math.min(descriptorAt(call, 1)?.fd ?? numberAt(call, 1) ?? HIGHEST, HIGHEST);
    if (first === undefined) return;
    const marks = flagAt(call, 2, 'CLOSE_RANGE_CLOEXEC', CLOSE_RANGE_CLOEXEC) === true;
    remember(marks ? table.early?.marked : table.early?.closed, first, last);
    for (const slot of [...table.slots.values()]) {
      if (slot.fd < first || slot.fd > last) continue;
      if (marks) slot.closeOnExec = true;
      else this.#remove(table, slot, 'close_range', endOf(event));
    }
  }

  #pass(table: Table, event: SyscallEvent): void {
    if (!event.args.includes('SCM_RIGHTS') || !succeeded(event)) return;
    const fds = rightsIn(event.args);
    for (const { fd, target } of fds) {
      const description = table.slots.get(fd)?.description ?? this.#met(target);
      this.#inFlight.push({ target, description });
    }
    if (this.#inFlight.length > MOST_IN_FLIGHT) {
      this.#inFlight.splice(0, this.#inFlight.length - MOST_IN_FLIGHT);
    }
    if (fds.length > 0) for (const observer of this.#observers) observer.passed?.(table, fds.length);
  }

  #receive(table: Table, event: SyscallEvent): void {
    if (!event.args.includes('SCM_RIGHTS') || !succeeded(event)) return;
    const closeOnExec = /\bMSG_CMSG_CLOEXEC\b/.test(event.args);
    for (const fd of rightsIn(event.args)) {
      const at = this.#inFlight.findIndex(
        ({ target, description }) => target === fd.target && description.refs > 0,
      );
      const description = this.#inFlight[at]?.description;
      if (at >= 0) this.#inFlight.splice(at, 1);
      this.#new(
        table,
        event,
        fd,
        description ?? { kind: 'unknown', what: fd.target ?? '' },
        'received',
        closeOnExec,
      );
    }
  }

  #clonePidfd(table: Table, event: SyscallEvent): void {
    if (!succeeded(event) || event.result === 0) return;
    if (!event.args.includes('CLONE_PIDFD')) {
      const flags = isRaw(event) && event.name === 'clone' ? numberAt(callOf(event), 0) : undefined;
      if (flags !== undefined && (flags & CLONE_PIDFD) !== 0) {
        for (const observer of this.#observers) observer.unknown?.(event.pid, 1, 0);
      }
      return;
    }
    const text = /\b(?:pidfd|parent_tid)=\[([^,]*?)\](?=[,})]|$)/.exec(event.args)?.[1];
    const fd = descriptorIn(text);
    if (fd === undefined) return;
    this.#new(table, event, fd, { kind: 'pidfd', what: 'pidfd' }, 'opened', true);
    this.#standsFor(table, fd.fd, pidReturned(event));
  }

  #standsFor(table: Table, fd: number, pid: ToldPid | undefined): void {
    const slot = table.slots.get(fd);
    if (slot !== undefined && pid !== undefined) slot.description.pidfdOf = pid;
  }

  /** What a socket is bound or connected to says more than its number. */
  #address(table: Table, event: SyscallEvent): void {
    const call = callOf(event);
    const slot = table.slots.get(descriptorAt(call, 0)?.fd ?? -1);
    const address = call.raw ? undefined : call.args[1];
    if (slot === undefined || address === undefined || !address.startsWith('{')) return;
    slot.description.what = short(
      `${slot.description.what.split(' ', 1)[0]} ${event.name === 'bind' ? 'bound to' : 'to'} ${addressText(address)}`,
      MOST_WHAT,
    );
  }
}

function remember(ranges: [number, number][] | undefined, first: number, last: number): void {
  if (ranges !== undefined && ranges.length < MOST_EARLY) ranges.push([first, last]);
}

function within(ranges: readonly (readonly [number, number])[] | undefined, fd: number): boolean {
  return ranges?.some(([first, last]) => fd >= first && fd <= last) === true;
}

function setCloseOnExec(slot: Slot, closing: boolean | undefined): void {
  if (closing === false && slot.closeOnExec !== false) slot.arranged = true;
  slot.closeOnExec = closing;
}

function touch(table: Table, event: SyscallEvent): void {
  if (takesSets(event.name) && isRaw(event)) table.pollsUnseen = true;
  for (const fd of touchedDescriptors(event)) {
    const slot = table.slots.get(fd);
    if (slot === undefined) continue;
    slot.usedNs = Math.max(slot.usedNs, endOf(event));
    if (event.result !== 0 || event.errno !== undefined) continue;
    const { kind } = slot.description;
    if ((kind === 'socket' || kind === 'pipe') && isEndOfFile(event)) slot.ended = true;
  }
}

function isEndOfFile({ name, args }: SyscallEvent): boolean {
  return /^(?:read|readv|recv|recvfrom|recvmsg)$/.test(name) && !/, 0(?:x0)?$/.test(args);
}
