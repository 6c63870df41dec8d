import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import {
  type Call,
  callOf,
  descriptorAt,
  endOf,
  isRaw,
  isWord,
  numberAt,
  stringAt,
  succeeded,
} from './call.ts';
import { type Capped, capped, short, Tally } from './capped.ts';
import type { Description, DescriptorObserver, DescriptorTables, Slot, Table } from './descriptor-tables.ts';
import { inotifyEvents } from './inotify-events.ts';
import type { Tasks } from './tasks.ts';

/** An epoll set at the end of the trace. */
export interface EpollSet {
  readonly pid: number;
  readonly comm: string;
  readonly fd: number;
  /** Registrations made within the trace and still there. */
  readonly left: number;
  readonly stale: Capped<StaleRegistration>;
}

/**
 * The descriptor that was registered is closed, and another one (a dup, or a child's) keeps what it led to alive: the set
 * goes on reporting it, and nobody can take it out by its number.
 */
export interface StaleRegistration {
  readonly fd: number;
  readonly what: string;
  readonly pid: number;
  readonly addedNs: Ns;
  readonly closedNs: Ns;
  /** How often epoll_wait has reported it since. */
  readonly reported: number;
  /** Who keeps it alive: processes and descriptors, as far as known. */
  readonly keptBy: Capped<{ readonly pid: number; readonly comm: string; readonly fd: number }>;
}

export interface InotifyInstance {
  readonly pid: number;
  readonly comm: string;
  /** When it was made, within the trace; absent: it was there before. */
  readonly madeNs?: Ns;
  readonly added: number;
  /** The same file again: its mask is changed. */
  readonly updated: number;
  readonly removed: number;
  /** Ended by themselves: the file is gone, the file system unmounted. */
  readonly ended: number;
  readonly left: number;
  readonly overflows: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly open: boolean;
  /** Some of what is watched. */
  readonly paths: readonly string[];
}

export interface FailedWatches {
  readonly pid: number;
  readonly comm: string;
  readonly call: string;
  readonly errno: string;
  readonly count: number;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** Of the first: shortened. */
  readonly args: string;
}

export interface WatchLedger {
  readonly totals: {
    readonly inotifyInstances: number;
    readonly inotifyAdded: number;
    readonly inotifyUpdated: number;
    readonly inotifyRemoved: number;
    readonly inotifyLeft: number;
    readonly inotifyOverflows: number;
    readonly epollAdded: number;
    readonly epollModified: number;
    readonly epollDeleted: number;
    /** Taken out by the kernel, with the last descriptor. */
    readonly epollGone: number;
    readonly epollLeft: number;
    readonly epollStale: number;
    readonly fanotifyMarks: number;
    readonly failed: Readonly<Record<string, number>>;
  };
  readonly inotify: Capped<InotifyInstance>;
  readonly epoll: Capped<EpollSet>;
  readonly failures: Capped<FailedWatches>;
}

const MOST_LISTED = 64;
const MOST_PATHS = 8;
const MOST_ARGS = 120;
/** Numbers of watches that are remembered; beyond, a number higher than all before is a new one (they rise). */
const MOST_WATCHES = 65_536;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

interface Registration {
  readonly slot: Slot;
  readonly pid: number;
  readonly addedNs: Ns;
  /** What epoll_wait hands back, as strace prints it. */
  data: string | undefined;
  closedNs?: Ns;
  reported: number;
}

interface Epoll {
  readonly pid: number;
  readonly fd: number;
  /** By descriptor number: closed ones may share it with one that lives. */
  readonly registrations: Map<number, Registration[]>;
  stale: number;
}

interface Inotify {
  readonly pid: number;
  readonly comm: string;
  readonly madeNs?: Ns;
  readonly watches: Set<number>;
  highest: number;
  added: number;
  updated: number;
  removed: number;
  ended: number;
  overflows: number;
  failed: Tally;
  open: boolean;
  paths: string[];
}

/** inotify, epoll and fanotify: what is watched, what could not be, and what is left. */
export class WatchLedgerSink implements TraceSink, DescriptorObserver {
  readonly #tables: DescriptorTables;
  readonly #tasks: Tasks;
  readonly #epolls = new Map<Description, Epoll>();
  readonly #bySlot = new Map<Slot, Set<Epoll>>();
  readonly #inotify = new Map<Description, Inotify>();
  /** Closed with something to tell. */
  readonly #inotifyOver: Inotify[] = [];
  #inotifyMore = 0;
  readonly #failures = new Map<string, FailedWatches>();
  readonly #failed = new Tally();
  #failuresMore = 0;
  #instances = 0;
  #added = 0;
  #modified = 0;
  #deleted = 0;
  #gone = 0;
  #inotifyAdded = 0;
  #inotifyUpdated = 0;
  #inotifyRemoved = 0;
  #overflows = 0;
  #marks = 0;

