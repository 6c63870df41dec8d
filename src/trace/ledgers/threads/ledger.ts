import type { Ns, TraceEvent, TraceSink } from '../../event.ts';
import type { RecordedTask } from '../../recording.ts';
import { capped } from '../capped.ts';
import type { Tasks } from '../tasks.ts';
import { Trend } from '../trend.ts';
import type { ThreadGrowth, ThreadLedger } from './book.ts';

const MOST_PROCESSES = 64;
const MOST_SAMPLES = 8;
/** Of one process, whose births are kept; more are counted. */
const MOST_LIVING = 50_000;
/** Whoever ended with fewer just ended. */
const WORTH_KEEPING = 8;

interface Birth {
  readonly tid: number;
  readonly atNs: Ns;
  readonly byTid: number;
}

interface Crew {
  readonly pid: number;
  readonly fromNs: Ns;
  readonly living: Map<number, Birth>;
  readonly trend: Trend;
  started: number;
  ended: number;
}

/** How many threads each process has, and which of those that it started are left. */
export class ThreadLedgerSink implements TraceSink {
  readonly #crews = new Map<number, Crew>();
  readonly #atStart = new Map<number, number>();
  readonly #over: ThreadGrowth[] = [];
  readonly #tasks: Tasks;
  readonly #there = new Set<number>();
  /** Ended before anybody told their births, as with strace alone. */
  readonly #early = new Set<number>();

  constructor(tasks: Tasks, atStart: readonly RecordedTask[] = []) {
    this.#tasks = tasks;
    for (const { pid, tid, ended } of atStart) {
      if (ended === true) continue;
      this.#atStart.set(pid, (this.#atStart.get(pid) ?? 0) + 1);
      this.#there.add(tid);
    }
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'syscall':
        // All others of the process end by it.
        if (event.name === 'exit_group') this.#end(event.pid, event.startNs);
        break;
      case 'spawn':
        if (event.thread && event.unsure !== true)
          this.#started(event.pid, { tid: event.childTid, atNs: event.startNs, byTid: event.tid });
        break;
      case 'exec':
        // All others have ended.
        this.#crews.delete(event.pid);
        this.#atStart.delete(event.pid);
        break;
      case 'exit':
        if (event.last) this.#end(event.pid, event.startNs);
        else this.#ended(event.pid, event.tid, event.startNs);
    }
  }

  #of(pid: number): Crew {
    let crew = this.#crews.get(pid);
    if (crew === undefined) {
      const fromNs = this.#tasks.of(pid).startNs ?? this.#tasks.beginNs;
      const trend = new Trend(fromNs, this.#atStart.get(pid) ?? 1);
      crew = { pid, fromNs, living: new Map(), trend, started: 0, ended: 0 };
      this.#crews.set(pid, crew);
    }
    return crew;
  }

  #started(pid: number, birth: Birth): void {
    const crew = this.#of(pid);
    crew.started++;
    if (this.#early.delete(birth.tid)) {
      crew.ended++;
      return;
    }
    if (crew.living.size < MOST_LIVING) crew.living.set(birth.tid, birth);
    crew.trend.set(birth.atNs, crew.trend.value + 1);
  }

  #ended(pid: number, tid: number, at: Ns): void {
    const crew = this.#crews.get(pid);
    const isKnown = crew?.living.delete(tid) === true || this.#there.delete(tid);
    if (!isKnown) {
      if (this.#early.size < MOST_LIVING) this.#early.add(tid);
    } else if (crew === undefined) {
      this.#atStart.set(pid, (this.#atStart.get(pid) ?? 1) - 1);
    } else {
      crew.ended++;
      crew.trend.set(at, Math.max(1, crew.trend.value - 1));
    }
  }

  #end(pid: number, at: Ns): void {
    const crew = this.#crews.get(pid);
    this.#crews.delete(pid);
    this.#atStart.delete(pid);
    if (crew === undefined || crew.living.size < WORTH_KEEPING) return;
    this.#over.push(this.#growth(crew, at, false));
    if (this.#over.length >= 2 * MOST_PROCESSES) this.#over.sort(byLeft).splice(MOST_PROCESSES);
  }

  finish(endNs: Ns): ThreadLedger {
    const living = [...this.#crews.values()].map((crew) => this.#growth(crew, endNs, true));
    return { processes: capped([...living, ...this.#over].sort(byLeft), MOST_PROCESSES) };
  }

  #growth(crew: Crew, endNs: Ns, alive: boolean): ThreadGrowth {
    const births = [...crew.living.values()];
    const span = Math.max(1, endNs - crew.fromNs);
    const quarters: [number, number, number, number] = [0, 0, 0, 0];
    for (const { atNs } of births) {
      const quarter = Math.floor((4 * (atNs - crew.fromNs)) / span);
      quarters[Math.min(3, Math.max(0, quarter)) as 0 | 1 | 2 | 3]++;
    }
    return {
      pid: crew.pid,
      comm: this.#tasks.comm(crew.pid),
      alive,
      started: crew.started,
      ended: crew.ended,
      left: births.length,
      quarters,
      trend: crew.trend.summary(endNs),
      firstNs: births[0]?.atNs ?? 0,
      lastNs: births.at(-1)?.atNs ?? 0,
      samples: capped(births, MOST_SAMPLES),
    };
  }
}

function byLeft(a: ThreadGrowth, b: ThreadGrowth): number {
  return b.left - a.left || a.pid - b.pid;
}
