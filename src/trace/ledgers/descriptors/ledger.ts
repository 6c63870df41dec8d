import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import { endOf } from '../call.ts';
import { capped, short, Tally } from '../capped.ts';
import type { Tasks } from '../tasks.ts';
import { Trend } from '../trend.ts';
import { type Account, Counts, countKinds, move, rebase } from './accounts.ts';
import type {
  DescriptorLedger,
  DescriptorProcess,
  FailedOpens,
  InheritedOverExec,
  LeftDescriptor,
  LeftGroup,
} from './book.ts';
import type { ClosedHow, DescriptorObserver, Slot, Table } from './table.ts';
import type { DescriptorTables } from './tables.ts';

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

/** Of one call with one error: changed in place, for some programs do nothing else. */
type Failures = { -readonly [Key in keyof FailedOpens]: FailedOpens[Key] };

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
  readonly #failures = new Map<string, Failures>();
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

  get unseenCloses(): number {
    return this.#totals.closed.unseen;
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
    move(account, slot.description.kind, slot.sinceNs, 1);
  }

  closed(table: Table, slot: Slot, how: ClosedHow, atNs: Ns): void {
    const account = this.#account(table, undefined, 1);
    account.counts.closed[how]++;
    this.#totals.closed[how]++;
    if (how !== 'exit') {
      const group = account.groups.get(groupKey(slot));
      if (group !== undefined) group.longestIdleNs = Math.max(group.longestIdleNs, atNs - slot.usedNs);
    }
    move(account, slot.description.kind, atNs, -1);
  }

  forked(child: Table): void {
    const account = this.#account(child);
    rebase(account, child);
    account.counts.overFork += child.slots.size;
    this.#totals.overFork += child.slots.size;
  }

  execed(table: Table, atNs: Ns): void {
    const heirs = [...table.slots.values()].filter(
      ({ fd, heirOf, closeOnExec }) => fd > 2 && heirOf !== undefined && closeOnExec === false,
    );
    const account = this.#account(table);
    // Which of them are left, nobody knows.
    delete account.unnumbered;
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
      known.count++;
      known.lastNs = event.startNs;
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

  unknown(event: SyscallEvent, made: number, closed: number): void {
    const table = this.#tables.get(event.pid);
    const account = table === undefined ? undefined : this.#account(table);
    for (const counts of account === undefined ? [this.#totals] : [this.#totals, account.counts]) {
      counts.unknownMade += made;
      counts.unknownClosed += closed;
    }
    if (account === undefined) return;
    account.unnumbered ??= { trend: new Trend(account.fromNs, 0), calls: new Tally(8) };
    const { trend, calls } = account.unnumbered;
    trend.set(endOf(event), trend.value + made - closed);
    if (made > 0) calls.add(event.name, made);
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
    const fromNs = table.bornNs ?? this.#tasks.beginNs;
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

  #process(account: Account, endNs: Ns, alive: boolean): DescriptorProcess {
    return {
      pid: account.pid,
      comm: this.#tasks.comm(account.pid),
      counts: account.counts.record(),
      trend: account.trend.summary(endNs),
      ...unnumberedOf(account, endNs),
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

/** Of registers alone: who makes some. */
function unnumberedOf({ unnumbered }: Account, endNs: Ns): Pick<DescriptorProcess, 'unnumbered'> {
  const calls = unnumbered?.calls.record() ?? {};
  return unnumbered === undefined || Object.keys(calls).length === 0
    ? {}
    : { unnumbered: { calls, trend: unnumbered.trend.summary(endNs) } };
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
