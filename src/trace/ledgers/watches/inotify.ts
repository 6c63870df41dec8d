import type { Ns, SyscallEvent } from '../../event.ts';
import { type Call, callOf, descriptorAt, isRaw, numberAt, stringAt, succeeded } from '../call.ts';
import { type Capped, capped, short, Tally } from '../capped.ts';
import type { Description } from '../descriptors/table.ts';
import type { DescriptorTables } from '../descriptors/tables.ts';
import type { Tasks } from '../tasks.ts';
import type { InotifyInstance, WatchLedger } from './book.ts';
import { inotifyEvents } from './inotify-events.ts';

const MOST_LISTED = 64;
const MOST_PATHS = 8;
const MOST_ARGS = 120;
/** Numbers of watches that are remembered; beyond, a number higher than all before is a new one (they rise). */
const MOST_WATCHES = 65_536;

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

/** The instances of inotify, and what is watched by each. */
export class InotifyInstances {
  readonly #tables: DescriptorTables;
  readonly #tasks: Tasks;
  readonly #now = new Map<Description, Inotify>();
  /** Closed with something to tell. */
  readonly #over: Inotify[] = [];
  #more = 0;
  #instances = 0;
  #added = 0;
  #updated = 0;
  #removed = 0;
  #overflows = 0;

  constructor(tables: DescriptorTables, tasks: Tasks) {
    this.#tables = tables;
    this.#tasks = tasks;
  }

  made(pid: number, description: Description, atNs: Ns): void {
    this.#instances++;
    this.#instance(pid, description, atNs);
  }

  /** Its last descriptor has gone, and its watches with it. */
  released(description: Description): void {
    const inotify = this.#now.get(description);
    if (inotify === undefined) return;
    this.#now.delete(description);
    inotify.open = false;
    inotify.watches.clear();
    if (this.#over.length < MOST_LISTED) this.#over.push(inotify);
    else this.#more++;
  }

  totals(): Pick<
    WatchLedger['totals'],
    | 'inotifyInstances'
    | 'inotifyAdded'
    | 'inotifyUpdated'
    | 'inotifyRemoved'
    | 'inotifyLeft'
    | 'inotifyOverflows'
  > {
    return {
      inotifyInstances: this.#instances,
      inotifyAdded: this.#added,
      inotifyUpdated: this.#updated,
      inotifyRemoved: this.#removed,
      inotifyLeft: [...this.#now.values()].reduce((sum, instance) => sum + leftOf(instance), 0),
      inotifyOverflows: this.#overflows,
    };
  }

  /** Those with the most left first, then those that are closed. */
  list(): Capped<InotifyInstance> {
    const open = [...this.#now.values()].sort((a, b) => leftOf(b) - leftOf(a));
    const { items, more } = capped([...open, ...this.#over].map(instanceEntry), MOST_LISTED);
    return { items, more: more + this.#more };
  }

  #instance(pid: number, description: Description, madeNs?: Ns): Inotify {
    let instance = this.#now.get(description);
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
      this.#now.set(description, instance);
    }
    return instance;
  }

  #instanceOf(call: Call): Inotify | undefined {
    const fd = descriptorAt(call, 0)?.fd ?? -1;
    const slot = this.#tables.get(call.event.pid)?.slots.get(fd);
    return slot === undefined ? undefined : this.#instance(call.event.pid, slot.description);
  }

  addWatch(event: SyscallEvent): void {
    const call = callOf(event);
    const instance = this.#instanceOf(call);
    if (!succeeded(event)) {
      if (event.errno === undefined) return;
      instance?.failed.add(event.errno);
      return;
    }
    const wd = event.result;
    const known = instance?.watches.has(wd) === true || (instance !== undefined && wd < instance.highest);
    if (known) {
      this.#updated++;
      if (instance !== undefined) instance.updated++;
      return;
    }
    this.#added++;
    if (instance === undefined) return;
    instance.added++;
    instance.highest = Math.max(instance.highest, wd);
    if (instance.watches.size < MOST_WATCHES) instance.watches.add(wd);
    const path = stringAt(call, 1);
    if (path !== undefined && instance.paths.length < MOST_PATHS) instance.paths.push(short(path, MOST_ARGS));
  }

  removeWatch(event: SyscallEvent): void {
    if (!succeeded(event)) return;
    this.#removed++;
    const call = callOf(event);
    const instance = this.#instanceOf(call);
    if (instance === undefined) return;
    instance.removed++;
    instance.watches.delete(numberAt(call, 1) ?? -1);
  }

  /** What read(2) takes out of an instance: overflows, and watches that have ended. */
  read(event: SyscallEvent): void {
    if (this.#now.size === 0 || !succeeded(event)) return;
    const fd = Number.parseInt(event.args, 10);
    const slot = this.#tables.get(event.pid)?.slots.get(fd);
    const instance = slot === undefined ? undefined : this.#now.get(slot.description);
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
