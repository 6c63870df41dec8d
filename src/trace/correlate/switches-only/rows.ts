import type { Ns } from '../../event.ts';
import { PERF, type PerfBatch, type PerfSource } from '../../perf/batch.ts';
import { PERF_ONLY } from '../events.ts';
import type { Execs } from '../execs.ts';
import type { FirstSleeps } from '../first-sleeps.ts';
import type { CorrelatorOptions } from '../options.ts';
import type { Thread } from '../thread.ts';
import type { Threads } from '../threads.ts';
import type { CallsBySwitches } from './calls.ts';

/** Names of threads that are kept until they are met. */
const MOST_NAMES = 50_000;

/** Rows of a perf that told who got and left the CPU, who was born and who ended, and nothing else. */
export class SwitchRows {
  readonly #options: CorrelatorOptions;
  readonly #threads: Threads;
  readonly #firstSleeps: FirstSleeps;
  readonly #execs: Execs;
  readonly #told: CallsBySwitches;
  readonly #names = new Map<number, string>();

  constructor(
    options: CorrelatorOptions,
    threads: Threads,
    firstSleeps: FirstSleeps,
    execs: Execs,
    told: CallsBySwitches,
  ) {
    this.#options = options;
    this.#threads = threads;
    this.#firstSleeps = firstSleeps;
    this.#execs = execs;
    this.#told = told;
  }

  /** @returns true when nothing else is to be done with the row. */
  row(batch: PerfBatch, row: number, source: PerfSource): boolean {
    const at = batch.at[row]!;
    const pid = batch.pid[row]!;
    const tid = batch.tid[row]!;
    const kind = batch.kind[row];
    this.#told.setNow(at);
    if (at < (this.#options.perfWindow?.from ?? 0)) {
      // Children that exec are recorded before the rest is switched on (enable_on_exec), and may have ended by then.
      const text = kind === PERF.comm ? source.text(batch.text[row]!) : '';
      if (text !== '' && (this.#names.size < MOST_NAMES || this.#names.has(tid))) this.#names.set(tid, text);
      return true;
    }
    if (tid <= 0) return false;
    if (kind === PERF.in) this.#gotCpu(this.#threads.of(tid, pid), at);
    else if (kind === PERF.out) this.#leftCpu(this.#threads.of(tid, pid), at, batch.a[row] === 1);
    else if (kind === PERF.comm && batch.a[row] === 1) {
      const thread = this.#threads.of(tid, pid);
      // strace tells more of it.
      if (!thread.straced) this.#execs.untold(thread, at);
      return false;
    } else return false;
    return true;
  }

  /** After the row of its birth. */
  born(tid: number): void {
    const thread = this.#threads.get(tid);
    if (thread !== undefined) thread.isNew = this.#options.hasStrace;
  }

  #gotCpu(thread: Thread, at: Ns): void {
    this.#seen(thread, at);
    this.#firstSleeps.lasted(thread, at);
    if (!thread.perfDone) thread.track.runs(at);
    // What it slept in at the begin is over, as far as anybody can tell; strace has a line of its own for it.
    if (this.#options.hasStrace) {
      if (thread.enter?.window !== undefined) thread.enter.window.enter = undefined;
      thread.enter = undefined;
    } else this.#told.closeEnter(thread, at, undefined);
  }

  #leftCpu(thread: Thread, at: Ns, preempted: boolean): void {
    this.#seen(thread, at);
    this.#firstSleeps.wasAwake(thread);
    // The first word of it: it has run since perf began.
    if (thread.track.state === undefined && !thread.perfDone)
      thread.track.runs(Math.min(at, this.#options.perfWindow?.from ?? at));
    thread.track.leavesUntold(at, preempted);
  }

  #seen(thread: Thread, at: Ns): void {
    thread.perfed = true;
    if (thread.comm === '') this.#threads.name(thread, this.#names.get(thread.tid) ?? '', at, PERF_ONLY);
  }
}