  constructor(tables: DescriptorTables, tasks: Tasks) {
    this.#tables = tables;
    this.#tasks = tasks;
    tables.observe(this);
  }

  event(event: TraceEvent): void {
    if (event.type !== 'syscall') return;
    switch (event.name) {
      case 'epoll_ctl':
        this.#epollControl(event);
        break;
      case 'epoll_wait':
      case 'epoll_pwait':
      case 'epoll_pwait2':
        if (this.#epolls.size > 0) this.#epollWait(event);
        break;
      case 'inotify_add_watch':
        this.#addWatch(event);
        break;
      case 'inotify_rm_watch':
        this.#removeWatch(event);
        break;
      case 'read':
        if (this.#inotify.size > 0 && succeeded(event)) this.#read(event);
        break;
      case 'fanotify_mark':
        if (event.errno !== undefined) this.#fail(event, event.errno);
        else if (/\bFAN_MARK_ADD\b/.test(event.args)) this.#marks++;
    }
  }

  made(table: Table, slot: Slot): void {
    if (slot.description.kind === 'inotify' && slot.made.how === 'opened') {
      this.#instances++;
      this.#instance(table.pid, slot.description, slot.made.atNs);
    }
  }

  failed(event: SyscallEvent, errno: string): void {
    if (/^(?:inotify_init1?|epoll_create1?|fanotify_init)$/.test(event.name)) this.#fail(event, errno);
  }

  closed(_table: Table, slot: Slot, _how: unknown, atNs: Ns): void {
    const epolls = this.#bySlot.get(slot);
    if (epolls === undefined) return;
    this.#bySlot.delete(slot);
    for (const epoll of epolls) {
      const list = epoll.registrations.get(slot.fd);
      const registration = list?.find((item) => item.slot === slot);
      if (list === undefined || registration === undefined) continue;
      if (slot.description.refs > 0) {
        registration.closedNs = atNs;
        epoll.stale++;
      } else {
        this.#gone++;
        this.#drop(epoll, slot.fd, registration);
      }
    }
  }

  released(description: Description): void {
    this.#epolls.delete(description);
    for (const epoll of this.#epolls.values()) {
      if (epoll.stale === 0) continue;
      for (const [fd, list] of epoll.registrations) {
        for (const registration of list) {
          if (registration.closedNs === undefined || registration.slot.description !== description) continue;
          this.#gone++;
          epoll.stale--;
          this.#drop(epoll, fd, registration);
        }
      }
    }
    const inotify = this.#inotify.get(description);
    if (inotify === undefined) return;
    this.#inotify.delete(description);
    inotify.open = false;
    inotify.watches.clear();
    if (this.#inotifyOver.length < MOST_LISTED) this.#inotifyOver.push(inotify);
    else this.#inotifyMore++;
  }

  finish(): WatchLedger {
    const sets = [...this.#epolls.values()].map((epoll) => this.#set(epoll));
    const open = [...this.#inotify.values()];
    const inotify = capped(
      [...open.sort((a, b) => leftOf(b) - leftOf(a)), ...this.#inotifyOver].map(instanceEntry),
      MOST_LISTED,
    );
    return {
      totals: {
        inotifyInstances: this.#instances,
        inotifyAdded: this.#inotifyAdded,
        inotifyUpdated: this.#inotifyUpdated,
        inotifyRemoved: this.#inotifyRemoved,
        inotifyLeft: open.reduce((sum, instance) => sum + leftOf(instance), 0),
        inotifyOverflows: this.#overflows,
        epollAdded: this.#added,
        epollModified: this.#modified,
        epollDeleted: this.#deleted,
        epollGone: this.#gone,
        epollLeft: sets.reduce((sum, { left }) => sum + left, 0),
        epollStale: sets.reduce((sum, { stale }) => sum + stale.items.length + stale.more, 0),
        fanotifyMarks: this.#marks,
        failed: this.#failed.record(),
      },
      inotify: {
        ...inotify,
        more: inotify.more + this.#inotifyMore,
      },
      epoll: capped(
        sets.sort((a, b) => b.stale.items.length - a.stale.items.length || b.left - a.left),
        MOST_LISTED,
      ),
      failures: {
        items: [...this.#failures.values()].sort((a, b) => b.count - a.count),
        more: this.#failuresMore,
      },
    };
  }

  #fail(event: SyscallEvent, errno: string): void {
    this.#failed.add(errno);
    const key = `${event.pid} ${event.name} ${errno}`;
    const known = this.#failures.get(key);
    if (known === undefined && this.#failures.size >= MOST_LISTED) {
      this.#failuresMore++;
      return;
    }
    this.#failures.set(key, {
      pid: event.pid,
      comm: this.#tasks.comm(event.pid),
      call: event.name,
      errno,
      count: (known?.count ?? 0) + 1,
      firstNs: known?.firstNs ?? event.startNs,
      lastNs: event.startNs,
      args: known?.args ?? short(event.args, MOST_ARGS),
    });
  }

  #epollControl(event: SyscallEvent): void {
    if (event.errno !== undefined) {
      this.#fail(event, event.errno);
      return;
    }
    if (event.result === undefined) return;
    const call = callOf(event);
    const add = isWord(call, 1, 'EPOLL_CTL_ADD', EPOLL_CTL_ADD);
    const remove = isWord(call, 1, 'EPOLL_CTL_DEL', EPOLL_CTL_DEL);
    if (add) this.#added++;
    else if (remove) this.#deleted++;
    else if (isWord(call, 1, 'EPOLL_CTL_MOD', EPOLL_CTL_MOD)) this.#modified++;
    const slots = this.#tables.get(event.pid)?.slots;
    const set = slots?.get(descriptorAt(call, 0)?.fd ?? -1);
    const fd = descriptorAt(call, 2)?.fd ?? -1;
    const slot = slots?.get(fd);
    if (set === undefined || slot === undefined) return;
    let epoll = this.#epolls.get(set.description);
    if (epoll === undefined) {
      epoll = { pid: event.pid, fd: set.fd, registrations: new Map(), stale: 0 };
      this.#epolls.set(set.description, epoll);
    }
    const list = epoll.registrations.get(fd) ?? [];
    const known = list.find((item) => item.slot.description === slot.description);
    if (remove) {
      if (known === undefined) return;
      if (known.closedNs !== undefined) epoll.stale--;
      this.#drop(epoll, fd, known);
    } else if (known !== undefined) {
      known.data = dataOf(call);
    } else {
      epoll.registrations.set(fd, [
        ...list,
        { slot, pid: event.pid, addedNs: event.startNs, data: dataOf(call), reported: 0 },
      ]);
      slot.watchers++;
      const epolls = this.#bySlot.get(slot) ?? new Set();
      this.#bySlot.set(slot, epolls.add(epoll));
    }
  }

  #drop(epoll: Epoll, fd: number, registration: Registration): void {
    registration.slot.watchers--;
    this.#bySlot.get(registration.slot)?.delete(epoll);
    const rest = epoll.registrations.get(fd)?.filter((item) => item !== registration) ?? [];
    if (rest.length === 0) epoll.registrations.delete(fd);
    else epoll.registrations.set(fd, rest);
  }

  /** A closed descriptor that is reported is known by what it was registered with, if no living one has the same. */
  #epollWait(event: SyscallEvent): void {
    if (isRaw(event) || !succeeded(event) || event.result === 0) return;
    const fd = Number.parseInt(event.args, 10);
    const set = this.#tables.get(event.pid)?.slots.get(fd);
    const epoll = set === undefined ? undefined : this.#epolls.get(set.description);
    if (epoll === undefined || epoll.stale === 0) return;
    const reported = new Set(
      [...event.args.matchAll(/\bdata=(\{[^}]*\}|0x[\da-f]+|\d+)/g)].map(([, data]) => data),
    );
    const all = [...epoll.registrations.values()].flat();
    for (const registration of all) {
      if (registration.closedNs === undefined || registration.data === undefined) continue;
      if (!reported.has(registration.data) || endOf(event) < registration.closedNs) continue;
      const shared = all.some((item) => item.closedNs === undefined && item.data === registration.data);
      if (!shared) registration.reported++;
    }
  }

