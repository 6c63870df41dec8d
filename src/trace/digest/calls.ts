import type { SyscallEvent, TraceEvent, TraceSink } from '../event.ts';
import { Histogram } from '../histogram.ts';
import { Tally } from '../ledgers/capped.ts';

/** All calls of one name. Times in seconds, rounded to nanoseconds. */
export interface CallTotals {
  readonly name: string;
  readonly count: number;
  readonly errors: number;
  /** Counts by errno, the most frequent first; of very many the rest together as `other`. */
  readonly errnos: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly onCpuSeconds: number;
  readonly runnableSeconds: number;
  readonly blockedSeconds: number;
  /** What the tracer's stops inside the calls took; not in `seconds`. */
  readonly ptraceSeconds: number;
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

interface Counted {
  errors: number;
  readonly errnos: Tally;
  readonly durations: Histogram;
  onCpu: number;
  runnable: number;
  blocked: number;
  ptrace: number;
}

/** Names beyond this many are made up by a hostile log. */
const MOST_NAMES = 1000;
/** So are those of errors: the kernel has some 140, and no call has so many of them. */
const MOST_ERRNOS = 64;

/** Counts calls by name, in memory that does not grow with their number. */
export class CallCounter implements TraceSink {
  readonly #names = new Map<string, Counted>();
  total = 0;

  event(event: TraceEvent): void {
    if (event.type === 'syscall') this.#call(event);
  }

  #call(event: SyscallEvent): void {
    this.total++;
    let counted = this.#names.get(event.name);
    if (counted === undefined) {
      if (this.#names.size >= MOST_NAMES) return;
      counted = {
        errors: 0,
        errnos: new Tally(MOST_ERRNOS),
        durations: new Histogram(),
        onCpu: 0,
        runnable: 0,
        blocked: 0,
        ptrace: 0,
      };
      this.#names.set(event.name, counted);
    }
    counted.durations.add(event.durationNs);
    if (event.errno !== undefined) {
      counted.errors++;
      counted.errnos.add(event.errno);
    }
    counted.onCpu += event.onCpuNs ?? 0;
    counted.runnable += event.runnableNs ?? 0;
    counted.blocked += event.blockedNs ?? 0;
    counted.ptrace += event.ptraceNs ?? 0;
  }

  /** By total time, the longest first. */
  finish(): CallTotals[] {
    return [...this.#names]
      .map(([name, counted]) => ({
        name,
        count: counted.durations.count,
        errors: counted.errors,
        errnos: counted.errnos.record(),
        seconds: seconds(counted.durations.sum),
        onCpuSeconds: seconds(counted.onCpu),
        runnableSeconds: seconds(counted.runnable),
        blockedSeconds: seconds(counted.blocked),
        ptraceSeconds: seconds(counted.ptrace),
        p50Seconds: seconds(counted.durations.quantile(0.5)),
        p99Seconds: seconds(counted.durations.quantile(0.99)),
        maxSeconds: seconds(counted.durations.max),
      }))
      .sort((a, b) => b.seconds - a.seconds || (a.name < b.name ? -1 : 1));
  }
}

/** Nanoseconds to seconds, without digits that nobody measured. */
export function seconds(ns: number): number {
  return Math.round(ns) / 1e9;
}
