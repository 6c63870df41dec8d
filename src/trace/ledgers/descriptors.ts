import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import { endOf } from './call.ts';
import { type Capped, capped, short, Tally } from './capped.ts';
import type { DescriptorKind } from './descriptor-kind.ts';
import type {
  ClosedHow,
  DescriptorObserver,
  DescriptorTables,
  MadeHow,
  Slot,
  Table,
} from './descriptor-tables.ts';
import type { Tasks } from './tasks.ts';
import { Trend, type TrendSummary } from './trend.ts';

/** A descriptor left over, with the call that made it. */
export interface LeftDescriptor {
  readonly fd: number;
  readonly kind: DescriptorKind;
  /** Path, `pipe:[77]`, address; raw. */
  readonly what: string;
  readonly call: string;
  /** Shortened. */
  readonly args: string;
  readonly atNs: Ns;
  readonly byPid: number;
  readonly byTid: number;
  /** When a call last named it. */
  readonly usedNs: Ns;
}

/** What one kind of call of one process left open. */
export interface LeftGroup {
  readonly pid: number;
  readonly comm: string;
  readonly call: string;
  readonly kind: DescriptorKind;
  /** Of all that this process made so. */
  readonly opened: number;
  readonly left: number;
  /** Of `left`: no call has named them for longer than any closed one of the group was idle, and no epoll set watches them. */
  readonly abandoned: number;
  /** Of `left`: a read said that the other side has closed. */
  readonly otherSideClosed: number;
  /** When the abandoned were made, in quarters of the time that the process was seen. */
  readonly quarters: readonly [number, number, number, number];
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** What the abandoned are, the most frequent first: shows the path or the address that comes again and again. */
  readonly what: Readonly<Record<string, number>>;
  readonly samples: Capped<LeftDescriptor>;
  /** It polls, and registers alone do not tell what: some of the abandoned may be in use. */
  readonly pollsUnseen: boolean;
  /** The process ended within the trace, and took them with it. */
  readonly atExit: boolean;
}

/** A program that was executed with descriptors of the process that started it. */
export interface InheritedOverExec {
  readonly pid: number;
  readonly comm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly atNs: Ns;
  /** To when it was seen to live. */
  readonly livedNs: number;
  readonly alive: boolean;
  readonly descriptors: Capped<LeftDescriptor & { readonly used: boolean; readonly arranged: boolean }>;
}

export interface DescriptorProcess {
  readonly pid: number;
  readonly comm: string;
  readonly counts: DescriptorCounts;
  readonly trend: TrendSummary;
  /** The same for each kind that changed. */
  readonly kinds: Readonly<Record<string, TrendSummary>>;
  readonly alive: boolean;
}

export interface DescriptorCounts {
  readonly opened: number;
  /** In pairs: two descriptors each. */
  readonly pairs: number;
  readonly accepted: number;
  readonly received: number;
  readonly duplicated: number;
  readonly passed: number;
  readonly inheritedOverFork: number;
  readonly inheritedOverExec: number;
  readonly closed: Readonly<Record<ClosedHow, number>>;
  /** Made by a call which does not tell the numbers (perf alone: pipe, socketpair, recvmsg). */
  readonly unknownMade: number;
  /** Closed, and nobody knows what it was. */
  readonly unknownClosed: number;
  readonly failed: Readonly<Record<string, number>>;
}

export interface FailedOpens {
  readonly pid: number;
  readonly comm: string;
  readonly call: string;
  readonly errno: string;
  readonly count: number;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** Of the first: shortened. */
  readonly args: string;
  /** How many the process had open then, as far as known. */
  readonly open: number;
}

export interface DescriptorLedger {
  readonly totals: DescriptorCounts & { readonly atStart: number; readonly left: number };
  /** Those with the most left over first. */
  readonly processes: Capped<DescriptorProcess>;
  readonly left: Capped<LeftGroup>;
  readonly inherited: Capped<InheritedOverExec>;
  readonly failures: Capped<FailedOpens>;
}

const MOST_PROCESSES = 64;
const MOST_GROUPS = 128;
const MOST_SAMPLES = 8;
const MOST_INHERITED = 64;
const MOST_WHATS = 8;
const MOST_FAILURES = 128;
const MOST_ARGS = 120;
/** Whoever ended with fewer of a group than this just ended. */
const WORTH_KEEPING_AT_EXIT = 8;
/** In use until it has been idle for so long at least. */
const LEAST_IDLE_NS = 500_000_000;
/** And for so many times the longest that a closed one of its group was idle. */
const PATIENCE = 2;