  #set(epoll: Epoll): EpollSet {
    const all = [...epoll.registrations.values()].flat();
    const stale = all.filter(({ closedNs }) => closedNs !== undefined);
    return {
      pid: epoll.pid,
      comm: this.#tasks.comm(epoll.pid),
      fd: epoll.fd,
      left: all.length,
      stale: capped(
        stale
          .sort((a, b) => b.reported - a.reported)
          .slice(0, MOST_PATHS)
          .map((item) => ({
            fd: item.slot.fd,
            what: item.slot.description.what,
            pid: item.pid,
            addedNs: item.addedNs,
            closedNs: item.closedNs ?? 0,
            reported: item.reported,
            keptBy: capped(this.#keepers(item.slot.description), MOST_PATHS),
          })),
        MOST_PATHS,
      ),
    };
  }

  #keepers(description: Description): { pid: number; comm: string; fd: number }[] {
    const keepers: { pid: number; comm: string; fd: number }[] = [];
    for (const { pid, slots } of this.#tables.all()) {
      for (const slot of slots.values()) {
        if (slot.description === description) keepers.push({ pid, comm: this.#tasks.comm(pid), fd: slot.fd });
      }
    }
    return keepers;
  }

  #instance(pid: number, description: Description, madeNs?: Ns): Inotify {
    let instance = this.#inotify.get(description);
    if (instance === undefined) {
      instance = {
        pid,
        comm: this.#tasks.comm(pid),
        ...(madeNs === undefined ? {} : { madeNs }),
        watches: new Set(),
        highest: 0,
        added: 0,
        updated: 0,
        removed: 0,
        ended: 0,
        overflows: 0,
        failed: new Tally(16),
        open: true,
        paths: [],
      };
      this.#inotify.set(description, instance);
    }
    return instance;
  }

