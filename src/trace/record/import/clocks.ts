import { type Calls, Keys, MOST_CALLS, PerfCalls, StraceCalls } from '../../correlate/offset/calls.ts';
import { findOffset, type OffsetFound } from '../../correlate/offset/find.ts';
import { renumbered, threadsByCalls } from '../../correlate/offset/namespace.ts';
import { StraceCursor } from '../../correlate/strace-cursor.ts';
import { PERF, type PerfHeader } from '../../perf/batch.ts';
import { StraceFile } from '../files/strace-file.ts';
import { ImportError } from './import-error.ts';
import { logTimes, originOf, timesKind } from './log-times.ts';
import { PerfFile } from './perf-file.ts';
import type { StraceProbe } from './probe-strace.ts';

export interface ClocksRequest {
  readonly strace: readonly StraceProbe[];
  /** Files of perf that system calls may be in. */
  readonly perf: readonly string[];
  readonly perfOriginNs: bigint;
  readonly header: PerfHeader;
  readonly syscallName: (nr: number) => string | undefined;
  readonly given?: bigint;
}

/** How the two recordings lie to each other. */
export interface Clocks {
  readonly found: OffsetFound;
  /** Threads that perf shows nothing of, where it shows no system calls at all. */
  readonly blind: readonly number[];
  readonly perfCalls: number;
  /** What perf calls the threads of a log that was written in another PID namespace. */
  readonly numbers?: ReadonlyMap<number, number>;
  /** Threads that are in the log of strace, as far as it was read. */
  readonly threads: readonly number[];
  /** Names of the traced threads, by perf. */
  readonly names: ReadonlyMap<number, string>;
}

/** Before what perf saw first, a log that perf's header places may be passed over, but for this much. */
const SLACK_NS = 2e9;
/** Rows of a recording of all of the host, of which few are of interest. */
const MOST_ROWS = 10_000_000;

/** Reads both recordings as far as it takes to bring them on one clock. @throws ImportError when that cannot be done. */
export function joinClocks(request: ClocksRequest): Clocks {
  const { strace: probes, perfOriginNs, header } = request;
  const kind = kindOf(probes);
  const originNs = originOf(probes) ?? 0n;
  const keys = new Keys(request.syscallName);
  const strace = readStrace(probes, originNs, keys, earliest(request, originNs));
  const lone = strace.threads.has(0);
  const wanted = lone ? undefined : (tid: number) => strace.threads.has(tid);
  const ask = (threads: Calls, perf: PerfCalls) =>
    findOffset({
      strace: threads,
      straceKeys: strace.keys,
      perf: perf.threads,
      stamps: kind,
      straceOriginNs: originNs,
      perfOriginNs,
      otherCalls: perf.others,
      perfSpan: { from: perf.from, to: perf.to },
      header,
      ...(request.given === undefined ? {} : { given: request.given }),
    });
  let { calls: perf, names } = readPerf(request, keys, wanted);
  let threads: Calls = strace.threads;
  let numbers: ReadonlyMap<number, number> | undefined;
  let answer = ask(threads, perf);
  if ('refused' in answer && !lone && perf.others > 0) {
    const all = readPerf(request, keys, undefined);
    const found = threadsByCalls({ strace: threads, straceKeys: strace.keys, perf: all.calls.threads });
    const numbered = found === undefined ? threads : renumbered(threads, found);
    const other = found === undefined ? answer : ask(numbered, all.calls);
    if (!('refused' in other)) {
      answer = other;
      numbers = found;
      threads = numbered;
      ({ calls: perf, names } = all);
    }
  }
  if ('refused' in answer) {
    const remedy = answer.refused.startsWith('perf recorded no system calls')
      ? 'Give the log of strace alone, or record with perf record -e raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch'
      : kind === 'relative' || request.given !== undefined
        ? 'Record with strace -f -ttt -T and perf record -k CLOCK_MONOTONIC, or give one of the two alone'
        : 'Give --clock-offset-ns, or one of the two alone';
    throw new ImportError(
      `the recordings of strace and perf cannot be brought on one clock: ${answer.refused}. ${remedy}`,
    );
  }
  const notes = numbers === undefined ? [] : [otherNumbers(numbers)];
  return {
    found: { ...answer, notes: [...notes, ...answer.notes] },
    ...(numbers === undefined ? {} : { numbers }),
    perfCalls: perf.count,
    blind: perf.count === 0 ? [...threads.keys()] : [],
    threads: answer.tid === undefined ? [...threads.keys()] : [answer.tid],
    names,
  };
}