class Counts {
  made: Record<MadeHow, number> = {
    start: 0,
    opened: 0,
    pair: 0,
    accepted: 0,
    received: 0,
    duplicated: 0,
    met: 0,
  };
  closed: Record<ClosedHow, number> = {
    close: 0,
    close_range: 0,
    exec: 0,
    exit: 0,
    replaced: 0,
    unseen: 0,
  };
  passed = 0;
  overFork = 0;
  overExec = 0;
  unknownMade = 0;
  unknownClosed = 0;
  failed = new Tally(32);

  record(): DescriptorCounts {
    return {
      opened: this.made.opened,
      pairs: this.made.pair / 2,
      accepted: this.made.accepted,
      received: this.made.received,
      duplicated: this.made.duplicated,
      passed: this.passed,
      inheritedOverFork: this.overFork,
      inheritedOverExec: this.overExec,
      closed: { ...this.closed },
      unknownMade: this.unknownMade,
      unknownClosed: this.unknownClosed,
      failed: this.failed.record(),
    };
  }
}

/** All descriptors that one process makes by one call. */
interface Group {
  opened: number;
  longestIdleNs: number;
}

interface Account {
  readonly pid: number;
  readonly counts: Counts;
  readonly groups: Map<string, Group>;
  fromNs: Ns;
  trend: Trend;
  readonly kinds: Map<DescriptorKind, Trend>;
  readonly perKind: Map<DescriptorKind, number>;
  heir?: Heir;
}

interface Heir {
  readonly comm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly atNs: Ns;
  readonly slots: readonly Slot[];
}

/** What is opened, by whom, and what of it stays. */
export class DescriptorLedgerSink implements TraceSink, DescriptorObserver {
  readonly #tables: DescriptorTables;
  readonly #tasks: Tasks;
  readonly #accounts = new Map<number, Account>();
  readonly #totals = new Counts();
  readonly #over: DescriptorProcess[] = [];
  #overMore = 0;
  readonly #leftAtExit: LeftGroup[] = [];
  readonly #inherited: InheritedOverExec[] = [];
  #inheritedMore = 0;
  readonly #failures = new Map<string, FailedOpens>();
  #failuresMore = 0;
  readonly #atStart: number;
  #endNs = 0;

  constructor(tables: DescriptorTables, tasks: Tasks) {
    this.#tables = tables;
    this.#tasks = tasks;
    tables.observe(this);
    let atStart = 0;
    for (const table of tables.all()) {
      atStart += table.slots.size;
      this.#account(table);
    }
    this.#atStart = atStart;
  }

  /** Only the time: what happens to descriptors, the tables tell. */
  event(event: TraceEvent): void {
    const end = endOf(event);
    if (end > this.#endNs) this.#endNs = end;
  }

  made(table: Table, slot: Slot): void {
    const account = this.#account(table, slot);
    account.counts.made[slot.made.how]++;
    this.#totals.made[slot.made.how]++;
    const key = groupKey(slot);
    const group = account.groups.get(key);
    if (group === undefined) account.groups.set(key, { opened: 1, longestIdleNs: 0 });
    else group.opened++;
    this.#move(account, slot.description.kind, slot.sinceNs, 1);
  }

  closed(table: Table, slot: Slot, how: ClosedHow, atNs: Ns): void {
    const account = this.#account(table, undefined, 1);
    account.counts.closed[how]++;
    this.#totals.closed[how]++;
    if (how !== 'exit') {
      const group = account.groups.get(groupKey(slot));
      if (group !== undefined) group.longestIdleNs = Math.max(group.longestIdleNs, atNs - slot.usedNs);
    }
    this.#move(account, slot.description.kind, atNs, -1);
  }

  forked(child: Table): void {
    const account = this.#account(child);
    this.#rebase(account, child);
    account.counts.overFork += child.slots.size;
    this.#totals.overFork += child.slots.size;
  }

  execed(table: Table, atNs: Ns): void {
    const heirs = [...table.slots.values()].filter(
      ({ fd, heirOf, closeOnExec }) => fd > 2 && heirOf !== undefined && closeOnExec === false,
    );
    const account = this.#account(table);
    account.counts.overExec += heirs.length;
    this.#totals.overExec += heirs.length;
    const fromPid = heirs[0]?.heirOf;
    // A program that executes another passes on what it means to; the one that forked it may have forgotten.
    if (fromPid === undefined || account.heir !== undefined || table.execs > 1) return;
    account.heir = {
      comm: this.#tasks.comm(table.pid),
      fromPid,
      fromComm: this.#tasks.comm(fromPid),
      atNs,
      slots: heirs,
    };
  }

  ending(table: Table, atNs: Ns): void {
    const account = this.#account(table);
    this.#heir(account, atNs, false);
    // Most processes are small and short: they are not looked into.
    if (table.slots.size >= WORTH_KEEPING_AT_EXIT) {
      for (const group of this.#leftOf(table, account, atNs, true)) {
        if (group.left >= WORTH_KEEPING_AT_EXIT) this.#leftAtExit.push(group);
      }
    }
    if (this.#leftAtExit.length > 2 * MOST_GROUPS) {
      this.#leftAtExit.sort((a, b) => b.abandoned - a.abandoned || b.left - a.left).splice(MOST_GROUPS);
    }
    this.#accounts.delete(table.pid);
    if (
      this.#over.length >= MOST_PROCESSES &&
      account.trend.value < account.trend.start + WORTH_KEEPING_AT_EXIT
    ) {
      this.#overMore++;
      return;
    }
    this.#over.push(this.#process(account, atNs, false));
    if (this.#over.length < 2 * MOST_PROCESSES) return;
    this.#overMore += this.#over.sort(byChange).splice(MOST_PROCESSES).length;
  }

  failed(event: SyscallEvent, errno: string): void {
    const table = this.#tables.get(event.pid);
    if (table === undefined) return;
    this.#account(table).counts.failed.add(errno);
    this.#totals.failed.add(errno);
    const key = `${event.pid} ${event.name} ${errno}`;
    const known = this.#failures.get(key);
    if (known !== undefined) {
      this.#failures.set(key, { ...known, count: known.count + 1, lastNs: event.startNs });
    } else if (this.#failures.size >= MOST_FAILURES) {
      this.#failuresMore++;
    } else {
      this.#failures.set(key, {
        pid: event.pid,
        comm: this.#tasks.comm(event.pid),
        call: event.name,
        errno,
        args: short(event.args, MOST_ARGS),
        open: table.slots.size,
        count: 1,
        firstNs: event.startNs,
        lastNs: event.startNs,
      });
    }
  }

