import type { Ns } from '../../event.ts';
import { isWithin } from './early.ts';
import type { Slot, Table } from './table.ts';

/**
 * The descriptors that a child has from its parent since the fork at `startNs`. The events of one thread may run ahead of
 * another's: the child may already have opened, closed and executed.
 */
export function inherit(child: Table, parent: Table, startNs: Ns): void {
  const { early } = child;
  delete child.early;
  for (const slot of parent.slots.values()) {
    if (slot.sinceNs > startNs || child.slots.has(slot.fd) || isWithin(early?.closed, slot.fd)) continue;
    const marked = early?.closeOnExec.get(slot.fd) ?? (isWithin(early?.marked, slot.fd) || undefined);
    const closeOnExec = marked ?? slot.closeOnExec;
    if (child.execs > 0 && closeOnExec !== false) continue;
    slot.description.refs++;
    child.slots.set(slot.fd, heirOf(slot, parent.pid, closeOnExec, marked === false));
  }
  for (const [fd, of] of early?.copies ?? []) {
    const slot = child.slots.get(fd);
    const original = parent.slots.get(of);
    if (slot?.made.how !== 'duplicated' || slot.made.pid !== child.pid || original === undefined) continue;
    original.description.refs++;
    child.slots.set(fd, { ...slot, description: original.description });
  }
}

function heirOf(slot: Slot, pid: number, closeOnExec: boolean | undefined, arranged: boolean): Slot {
  const { fd, description, made, sinceNs, usedNs, ended } = slot;
  return {
    fd,
    closeOnExec,
    description,
    made,
    sinceNs,
    usedNs,
    ended,
    watchers: 0,
    heirOf: pid,
    arranged: arranged || slot.arranged,
  };
}
