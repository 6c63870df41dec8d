import type { Analysed } from '../analyse.ts';
import type { SpawnEvent, StateEvent, SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import { Ledgers, type OpeningBalance } from '../ledgers/ledgers.ts';
import { CallCounter, seconds } from './calls.ts';
import { Channels } from './channels.ts';
import { Enders } from './enders.ts';
import { MissingCalls, missingCalls } from './missing-calls.ts';
import { count, plural } from './numbers.ts';
import { Spent } from './spent.ts';
import { findStopped, Stops } from './stops.ts';
import type { StripState } from './strip.ts';
import type { TraceSummary } from './summary.ts';
import { isIdle, isOfBefore, ThreadAccounts, type ThreadTotals } from './threads.ts';
import type { WaitKind } from './wait-kind.ts';
import { waitedIn } from './waiting.ts';
import { Waits } from './waits.ts';

/** Waits that may be asked for; `--json` has fewer. */
const MOST_WAITS = 500;
const MOST_STOPS = 100;
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
  readonly partial: readonly string[];
  readonly missing?: readonly string[];
  /** The first and the last moment of the trace. */
  readonly startNs: number;
  readonly endNs: number;
  /** The way to the end of this thread, between these moments (Ns). */
  readonly path: { readonly tid: number; readonly from: number; readonly to: number };
}

/** What the recorders could see: what they could not is said to be unknown, and not to be nothing. */
export interface DigestOptions {
  /** What was there when the recording began. */
  readonly opening: OpeningBalance;
  /** perf followed the tree: on CPU, runnable and blocked are told apart. */
  readonly scheduled: boolean;
  /** And who woke whom; by default as `scheduled`. */
  readonly wakeUps?: boolean;
  /** strace followed the tree: it tells of signals. */
  readonly straced?: boolean;
  /** strace was asked for some of the calls only. */
  readonly filtered?: boolean;
  /** So was perf, or it alone. */
  readonly narrowed?: boolean;
  /** Of a log that others made nobody has said which were. */
  readonly askedUnknown?: boolean;
  /** Of each thread is told of which process it is. */
  readonly pidsTold?: boolean;
  /** Takes the stops that no event of the scheduler tells: they are known from strace's word, or from /proc. */
  readonly stopped?: (state: StateEvent) => void;
}

/** Sums a trace up while its events go by. */
export class Digest implements TraceSink {
  readonly #calls = new CallCounter();
  readonly #threads: ThreadAccounts;
  readonly #waits: Waits;
  readonly #ledgers: Ledgers;
  readonly #channels: Channels;
  readonly #spent: Spent;
  /** Undefined where perf recorded who woke whom. */
  readonly #enders: Enders | undefined;
  readonly #processes = new Set<number>();
  readonly #children = new Set<number>();
  readonly #stops: Stops;
  readonly #filtered: boolean;
  readonly #narrowed: boolean;
  readonly #missing: MissingCalls | undefined;
  readonly #pidsTold: boolean;
  /** Leaders that had ended before the recording; their threads live on. */
  readonly #endedBefore: ReadonlySet<number>;
  #spawned = 0;
  #unsure = 0;
  #lost = 0;

