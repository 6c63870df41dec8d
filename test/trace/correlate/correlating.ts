import { type AnalyseInput, analyse } from '../../../src/trace/analyse.ts';
import type { SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../support/fake-perf.ts';
import { straceLog } from '../../support/fake-strace.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: 'read',
  1: 'write',
  39: 'getpid',
  56: 'clone',
  59: 'execve',
  61: 'wait4',
  202: 'futex',
  7: 'poll',
  230: 'clock_nanosleep',
  231: 'exit_group',
};

/** What the two recorders wrote: lines of strace, and rows of the recorders of the tree and of the host. */
export interface Recorded {
  readonly strace?: readonly string[];
  readonly perf?: readonly FakeRow[];
  readonly host?: readonly FakeRow[];
  readonly more?: Partial<AnalyseInput>;
}

/** What the correlator makes of it. */
export function correlate({ strace, perf, host, more }: Recorded) {
  const events: TraceEvent[] = [];
  const { correlation } = analyse({
    strace: strace === undefined ? [] : [straceLog(strace)],
    perf: [
      ...(perf === undefined ? [] : [{ source: fakePerf(perf), role: 'tree' as const }]),
      ...(host === undefined ? [] : [{ source: fakePerf(host), role: 'host' as const }]),
    ],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: perf !== undefined,
    syscallName: (nr) => NAMES[nr],
    clock: {},
    sinks: [{ event: (event) => events.push(event) }],
    ...more,
  });
  const calls = events.filter((event): event is SyscallEvent => event.type === 'syscall');
  return { events, calls, correlation: correlation! };
}

/** A call's entry and its exit, as perf tells them. */
export const enter = (tid: number, when: number, nr: number, args?: string): FakeRow => ({
  kind: 'enter',
  tid,
  at: when,
  a: nr,
  ...(args === undefined ? {} : { args }),
});
export const exit = (tid: number, when: number, nr: number, returned: number): FakeRow => ({
  kind: 'exit',
  tid,
  at: when,
  a: nr,
  b: returned,
});
