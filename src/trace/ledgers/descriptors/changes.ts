import type { Ns, SyscallEvent } from '../../event.ts';
import { type DescriptorArgument, endOf } from '../call.ts';
import { short } from '../capped.ts';
import { type DescriptorKind, kindOfTarget } from './kind.ts';
import type { ClosedHow, Description, DescriptorObserver, MadeHow, Slot, Table } from './table.ts';

const MOST_ARGS = 120;
const MOST_WHAT = 200;

/** A description as a call tells of it. */
export interface Told {
  readonly kind: DescriptorKind;
  readonly what: string;
}

/** A descriptor that a call has made. */
export interface NewDescriptor {
  readonly descriptor: DescriptorArgument;
  /** A description that other descriptors lead to, or what is known of a new one. */
  readonly leadsTo: Description | Told;
  readonly how: MadeHow;
  readonly closeOnExec: boolean | undefined;
  /** As of `Slot`; default false. */
  readonly arranged?: boolean;
}

/** Makes and removes the descriptors of tables, and tells who observes them. */
export class Changes {
  readonly #observers: DescriptorObserver[] = [];

  observe(observer: DescriptorObserver): void {
    this.#observers.push(observer);
  }

  tell(say: (observer: DescriptorObserver) => void): void {
    for (const observer of this.#observers) say(observer);
  }

  /** The call did not do what it was asked to; one that a signal interrupted is made again. */
  failed(event: SyscallEvent): void {
    const { errno } = event;
    if (errno === undefined || errno.startsWith('ERESTART')) return;
    this.tell((observer) => observer.failed?.(event, errno));
  }

  /** Descriptors were made or closed whose numbers nobody knows. */
  unknown(event: SyscallEvent, made: number, closed: number): void {
    this.tell((observer) => observer.unknown?.(event, made, closed));
  }

  remove(table: Table, slot: Slot, how: ClosedHow, at: Ns): void {
    table.slots.delete(slot.fd);
    const last = --slot.description.refs === 0;
    for (const observer of this.#observers) {
      observer.closed?.(table, slot, how, at);
      if (last) observer.released?.(slot.description);
    }
  }

  add(table: Table, event: SyscallEvent, { descriptor, leadsTo, how, ...more }: NewDescriptor): void {
    const end = endOf(event);
    this.#put(table, {
      fd: descriptor.fd,
      closeOnExec: more.closeOnExec,
      description: referred(leadsTo, descriptor.target),
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
      arranged: more.arranged ?? false,
    });
  }

  #put(table: Table, slot: Slot): void {
    const old = table.slots.get(slot.fd);
    if (old !== undefined) {
      // The kernel gives out no number that is in use: its close has not come yet, or nobody saw it.
      this.remove(table, old, slot.made.call.startsWith('dup') ? 'replaced' : 'unseen', slot.sinceNs);
    }
    table.slots.set(slot.fd, slot);
    this.tell((observer) => observer.made?.(table, slot));
  }
}

/** One reference more to a description, or the first to a new one, of which `strace -y` tells more than the call. */
function referred(leadsTo: Description | Told, target: string | undefined): Description {
  if ('refs' in leadsTo) {
    leadsTo.refs++;
    return leadsTo;
  }
  const { kind, what } = leadsTo;
  if (target === undefined) return { kind, what, refs: 1 };
  const shown = kindOfTarget(target);
  const better = kind === 'unknown' || (kind === 'file' && shown !== 'other');
  return { kind: better ? shown : kind, what: shortWhat(target), refs: 1 };
}

/**
 * A description that was there before anybody looked. The one reference stands for the descriptor that it was found by, or,
 * where that is in no table, for those that nobody knows: copies come and go, and it is never released.
 */
export function foundDescription(target: string | undefined, kind: DescriptorKind = 'unknown'): Description {
  return target === undefined
    ? { kind, what: '', refs: 1 }
    : { kind: kindOfTarget(target), what: shortWhat(target), refs: 1 };
}

/** What a description is, no longer than is kept of it. */
export function shortWhat(text: string): string {
  return short(text, MOST_WHAT);
}