  constructor({
    opening,
    scheduled,
    wakeUps = scheduled,
    straced = false,
    filtered = false,
    narrowed = filtered,
    askedUnknown = false,
    pidsTold = false,
    stopped,
  }: DigestOptions) {
    this.#ledgers = new Ledgers(opening);
    this.#pidsTold = pidsTold;
    this.#filtered = filtered;
    this.#narrowed = narrowed;
    this.#missing = askedUnknown ? new MissingCalls() : undefined;
    this.#endedBefore = new Set(opening.tasks?.filter(({ ended }) => ended).map(({ tid }) => tid));
    this.#threads = new ThreadAccounts(scheduled);
    const { tables, tasks } = this.#ledgers;
    this.#channels = new Channels(tables);
    this.#spent = new Spent(scheduled);
    this.#stops = new Stops(opening.tasks ?? [], straced, (state) => {
      this.#threads.event(state);
      this.#spent.event(state);
      stopped?.(state);
    });
    this.#enders = wakeUps ? undefined : new Enders(this.#channels, tables, tasks);
    this.#waits = new Waits({
      spent: this.#spent,
      callsUnseen: opening.callsUnseen ?? false,
      tasks,
      isWhole: () => !filtered && this.#missing?.looksWhole(this.#ledgers.unseenCloses) !== false,
      ...(this.#enders === undefined ? {} : { enders: this.#enders }),
    });
  }

  event(event: TraceEvent): void {
    if (event.type === 'spawn') this.#born(event);
    else if (event.type === 'comm' && isOfBefore(event)) this.#named(event.pid);
    if (event.type === 'gap') {
      this.#lost += event.lost ?? 0;
    }
    this.#missing?.event(event);
    this.#ledgers.event(event);
    this.#enders?.event(event);
    this.#stops.event(event);
    if (event.type === 'syscall') this.#call(event);
    else {
      this.#threads.event(event);
      this.#spent.event(event);
      this.#waits.event(event);
    }
  }

  /** Not asked for; but who waited for whom is known from it, and what became of a descriptor. */
  beside(event: SyscallEvent): void {
    this.#ledgers.event(event);
    this.#enders?.event(event);
  }

  #born({ thread, unsure, childPid }: SpawnEvent): void {
    if (unsure) this.#unsure++;
    if (thread || unsure) return;
    this.#spawned++;
    this.#processes.delete(childPid);
    if (this.#children.size < MOST_PROCESSES) this.#children.add(childPid);
  }

  /** It was there at the start; but in a log without times all is. */
  #named(pid: number): void {
    if (this.#processes.size < MOST_PROCESSES && !this.#children.has(pid)) this.#processes.add(pid);
  }

  #call(event: SyscallEvent): void {
    this.#calls.event(event);
    const waited = waitedIn(event, this.#kindOf);
    this.#threads.event(event, waited);
    this.#spent.call(event, waited);
    this.#waits.event(event, waited);
  }

  /**
   * Of whom no birth was told (strace was killed before its word, or perf had not begun), where it is known whether they are
   * processes; else how many nobody can tell from threads. One is what is traced.
   */
  #foundUntold({ sources: { strace, perf } }: DigestFacts): {
    readonly processes: number;
    readonly unsure: number;
  } {
    const leaders = this.#threads.unborn().filter(({ pid, tid }) => pid === tid && !this.#processes.has(pid));
    const found = Math.max(0, leaders.length - (this.#processes.size === 0 ? 1 : 0));
    if (this.#pidsTold) return { processes: found, unsure: 0 };
    return { processes: 0, unsure: strace !== null && perf !== null ? 0 : found };
  }

  readonly #kindOf = (event: SyscallEvent): WaitKind | undefined => this.#channels.kindOf(event);

  #lostNote(): string[] {
    if (this.#lost === 0) return [];
    const lost = plural(this.#lost, 'event');
    return [
      `perf could not keep up and lost ${lost}: what fell into these gaps is of strace alone, or missing.`,
    ];
  }

  #hurriedNote(): string[] {
    const { hurried = 0 } = this.#enders ?? {};
    if (hurried === 0) return [];
    return [
      `So many waits ended at one moment that of ${count(hurried)} of them it was not found who ended them.`,
    ];
  }

  summary(analysed: Analysed, facts: DigestFacts): TraceSummary {
    this.#enders?.finish();
    const stops = this.#stops.finish(facts.startNs, facts.endNs);
    const threads = this.#threads
      .finish()
      .map((one) => (this.#endedBefore.has(one.tid) && isIdle(one) ? { ...one, ended: true } : one));
    const { path, startNs: _, endNs, ...rest } = facts;
    const sign = this.#missing?.sign(this.#ledgers.unseenCloses);
    const books = this.#ledgers.finish(endNs, {
      some: this.#narrowed || sign !== undefined,
      // perf tells of those that wait whatever it is asked for.
      waits: sign === undefined && (!this.#filtered || facts.sources.perf !== null),
    });
    const untold = this.#foundUntold(facts);
    const unsureTasks = this.#unsure + untold.unsure;
    return {
      ...rest,
      ...(this.#filtered || sign !== undefined ? { sources: withoutSome(rest.sources) } : {}),
      notes: [...rest.notes, ...this.#lostNote(), ...this.#hurriedNote()],
      partial: [...rest.partial, ...(sign === undefined ? [] : [missingCalls(sign)])],
      correlation: analysed.correlation,
      totals: {
        ...this.#threads.tree(),
        syscalls: this.#calls.total,
        threads: threads.length + this.#threads.otherThreads,
        processes: Math.max(1, this.#processes.size) + this.#spawned + untold.processes,
        ...(unsureTasks === 0 ? {} : { unsureTasks }),
        events: analysed.events,
        scheduled: this.#threads.scheduled,
      },
      calls: this.#calls.finish(),
      threads: threads.slice(0, MOST_LISTED),
      longestWaits: this.#waits.finish(MOST_WAITS),
      ledgers: books,
      stops: stops.slice(0, MOST_STOPS),
      findings: [
        ...findStopped(stops, (pid) => threads.find(({ tid }) => tid === pid)?.comm ?? ''),
        ...this.#ledgers.findings(books, endNs),
      ],
      criticalPath: this.#waits.criticalPath(path.tid, path.from, path.to),
    };
  }

  /** One thread's time line, for terminals. */
  strip(
    thread: Pick<ThreadTotals, 'tid' | 'firstSeconds'>,
    columns: number,
    from: number,
    to: number,
  ): (StripState | undefined)[] | undefined {
    return this.#threads.strip(thread, columns, from, to);
  }
}

/** strace was asked for some of the calls, or seems to have been. */
function withoutSome({ strace, perf }: TraceSummary['sources']): TraceSummary['sources'] {
  return { strace: strace === null ? null : { ...strace, filtered: true }, perf };
}

/** A stretch of time in seconds. */
export function lasted(from: number, to: number): number {
  return seconds(Math.max(0, to - from));
}
