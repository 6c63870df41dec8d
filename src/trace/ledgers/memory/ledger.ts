import type { Ns, SyscallEvent, TraceEvent, TraceSink } from '../../event.ts';
import { type Call, callOf, endOf, flagAt, numberAt, succeeded } from '../call.ts';
import { capped, short } from '../capped.ts';
import type { Tasks } from '../tasks.ts';
import { Trend } from '../trend.ts';
import type { MappingGroup, MemoryLedger, MemoryProcess } from './book.ts';
import { type Mapping, type MappingKind, Mappings } from './mappings.ts';

const MOST_PROCESSES = 64;
/** A program that maps ranges of ever other sizes counts in its sums alone. */
const MOST_GROUPS = 512;
const MOST_TOLD_GROUPS = 16;
const MOST_ARGS = 120;
/** Whoever ended with less of growth than this just ended. */
const WORTH_KEEPING = 256 * 1024;
/** include/uapi/asm-generic/mman.h, mman-common.h */
const PROT_ANY = 7;
const MAP_ANONYMOUS = 0x20;
const MAP_STACK = 0x20000;
const PAGE = 4096;
/** Addresses beyond are no numbers that can be reckoned with; user space ends at 2^47, or 2^56 with five levels. */
const HIGHEST = Number.MAX_SAFE_INTEGER;

interface Group {
  readonly call: string;
  readonly kind: MappingKind;
  readonly bytes: number;
  readonly args: string;
  readonly firstNs: Ns;
  made: number;
  lastNs: Ns;
  byTid: number;
}

interface Space {
  readonly pid: number;
  begun: boolean;
  readonly fromNs: Ns;
  readonly mappings: Mappings;
  readonly groups: Map<string, Group>;
  readonly trend: Trend;
  brk: number | undefined;
  heapBytes: number;
  mapped: number;
  mappedBytes: number;
  unmapped: number;
  unmappedBytes: number;
  grown: number;
}

