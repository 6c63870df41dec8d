import type { Analysed } from '../analyse.ts';
import type { ThreadState, TraceEvent, TraceSink } from '../event.ts';
import { findingsOfLedgers } from '../ledgers/findings/index.ts';
import { Ledgers, type OpeningBalance } from '../ledgers/ledgers.ts';
import { CallCounter, seconds } from './calls.ts';
import { plural } from './numbers.ts';
import type { TraceSummary } from './summary.ts';
import { ThreadAccounts } from './threads.ts';
import { Waits } from './waits.ts';

/** Waits that `--json` and the page get. */
const MOST_WAITS = 50;
/** Threads in the lists; beyond, only their sum counts. */
const MOST_LISTED = 500;
/** Counted of those that were there at the start: more than one host has, and no more than memory allows. */
const MOST_PROCESSES = 100_000;

/** What the digest cannot know from the events. */
export interface DigestFacts {
  readonly target: TraceSummary['target'];
  readonly window: TraceSummary['window'];
  readonly sources: TraceSummary['sources'];
  readonly notes: readonly string[];
  /** The last moment of the trace. */
  readonly endNs: number;
  /** The way to the end of this thread, between these moments (Ns). */
  readonly path: { readonly tid: number; readonly from: number; readonly to: number };
}

export interface DigestOptions {
  /** What was there when the recording began. */
  readonly opening: OpeningBalance;
  /** perf followed the tree: on CPU, runnable and blocked are told apart. */
  readonly scheduled: boolean;
}

/** Sums a trace up while its events go by. */
export class Digest implements TraceSink {
  readonly #calls = new CallCounter();
  readonly #threads: ThreadAccounts;
  readonly #waits = new Waits();
  readonly #ledgers: Ledgers;
  readonly #processes = new Set<number>();
  readonly #gaps = new Set<number>();
  #spawned = 0;
  #lost = 0;

  constructor({ opening, scheduled }: DigestOptions) {
    this.#ledgers = new Ledgers(opening);
    this.#threads = new ThreadAccounts(scheduled);
  }

  event(event: TraceEvent): void {
    if (event.type === 'spawn') {
      if (!event.thread) this.#spawned++;
    } else if (this.#processes.size < MOST_PROCESSES && event.type === 'comm' && event.startNs <= 0)
      this.#processes.add(event.pid);
    if (event.type === 'gap') {
      this.#gaps.add(event.pid);
      this.#lost += event.lost ?? 0;
    }
    this.#ledgers.event(event);
    this.#calls.event(event);
    this.#threads.event(event);
    this.#waits.event(event);
  }

  #lostNote(): string[] {
    if (this.#lost === 0) return [];
    const lost = plural(this.#lost, 'event');
    return [
      `perf could not keep up and lost ${lost}: what fell into these gaps is of strace alone, or missing.`,
    ];
  }

  summary(analysed: Analysed, facts: DigestFacts): TraceSummary {
    const threads = this.#threads.finish();
    const { path, endNs, ...rest } = facts;
    const books = this.#ledgers.finish(endNs);
    return {
      ...rest,
      notes: [...rest.notes, ...this.#lostNote()],
      correlation: analysed.correlation,
      totals: {
        ...this.#threads.tree(),
        syscalls: this.#calls.total,
        threads: threads.length + this.#threads.otherThreads,
        processes: Math.max(1, this.#processes.size) + this.#spawned,
        events: analysed.events,
        scheduled: this.#threads.scheduled,
      },
      calls: this.#calls.finish(),
      threads: threads.slice(0, MOST_LISTED),
      longestWaits: this.#waits.finish(MOST_WAITS),
      ledgers: books,
      findings: findingsOfLedgers({ books, endNs, gaps: this.#gaps }),
      criticalPath: this.#waits.criticalPath(path.tid, path.from, path.to),
    };
  }

  /** One thread's time line, for terminals. */
  strip(tid: number, columns: number, from: number, to: number): (ThreadState | undefined)[] | undefined {
    return this.#threads.strip(tid, columns, from, to);
  }
}

/** A stretch of time in seconds. */
export function lasted(from: number, to: number): number {
  return seconds(Math.max(0, to - from));
}
