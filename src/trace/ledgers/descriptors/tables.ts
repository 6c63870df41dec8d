import type { ExecEvent, Ns, SpawnEvent, TraceEvent, TraceSink } from '../../event.ts';
import type { RecordingMeta } from '../../recording.ts';
import { Changes, foundDescription } from './changes.ts';
import { newEarly } from './early.ts';
import { EFFECTS } from './effects.ts';
import { inherit } from './inherit.ts';
import { Passing } from './passing.ts';
import type { DescriptorObserver, Made, Table } from './table.ts';
import { touch } from './use.ts';

const MOST_GONE_EARLY = 4096;

/**
 * The descriptor tables of all processes, kept as the kernel keeps them: copied by fork, shared by threads, swept by exec,
 * closed at the end. A thread that takes a table of its own (unshare(CLONE_FILES)) is not followed.
 */
export class DescriptorTables implements TraceSink {
  readonly #tables = new Map<number, Table>();
  readonly #changes = new Changes();
  readonly #passing = new Passing(this.#changes);
  /** Ended before anybody told whose children they are. */
  readonly #goneEarly = new Set<number>();

  constructor(start: RecordingMeta['descriptors'] = []) {
    for (const { pid, fds } of start) this.#tables.set(pid, tableAtStart(pid, fds));
  }

  observe(observer: DescriptorObserver): void {
    this.#changes.observe(observer);
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
        if (event.name === 'sendmsg' || event.name === 'sendmmsg') this.#passing.sent(table, event);
        else if (event.name === 'recvmsg' || event.name === 'recvmmsg') this.#passing.received(table, event);
        else EFFECTS.get(event.name)?.(this.#changes, table, event);
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
      table = { pid, slots: new Map(), execs: 0, early: newEarly() };
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
    if (parent === undefined) delete child.early;
    else inherit(child, parent, startNs);
    this.#changes.tell((observer) => observer.forked?.(child, parent));
  }

  #exec({ pid, startNs }: ExecEvent): void {
    const table = this.#of(pid);
    table.execs++;
    for (const slot of [...table.slots.values()]) {
      if (slot.closeOnExec === true) this.#changes.remove(table, slot, 'exec', startNs);
    }
    this.#changes.tell((observer) => observer.execed?.(table, startNs));
  }

  #end(pid: number, at: Ns): void {
    const table = this.#tables.get(pid);
    if (table === undefined) {
      this.#goneUnborn(pid);
      return;
    }
    this.#changes.tell((observer) => observer.ending?.(table, at));
    for (const slot of [...table.slots.values()]) this.#changes.remove(table, slot, 'exit', at);
    this.#tables.delete(pid);
    if (table.early !== undefined) this.#goneUnborn(pid);
  }

  #goneUnborn(pid: number): void {
    this.#goneEarly.add(pid);
    if (this.#goneEarly.size > MOST_GONE_EARLY) this.#goneEarly.clear();
  }
}

/** What a process had open when the recording began. */
function tableAtStart(pid: number, fds: readonly (readonly [fd: number, target: string])[]): Table {
  const table: Table = { pid, slots: new Map(), execs: 0 };
  const made: Made = { how: 'start', call: '', args: '', pid, tid: pid, atNs: 0 };
  for (const [fd, target] of fds) {
    table.slots.set(fd, {
      fd,
      closeOnExec: undefined,
      description: foundDescription(target),
      made,
      sinceNs: 0,
      usedNs: 0,
      ended: false,
      watchers: 0,
      heirOf: undefined,
      arranged: false,
    });
  }
  return table;
}