  unknown(pid: number, made: number, closed: number): void {
    const table = this.#tables.get(pid);
    for (const counts of table === undefined ? [this.#totals] : [this.#totals, this.#account(table).counts]) {
      counts.unknownMade += made;
      counts.unknownClosed += closed;
    }
  }

  passed(table: Table, count: number): void {
    this.#account(table).counts.passed += count;
    this.#totals.passed += count;
  }

  finish(endNs: Ns = this.#endNs): DescriptorLedger {
    const processes = [...this.#accounts.values()].map((account) => this.#process(account, endNs, true));
    const groups: LeftGroup[] = [...this.#leftAtExit];
    let left = 0;
    for (const table of this.#tables.all()) {
      const account = this.#accounts.get(table.pid);
      if (account === undefined) continue;
      this.#heir(account, endNs, true);
      const living = this.#leftOf(table, account, endNs, false);
      left += living.reduce((sum, group) => sum + group.left, 0);
      groups.push(...living);
    }
    const all = [...processes, ...this.#over].sort(byChange);
    return {
      totals: { ...this.#totals.record(), atStart: this.#atStart, left },
      processes: {
        items: all.slice(0, MOST_PROCESSES),
        more: Math.max(0, all.length - MOST_PROCESSES) + this.#overMore,
      },
      left: capped(
        groups.sort(
          (a, b) => Number(a.atExit) - Number(b.atExit) || b.abandoned - a.abandoned || b.left - a.left,
        ),
        MOST_GROUPS,
      ),
      inherited: { items: this.#inherited, more: this.#inheritedMore },
      failures: {
        items: [...this.#failures.values()].sort((a, b) => b.count - a.count),
        more: this.#failuresMore,
      },
    };
  }

  /** `added` is the slot that has just been added, `gone` counts one that has just gone: it began without, and with. */
  #account(table: Table, added?: Slot, gone = 0): Account {
    let account = this.#accounts.get(table.pid);
    if (account !== undefined) return account;
    const fromNs = table.bornNs ?? 0;
    account = {
      pid: table.pid,
      counts: new Counts(),
      groups: new Map(),
      fromNs,
      trend: new Trend(fromNs, table.slots.size - (added === undefined ? 0 : 1) + gone),
      kinds: new Map(),
      perKind: new Map(),
    };
    countKinds(account, table, added);
    this.#accounts.set(table.pid, account);
    return account;
  }

  /** The child has run ahead of the news of its birth: only now is it known what it began with. */
  #rebase(account: Account, child: Table): void {
    if (account.trend.value === child.slots.size) return;
    account.fromNs = child.bornNs ?? 0;
    account.trend = new Trend(account.fromNs, child.slots.size);
    account.kinds.clear();
    account.perKind.clear();
    countKinds(account, child);
  }

  #move(account: Account, kind: DescriptorKind, atNs: Ns, by: number): void {
    account.trend.set(atNs, account.trend.value + by);
    const count = account.perKind.get(kind) ?? 0;
    let trend = account.kinds.get(kind);
    if (trend === undefined) {
      trend = new Trend(account.fromNs, count);
      account.kinds.set(kind, trend);
    }
    account.perKind.set(kind, count + by);
    trend.set(atNs, count + by);
  }

  #process(account: Account, endNs: Ns, alive: boolean): DescriptorProcess {
    return {
      pid: account.pid,
      comm: this.#tasks.comm(account.pid),
      counts: account.counts.record(),
      trend: account.trend.summary(endNs),
      kinds: Object.fromEntries([...account.kinds].map(([kind, trend]) => [kind, trend.summary(endNs)])),
      alive,
    };
  }

  /** What is open and was made here, within the trace. */
  #leftOf(table: Table, account: Account, endNs: Ns, atExit: boolean): LeftGroup[] {
    const groups = new Map<string, Slot[]>();
    for (const slot of table.slots.values()) {
      if (slot.made.how === 'start' || slot.heirOf !== undefined) continue;
      const key = groupKey(slot);
      const slots = groups.get(key);
      if (slots === undefined) groups.set(key, [slot]);
      else slots.push(slot);
    }
    return [...groups].map(([key, slots]) => {
      const group = account.groups.get(key);
      const patience = Math.max(LEAST_IDLE_NS, PATIENCE * (group?.longestIdleNs ?? 0));
      const abandoned = slots.filter(
        (slot) => endNs - slot.usedNs > patience && (slot.watchers === 0 || slot.ended),
      );
      const span = Math.max(1, endNs - account.fromNs);
      const quarters: [number, number, number, number] = [0, 0, 0, 0];
      const what = new Tally(64);
      for (const slot of abandoned) {
        const quarter = Math.floor((4 * (slot.made.atNs - account.fromNs)) / span);
        quarters[Math.min(3, Math.max(0, quarter)) as 0 | 1 | 2 | 3]++;
        what.add(withoutInode(slot.description.what));
      }
      const first = slots[0];
      const shown = abandoned.length > 0 ? abandoned : slots;
      return {
        pid: account.pid,
        comm: this.#tasks.comm(account.pid),
        call: first?.made.call ?? '',
        kind: first?.description.kind ?? 'unknown',
        opened: group?.opened ?? slots.length,
        left: slots.length,
        abandoned: abandoned.length,
        otherSideClosed: slots.filter(({ ended }) => ended).length,
        quarters,
        firstNs: Math.min(...slots.slice(0, 1000).map(({ made }) => made.atNs)),
        lastNs: slots.reduce((last, { made }) => Math.max(last, made.atNs), 0),
        what: Object.fromEntries(Object.entries(what.record()).slice(0, MOST_WHATS)),
        samples: capped(shown.map(leftDescriptor), MOST_SAMPLES),
        pollsUnseen: table.pollsUnseen === true && first?.description.kind !== 'file',
        atExit,
      };
    });
  }

  #heir(account: Account, endNs: Ns, alive: boolean): void {
    const { heir } = account;
    const open = this.#tables.get(account.pid)?.slots;
    const kept = heir?.slots.filter((slot) => open?.get(slot.fd) === slot) ?? [];
    if (heir === undefined || kept.length === 0) return;
    if (this.#inherited.length >= MOST_INHERITED) {
      this.#inheritedMore++;
      return;
    }
    this.#inherited.push({
      pid: account.pid,
      comm: heir.comm,
      fromPid: heir.fromPid,
      fromComm: heir.fromComm,
      atNs: heir.atNs,
      livedNs: Math.max(0, endNs - heir.atNs),
      alive,
      descriptors: capped(
        kept.map((slot) => ({
          ...leftDescriptor(slot),
          used: slot.usedNs > heir.atNs,
          arranged: slot.arranged,
        })),
        MOST_SAMPLES,
      ),
    });
  }
}

function countKinds(account: Account, table: Table, added?: Slot): void {
  for (const slot of table.slots.values()) {
    if (slot === added) continue;
    const { kind } = slot.description;
    account.perKind.set(kind, (account.perKind.get(kind) ?? 0) + 1);
  }
}

function groupKey({ made, description }: Slot): string {
  return `${made.call} ${description.kind}`;
}

function leftDescriptor({ fd, description, made, usedNs }: Slot): LeftDescriptor {
  return {
    fd,
    kind: description.kind,
    what: description.what,
    call: made.call,
    args: made.args,
    atNs: made.atNs,
    byPid: made.pid,
    byTid: made.tid,
    usedNs,
  };
}

/** `socket:[4711] to 10.0.0.5:5432` of many is one thing. */
function withoutInode(what: string): string {
  return what.replace(/^(pipe|socket):\[\d+\]/, '$1');
}

function byChange(a: DescriptorProcess, b: DescriptorProcess): number {
  return b.trend.end - b.trend.start - (a.trend.end - a.trend.start) || a.pid - b.pid;
}
