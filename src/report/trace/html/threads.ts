import { sanitize } from '../../../term/sanitize.ts';
import type { ExitEvent, TraceEvent } from '../../../trace/event.ts';
import type { TraceHead } from '../output.ts';

/** More are not shown: their rows would be nobody's to read. */
const MOST_THREADS = 20_000;

export interface KnownThread {
  /** Of a new thread strace alone does not know its process at first. */
  pid: number;
  readonly tid: number;
  /** Place of who started it. */
  parent: number;
  end?: string;
}

/** The threads of a page in the order in which they were seen first, told by their places. */
export class KnownThreads {
  readonly list: KnownThread[] = [];
  readonly #places = new Map<number, number>();
  /** Events of those for which there was no room. */
  refused = 0;

  constructor(head: TraceHead) {
    for (const { pid, tid } of head.tasks) this.#place(pid, tid);
  }

  /** -1: there is no room. */
  of(event: { readonly pid: number; readonly tid: number }): number {
    const place = this.#place(event.pid, event.tid);
    if (place < 0) this.refused += 1;
    return place;
  }

  find(tid: number): number {
    return this.#places.get(tid) ?? -1;
  }

  note(event: TraceEvent): void {
    if (event.type === 'spawn') {
      const parent = this.#place(event.pid, event.tid);
      const child = this.list[this.#place(event.childPid, event.childTid)];
      if (child !== undefined && child.tid !== event.tid) child.parent = parent;
    }
    if (event.type === 'exit') {
      const thread = this.list[this.#place(event.pid, event.tid)];
      if (thread !== undefined) thread.end = endOf(event);
    }
  }

  /** Places as a tree is read: parents before their children, threads after their leader; and how deep each stands. */
  inTree(): readonly { readonly place: number; readonly depth: number }[] {
    const children = new Map<number, number[]>();
    for (const [place, thread] of this.list.entries()) {
      const above = this.#above(place, thread);
      const list = children.get(above);
      if (list === undefined) children.set(above, [place]);
      else list.push(place);
    }
    const order: { place: number; depth: number }[] = [];
    const seen = new Set<number>();
    const open = (children.get(-1) ?? []).map((place) => ({ place, depth: 0 })).reverse();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next.place)) continue;
      seen.add(next.place);
      order.push(next);
      const { depth } = next;
      // Threads of the process first, then what it started.
      const { pid } = this.list[next.place]!;
      const below = [...(children.get(next.place) ?? [])].sort(
        (a, b) => Number(this.list[a]!.pid !== pid) - Number(this.list[b]!.pid !== pid) || a - b,
      );
      for (const place of below.reverse()) open.push({ place, depth: depth + 1 });
    }
    // Who is its own ancestor, as numbers are used again, still has a row.
    for (const place of this.list.keys()) if (!seen.has(place)) order.push({ place, depth: 0 });
    return order;
  }

  #above(place: number, { pid, tid, parent }: KnownThread): number {
    const leader = this.find(pid);
    if (pid !== tid && leader >= 0 && leader !== place) return leader;
    return parent === place ? -1 : parent;
  }

  #place(pid: number, tid: number): number {
    const known = this.#places.get(tid);
    if (known !== undefined) {
      this.list[known]!.pid = pid;
      return known;
    }
    if (this.list.length >= MOST_THREADS) return -1;
    this.#places.set(tid, this.list.length);
    return this.list.push({ pid, tid, parent: -1 }) - 1;
  }
}

function endOf({ status, signal, core }: ExitEvent): string {
  if (signal !== undefined) return sanitize(`killed by ${signal}${core === true ? ', core dumped' : ''}`);
  return status === undefined ? 'exited' : `exited with ${status}`;
}