/** What is mapped and what the heap grows by, by the calls mmap, munmap, mremap and brk; who uses it, no call tells. */
export class MemoryLedgerSink implements TraceSink {
  readonly #spaces = new Map<number, Space>();
  readonly #over: MemoryProcess[] = [];
  #overMore = 0;
  readonly #tasks: Tasks;
  readonly #totals = { mapped: 0, mappedBytes: 0, unmapped: 0, unmappedBytes: 0, heapBytes: 0 };
  #endNs = 0;

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'syscall':
        this.#call(event);
        break;
      case 'spawn': {
        // It may have run ahead of the news of its birth.
        const child = event.thread ? undefined : this.#spaces.get(event.childPid);
        if (child !== undefined) child.begun = true;
        break;
      }
      case 'exec':
        // The old one is gone, with all that was in it.
        this.#spaces.delete(event.pid);
        this.#spaces.set(event.pid, newSpace(event.pid, event.startNs, true));
        break;
      case 'exit':
        if (event.last) this.#end(event.pid, event.startNs);
    }
  }

  #call(event: SyscallEvent): void {
    switch (event.name) {
      case 'mmap':
      case 'mmap2':
        this.#map(event);
        break;
      case 'munmap':
        this.#unmap(event);
        break;
      case 'mprotect':
      case 'pkey_mprotect':
        this.#protect(event);
        break;
      case 'mremap':
        this.#remap(event);
        break;
      case 'brk':
        this.#break(event);
    }
  }

  #of({ pid }: SyscallEvent): Space {
    let space = this.#spaces.get(pid);
    if (space === undefined) {
      const { startNs } = this.#tasks.of(pid);
      space = newSpace(pid, startNs ?? this.#tasks.beginNs, startNs !== undefined);
      this.#spaces.set(pid, space);
    }
    return space;
  }

  #map(event: SyscallEvent): void {
    if (!succeeded(event) || event.result > HIGHEST) return;
    const call = callOf(event);
    const length = pages(numberAt(call, 1));
    if (length === 0) return;
    const kind =
      flagAt(call, 3, 'MAP_STACK', MAP_STACK) === true
        ? 'stack'
        : flagAt(call, 3, 'MAP_ANONYMOUS', MAP_ANONYMOUS) === true
          ? isAccessible(call, 2)
            ? 'anonymous'
            : 'reserved'
          : 'file';
    this.#add(event, event.result, length, kind);
  }

  #add(event: SyscallEvent, start: number, length: number, kind: MappingKind): void {
    const space = this.#of(event);
    const end = start + length;
    // A file over what was reserved for it, as loaders do, makes nothing more.
    const replaced = countedOf(space.mappings.remove(start, end));
    const key = `${event.name} ${kind} ${length}`;
    space.mappings.add({ start, end, kind, group: key, atNs: event.startNs });
    const group = space.groups.get(key);
    if (group !== undefined) {
      group.made++;
      group.lastNs = event.startNs;
      group.byTid = event.tid;
    } else if (space.groups.size < MOST_GROUPS) {
      space.groups.set(key, {
        call: event.name,
        kind,
        bytes: length,
        args: short(event.args, MOST_ARGS),
        firstNs: event.startNs,
        made: 1,
        lastNs: event.startNs,
        byTid: event.tid,
      });
    }
    const counted = kind === 'reserved' ? 0 : length;
    space.mapped++;
    space.mappedBytes += counted;
    this.#totals.mapped++;
    this.#totals.mappedBytes += counted;
    this.#grows(space, counted - replaced, endOf(event));
  }

  #unmap(event: SyscallEvent): void {
    if (!succeeded(event)) return;
    const call = callOf(event);
    const start = numberAt(call, 0);
    const length = pages(numberAt(call, 1));
    if (start === undefined || start > HIGHEST || length === 0) return;
    this.#remove(event, start, length);
  }

  /** What was mapped before the trace counts too: a ring of mappings does not grow. */
  #remove(event: SyscallEvent, start: number, length: number): void {
    const space = this.#of(event);
    const gone = space.mappings.remove(start, start + length);
    const counted = length - bytesOf(gone) + countedOf(gone);
    space.unmapped++;
    space.unmappedBytes += counted;
    this.#totals.unmapped++;
    this.#totals.unmappedBytes += counted;
    this.#grows(space, -counted, endOf(event));
  }

  /** Allocators reserve addresses, and make memory of them piece by piece. */
  #protect(event: SyscallEvent): void {
    const space = this.#spaces.get(event.pid);
    if (space === undefined || !succeeded(event)) return;
    const call = callOf(event);
    const start = numberAt(call, 0);
    const length = pages(numberAt(call, 1));
    if (start === undefined || start > HIGHEST || length === 0) return;
    const opens = isAccessible(call, 2);
    let by = 0;
    for (const part of space.mappings.remove(start, start + length)) {
      const bytes = part.end - part.start;
      const kind =
        part.kind === 'reserved' && opens
          ? 'anonymous'
          : part.kind === 'anonymous' && !opens
            ? 'reserved'
            : part.kind;
      if (kind !== part.kind) by += opens ? bytes : -bytes;
      space.mappings.add({ ...part, kind });
    }
    if (by !== 0) this.#grows(space, by, endOf(event));
  }

  /** mremap(old address, old size, new size, flags): the old size 0 makes another mapping of the same. */
  #remap(event: SyscallEvent): void {
    if (!succeeded(event) || event.result > HIGHEST) return;
    const call = callOf(event);
    const start = numberAt(call, 0);
    const [before, after] = [pages(numberAt(call, 1)), pages(numberAt(call, 2))];
    if (start === undefined || start > HIGHEST || after === 0) return;
    const kind = this.#of(event).mappings.all.find((one) => one.start <= start && start < one.end)?.kind;
    if (before > 0) this.#remove(event, start, before);
    this.#add(event, event.result, after, kind ?? 'anonymous');
  }

  /** brk(address) returns where the heap ends now: where it ended before, when it could not be moved. */
  #break(event: SyscallEvent): void {
    if (!succeeded(event) || event.result > HIGHEST) return;
    const space = this.#of(event);
    const before = space.brk;
    space.brk = event.result;
    if (before === undefined || before === event.result) return;
    const by = event.result - before;
    space.heapBytes += by;
    this.#totals.heapBytes += by;
    this.#grows(space, by, endOf(event));
  }

  #grows(space: Space, by: number, at: Ns): void {
    if (at > this.#endNs) this.#endNs = at;
    if (by > 0) space.grown++;
    space.trend.set(at, space.trend.value + by);
  }

  #end(pid: number, at: Ns): void {
    const space = this.#spaces.get(pid);
    if (space === undefined) return;
    this.#spaces.delete(pid);
    const told = this.#process(space, at, false);
    if (told.trend.end < WORTH_KEEPING) {
      this.#overMore++;
      return;
    }
    this.#over.push(told);
    if (this.#over.length < 2 * MOST_PROCESSES) return;
    this.#overMore += this.#over.sort(byGrowth).splice(MOST_PROCESSES).length;
  }

  finish(endNs: Ns = this.#endNs): MemoryLedger {
    const living = [...this.#spaces.values()].map((space) => this.#process(space, endNs, true));
    const all = [...living, ...this.#over].sort(byGrowth);
    const told = capped(all, MOST_PROCESSES);
    return { totals: { ...this.#totals }, processes: { ...told, more: told.more + this.#overMore } };
  }

  #process(space: Space, endNs: Ns, alive: boolean): MemoryProcess {
    const left = new Map<string, { count: number; bytes: number }>();
    for (const { group, start, end, kind } of space.mappings.all) {
      if (kind === 'reserved') continue;
      const sum = left.get(group);
      if (sum === undefined) left.set(group, { count: 1, bytes: end - start });
      else {
        sum.count++;
        sum.bytes += end - start;
      }
    }
    const groups = [...left].flatMap(([key, { count, bytes }]): MappingGroup[] => {
      const group = space.groups.get(key);
      return group === undefined ? [] : [{ ...group, left: count, leftBytes: bytes }];
    });
    return {
      pid: space.pid,
      comm: this.#tasks.comm(space.pid),
      alive,
      begun: space.begun,
      seenNs: Math.max(0, endNs - space.fromNs),
      mapped: space.mapped,
      mappedBytes: space.mappedBytes,
      unmapped: space.unmapped,
      unmappedBytes: space.unmappedBytes,
      heapBytes: space.heapBytes,
      grown: space.grown,
      trend: alive ? space.trend.summary(endNs) : space.trend.summaryBeforeEnd(endNs),
      groups: capped(
        groups.sort((a, b) => b.leftBytes - a.leftBytes),
        MOST_TOLD_GROUPS,
      ),
    };
  }
}

function newSpace(pid: number, fromNs: Ns, begun: boolean): Space {
  return {
    pid,
    begun,
    fromNs,
    mappings: new Mappings(),
    groups: new Map(),
    trend: new Trend(fromNs, 0),
    brk: undefined,
    heapBytes: 0,
    mapped: 0,
    mappedBytes: 0,
    unmapped: 0,
    unmappedBytes: 0,
    grown: 0,
  };
}

/** Whole pages, as the kernel takes it; 0 for what is no length. */
function pages(length: number | undefined): number {
  if (length === undefined || !(length > 0) || length > HIGHEST) return 0;
  return Math.ceil(length / PAGE) * PAGE;
}

function bytesOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Less what is reserved only. */
function countedOf(mappings: readonly Mapping[]): number {
  return bytesOf(mappings.filter(({ kind }) => kind !== 'reserved'));
}

/** Its protection lets somebody read, write or execute it. */
function isAccessible(call: Call, at: number): boolean {
  const text = call.args[at] ?? '';
  const bits = numberAt(call, at);
  return bits === undefined ? /PROT_(?:READ|WRITE|EXEC)/.test(text) : (bits & PROT_ANY) !== 0;
}

function byGrowth(a: MemoryProcess, b: MemoryProcess): number {
  return b.trend.end - a.trend.end || a.pid - b.pid;
}
