import type { Ns } from '../../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../../perf/batch.ts';
import type { StraceCall } from '../../strace/call.ts';
import { nameInStrace } from '../call-names.ts';
import type { StraceTaker } from '../strace-cursor.ts';

/** Calls of one thread in their order. */
export class ThreadCalls {
  /** Which call it is (see Keys); `ANY` when nobody can tell. */
  readonly keys: number[] = [];
  readonly begins: Ns[] = [];
  /** When it ended; NaN unknown. */
  readonly ends: Ns[] = [];
}

/** The calls that one of the two recordings holds, by thread. */
export type Calls = ReadonlyMap<number, ThreadCalls>;

/** A call that strace could not name for sure: it is taken for any. */
export const ANY = -1;

/** Numbers for system calls that are the same for both recordings, whether they tell a number or a name. */
export class Keys {
  readonly #syscallName: (nr: number) => string | undefined;
  readonly #byName = new Map<string, number>();
  readonly #byNumber = new Map<number, number>();

  constructor(syscallName: (nr: number) => string | undefined) {
    this.#syscallName = syscallName;
  }

  ofNumber(nr: number): number {
    let key = this.#byNumber.get(nr);
    if (key === undefined) {
      key = this.ofName(this.#syscallName(nr) ?? `syscall_0x${nr.toString(16)}`);
      this.#byNumber.set(nr, key);
    }
    return key;
  }

  ofName(name: string): number {
    const known = nameInStrace(name);
    let key = this.#byName.get(known);
    if (key === undefined) {
      key = this.#byName.size;
      this.#byName.set(known, key);
    }
    return key;
  }
}

/** So many calls of each recording are looked at to bring the two together. */
export const MOST_CALLS = 500_000;

/** Collects what strace tells, on the clock of its log. */
export class StraceCalls implements StraceTaker {
  readonly threads = new Map<number, ThreadCalls>();
  readonly keys = new Set<number>();
  count = 0;
  readonly #keys: Keys;
  readonly #from: number;

  /** `from`: what comes before is passed over. */
  constructor(keys: Keys, from = Number.NEGATIVE_INFINITY) {
    this.#keys = keys;
    this.#from = from;
  }

  begun(at: Ns, call: StraceCall): void {
    if (at < this.#from) return;
    const calls = threadIn(this.threads, call.tid);
    const key = call.nr >= 0 ? this.#keys.ofNumber(call.nr) : this.#keys.ofName(call.name);
    this.keys.add(key);
    calls.keys.push(call.resuming === undefined ? key : ANY);
    calls.begins.push(at);
    this.count++;
  }

  ended(): void {
    // Only beginnings are compared: strace stamps the end when it comes to it.
  }

  signal(): void {
    // No call.
  }

  exit(): void {
    // No call.
  }
}

/** Collects what perf tells of the threads that it is asked for. */
export class PerfCalls {
  readonly threads = new Map<number, ThreadCalls>();
  count = 0;
  /** Calls of threads that nobody asked for. */
  others = 0;
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;
  readonly #keys: Keys;
  readonly #wanted: ((tid: number) => boolean) | undefined;

  constructor(keys: Keys, wanted?: (tid: number) => boolean) {
    this.#keys = keys;
    this.#wanted = wanted;
  }

  take(batch: PerfBatch, source: PerfSource): void {
    for (let row = 0; row < batch.count; row++) {
      const at = batch.at[row]!;
      if (at < this.from) this.from = at;
      if (at > this.to) this.to = at;
      const kind = batch.kind[row];
      if (kind !== PERF.enter && kind !== PERF.exit) continue;
      const tid = batch.tid[row]!;
      if (tid <= 0 || this.#wanted?.(tid) === false) {
        this.others++;
        continue;
      }
      if (kind === PERF.enter) this.#enter(threadIn(this.threads, tid), at, batch, row, source);
      else {
        const calls = this.threads.get(tid);
        const last = (calls?.ends.length ?? 0) - 1;
        if (calls !== undefined && last >= 0 && Number.isNaN(calls.ends[last])) calls.ends[last] = at;
      }
    }
  }

  #enter(calls: ThreadCalls, at: Ns, batch: PerfBatch, row: number, source: PerfSource): void {
    const nr = batch.a[row]!;
    // `syscalls:sys_enter_openat` tells the name alone in the text of perf script.
    const text = batch.text[row]!;
    calls.keys.push(nr < 0 && text >= 0 ? this.#keys.ofName(source.text(text)) : this.#keys.ofNumber(nr));
    calls.begins.push(at);
    calls.ends.push(Number.NaN);
    this.count++;
  }
}

function threadIn(threads: Map<number, ThreadCalls>, tid: number): ThreadCalls {
  let calls = threads.get(tid);
  if (calls === undefined) {
    calls = new ThreadCalls();
    threads.set(tid, calls);
  }
  return calls;
}
