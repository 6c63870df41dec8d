import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import { type Call, callOf, descriptorAt, endOf, isRaw, isWord, succeeded } from '../call.ts';
import { capped, short, Tally } from '../capped.ts';
import type { Description, DescriptorObserver, Slot, Table } from '../descriptors/table.ts';
import type { DescriptorTables } from '../descriptors/tables.ts';
import type { Tasks } from '../tasks.ts';
import type { EpollSet, FailedWatches, WatchLedger } from './book.ts';
import { InotifyInstances } from './inotify.ts';

const MOST_LISTED = 64;
const MOST_PATHS = 8;
const MOST_ARGS = 120;
const INSTANCES: ReadonlySet<string> = new Set([
  'inotify_init',
  'inotify_init1',
  'epoll_create',
  'epoll_create1',
  'fanotify_init',
]);
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

/** inotify, epoll and fanotify: what is watched, what could not be, and what is left. */
export class WatchLedgerSink implements TraceSink, DescriptorObserver {
  readonly #tables: DescriptorTables;
  readonly #tasks: Tasks;
  readonly #epolls = new Map<Description, Epoll>();
  readonly #bySlot = new Map<Slot, Set<Epoll>>();
  readonly #inotify: InotifyInstances;
  readonly #failures = new Map<string, FailedWatches>();
  readonly #failed = new Tally();
  #failuresMore = 0;
  #added = 0;
  #modified = 0;
  #deleted = 0;
  #gone = 0;
  #marks = 0;

  constructor(tables: DescriptorTables, tasks: Tasks) {
    this.#tables = tables;
    this.#tasks = tasks;
    this.#inotify = new InotifyInstances(tables, tasks);
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
        this.#inotify.addWatch(event);
        if (event.errno !== undefined) this.#fail(event, event.errno);
        break;
      case 'inotify_rm_watch':
        this.#inotify.removeWatch(event);
        if (event.errno !== undefined) this.#fail(event, event.errno);
        break;
      case 'read':
        this.#inotify.read(event);
        break;
      case 'fanotify_mark':
        if (event.errno !== undefined) this.#fail(event, event.errno);
        else if (/\bFAN_MARK_ADD\b/.test(event.args)) this.#marks++;
    }
  }

  made(table: Table, slot: Slot): void {
    if (slot.description.kind === 'inotify' && slot.made.how === 'opened')
      this.#inotify.made(table.pid, slot.description, slot.made.atNs);
  }

  failed(event: SyscallEvent, errno: string): void {
    if (INSTANCES.has(event.name)) this.#fail(event, errno);
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
    this.#inotify.released(description);
  }

  finish(): WatchLedger {
    const sets = [...this.#epolls.values()].map((epoll) => this.#set(epoll));
    return {
      totals: {
        ...this.#inotify.totals(),
        epollAdded: this.#added,
        epollModified: this.#modified,
        epollDeleted: this.#deleted,
        epollGone: this.#gone,
        epollLeft: sets.reduce((sum, { left }) => sum + left, 0),
        epollStale: sets.reduce((sum, { stale }) => sum + stale.items.length + stale.more, 0),
        fanotifyMarks: this.#marks,
        failed: this.#failed.record(),
      },
      inotify: this.#inotify.list(),
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
}

function dataOf(call: Call): string | undefined {
  return /\bdata=(\{[^}]*\}|0x[\da-f]+|\d+)/.exec(call.args[3] ?? '')?.[1];
}