function otherNumbers(numbers: ReadonlyMap<number, number>): string {
  const [first] = numbers;
  const example = first === undefined ? '' : `, such as ${first[0]}, which is ${first[1]}`;
  return `The thread numbers of strace are of another PID namespace than perf's, and are told as perf's: ${numbers.size} were found by their calls${example}.`;
}

function kindOf(probes: readonly StraceProbe[]): 'unix' | 'time-of-day' | 'relative' {
  const kinds = new Set(probes.map((probe) => timesKind(probe, probes.length)));
  const [kind] = kinds;
  if (kinds.size !== 1 || kind === undefined)
    throw new ImportError('the logs of strace tell different kinds of times');
  if (kind === 'none') {
    throw new ImportError(
      'the log of strace has no times that its calls could be found by in what perf saw: record with strace -f -ttt -T, or give one of the two alone',
    );
  }
  if (kind === 'whole-seconds') {
    throw new ImportError(
      'the times of the log of strace are of whole seconds (-t), too coarse to find its calls in what perf saw: record with strace -f -ttt -T, or give one of the two alone',
    );
  }
  return kind;
}

/** From where on a log can have something in common with perf, on its own clock. */
function earliest({ strace, perfOriginNs, header, given }: ClocksRequest, originNs: bigint): number {
  const { reference } = header;
  const offsetNs = given ?? (reference === undefined ? undefined : reference.realNs - reference.clockNs);
  if (offsetNs === undefined || strace.some(({ stamps }) => stamps !== 'unix'))
    return Number.NEGATIVE_INFINITY;
  return Number(perfOriginNs + offsetNs - originNs) - SLACK_NS;
}

function readStrace(probes: readonly StraceProbe[], originNs: bigint, keys: Keys, from: number): StraceCalls {
  const calls = new StraceCalls(keys, from);
  for (const probe of probes) {
    const log = new StraceFile(probe.path, { originNs, ...(probe.tid === 0 ? {} : { tid: probe.tid }) });
    const cursor = new StraceCursor(log, logTimes(probe, probes.length), calls, () => undefined);
    while (calls.count < MOST_CALLS && cursor.peek() !== Number.POSITIVE_INFINITY) cursor.take();
  }
  return calls;
}

function readPerf(
  { perf, perfOriginNs }: ClocksRequest,
  keys: Keys,
  wanted: ((tid: number) => boolean) | undefined,
): { readonly calls: PerfCalls; readonly names: ReadonlyMap<number, string> } {
  const calls = new PerfCalls(keys, wanted);
  const names = new Map<number, string>();
  for (const path of perf) {
    const file = new PerfFile(path, { originNs: perfOriginNs });
    try {
      let rows = 0;
      for (let batch = file.next(); batch !== undefined; batch = file.next()) {
        calls.take(batch, file);
        for (let row = 0; row < batch.count; row++) {
          const tid = batch.tid[row]!;
          if (batch.kind[row] !== PERF.comm || batch.text[row]! < 0 || wanted?.(tid) === false) continue;
          if (!names.has(tid)) names.set(tid, file.text(batch.text[row]!));
        }
        rows += batch.count;
        if (rows > MOST_ROWS || calls.count > MOST_CALLS) break;
      }
    } finally {
      file.close();
    }
  }
  return { calls, names };
}
