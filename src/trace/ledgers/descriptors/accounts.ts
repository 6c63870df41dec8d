import type { Ns } from '../../event.ts';
import { Tally } from '../capped.ts';
import { Trend } from '../trend.ts';
import type { DescriptorCounts } from './book.ts';
import type { DescriptorKind } from './kind.ts';
import type { ClosedHow, MadeHow, Slot, Table } from './table.ts';

/** How often which happened to descriptors. */
export class Counts {
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
export interface Group {
  opened: number;
  longestIdleNs: number;
}

/** What one process made and closed. */
export interface Account {
  readonly pid: number;
  readonly counts: Counts;
  readonly groups: Map<string, Group>;
  fromNs: Ns;
  trend: Trend;
  readonly kinds: Map<DescriptorKind, Trend>;
  readonly perKind: Map<DescriptorKind, number>;
  heir?: Heir;
  /** Made by calls that do not tell the numbers, less those that were closed of which nobody knows what they were. */
  unnumbered?: { readonly trend: Trend; readonly calls: Tally };
}

/** A program that was executed with descriptors of who started it. */
export interface Heir {
  readonly comm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly atNs: Ns;
  readonly slots: readonly Slot[];
}

/** Those that it has, by kind; without the one that comes just now. */
export function countKinds(account: Account, table: Table, added?: Slot): void {
  for (const slot of table.slots.values()) {
    if (slot === added) continue;
    const { kind } = slot.description;
    account.perKind.set(kind, (account.perKind.get(kind) ?? 0) + 1);
  }
}

/** The child has run ahead of the news of its birth: only now is it known what it began with. */
export function rebase(account: Account, child: Table): void {
  if (account.trend.value === child.slots.size) return;
  account.fromNs = child.bornNs ?? 0;
  account.trend = new Trend(account.fromNs, child.slots.size);
  account.kinds.clear();
  account.perKind.clear();
  countKinds(account, child);
}

/** One more or less of a kind. */
export function move(account: Account, kind: DescriptorKind, atNs: Ns, by: number): void {
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
