import type { MakeOutput, TraceHead } from '../../../src/report/trace/output.ts';
import type { TraceSummary } from '../../../src/report/trace/summary.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';

export const { head: HEAD, summary: SUMMARY } = fakeTrace({ events: 1 });

/** The file that an output makes of these events. */
export function written(
  make: MakeOutput,
  events: Iterable<TraceEvent>,
  { head = HEAD, summary = SUMMARY }: { head?: TraceHead; summary?: TraceSummary } = {},
): string {
  const pieces: string[] = [];
  const output = make(head, (text) => pieces.push(text));
  for (const event of events) output.event(event);
  output.finish(summary);
  return pieces.join('');
}

/** Strings that have harmed somebody: escape codes, ends of scripts, quotes, separators, halves of characters. */
export const HOSTILE =
  '</script><!--<img src=x onerror=alert(1)>"\'`;\n\r\t\x00\x1b[31m\x7f\x9b\u2028\u2029\u202e\ud800é漢😀\\';

const BOTH = ['strace', 'perf'] as const;
const AT = { pid: 4711, tid: 4711, sources: BOTH };

/** One event of each kind, every string of which is hostile. */
export const HOSTILE_EVENTS: readonly TraceEvent[] = [
  { type: 'comm', ...AT, startNs: 1, comm: HOSTILE },
  {
    type: 'state',
    pid: 4711,
    tid: 4711,
    state: 'blocked',
    kernelState: 'S',
    startNs: 10,
    durationNs: 30_000,
    stack: [HOSTILE, 'b'],
    waker: { pid: 1, tid: 1, comm: HOSTILE, how: 'pipe', during: HOSTILE },
    during: HOSTILE,
  },
  {
    type: 'syscall',
    ...AT,
    nr: -1,
    name: HOSTILE,
    args: HOSTILE,
    result: -2,
    errno: 'ENOENT',
    resultText: HOSTILE,
    startNs: 5,
    durationNs: 40_000,
    onCpuNs: 10_000,
    runnableNs: 0,
    blockedNs: 30_000,
    ptraceNs: 0,
    waker: { pid: 1, tid: 1, comm: HOSTILE, how: 'pipe', during: HOSTILE },
    stack: [HOSTILE],
  },
  { type: 'spawn', ...AT, startNs: 50_000, childPid: 9, childTid: 9, thread: false, call: HOSTILE },
  { type: 'exec', ...AT, startNs: 51_000, path: `/bin/${HOSTILE}`, argv: HOSTILE },
  { type: 'signal', ...AT, startNs: 52_000, signal: HOSTILE, code: HOSTILE, senderPid: 3 },
  { type: 'gap', ...AT, pid: 0, tid: 0, startNs: 53_000, durationNs: 9, lost: 3, why: HOSTILE },
  { type: 'exit', ...AT, startNs: 60_000, signal: HOSTILE, core: true, last: true },
];

/** Nothing that a terminal obeys or hides. */
export const HARMFUL = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