  #instanceOf(call: Call): Inotify | undefined {
    const fd = descriptorAt(call, 0)?.fd ?? -1;
    const slot = this.#tables.get(call.event.pid)?.slots.get(fd);
    return slot === undefined ? undefined : this.#instance(call.event.pid, slot.description);
  }

  #addWatch(event: SyscallEvent): void {
    const call = callOf(event);
    const instance = this.#instanceOf(call);
    if (!succeeded(event)) {
      if (event.errno === undefined) return;
      instance?.failed.add(event.errno);
      this.#fail(event, event.errno);
      return;
    }
    const wd = event.result;
    const known = instance?.watches.has(wd) === true || (instance !== undefined && wd < instance.highest);
    if (known) {
      this.#inotifyUpdated++;
      if (instance !== undefined) instance.updated++;
      return;
    }
    this.#inotifyAdded++;
    if (instance === undefined) return;
    instance.added++;
    instance.highest = Math.max(instance.highest, wd);
    if (instance.watches.size < MOST_WATCHES) instance.watches.add(wd);
    const path = stringAt(call, 1);
    if (path !== undefined && instance.paths.length < MOST_PATHS) instance.paths.push(short(path, MOST_ARGS));
  }

  #removeWatch(event: SyscallEvent): void {
    if (!succeeded(event)) {
      if (event.errno !== undefined) this.#fail(event, event.errno);
      return;
    }
    this.#inotifyRemoved++;
    const call = callOf(event);
    const instance = this.#instanceOf(call);
    if (instance === undefined) return;
    instance.removed++;
    instance.watches.delete(numberAt(call, 1) ?? -1);
  }

  #read(event: SyscallEvent): void {
    const fd = Number.parseInt(event.args, 10);
    const slot = this.#tables.get(event.pid)?.slots.get(fd);
    const instance = slot === undefined ? undefined : this.#inotify.get(slot.description);
    if (instance === undefined || isRaw(event)) return;
    const text = /^[^"]*"((?:[^"\\]|\\.)*)"/s.exec(event.args)?.[1];
    if (text === undefined) return;
    const { overflows, ignored } = inotifyEvents(text);
    instance.overflows += overflows;
    this.#overflows += overflows;
    // inotify_rm_watch makes one too.
    for (const wd of ignored) if (instance.watches.delete(wd)) instance.ended++;
  }
}

function instanceEntry(instance: Inotify): InotifyInstance {
  return {
    pid: instance.pid,
    comm: instance.comm,
    ...(instance.madeNs === undefined ? {} : { madeNs: instance.madeNs }),
    added: instance.added,
    updated: instance.updated,
    removed: instance.removed,
    ended: instance.ended,
    left: leftOf(instance),
    overflows: instance.overflows,
    failed: instance.failed.record(),
    open: instance.open,
    paths: instance.paths,
  };
}

function leftOf(instance: Inotify): number {
  return instance.open ? Math.max(0, instance.added - instance.removed - instance.ended) : 0;
}

function dataOf(call: Call): string | undefined {
  return /\bdata=(\{[^}]*\}|0x[\da-f]+|\d+)/.exec(call.args[3] ?? '')?.[1];
}
