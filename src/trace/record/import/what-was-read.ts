import type { Shortfall } from '../../loaded.ts';
import type { StraceTally } from '../../strace/call.ts';
import type { StraceFile } from '../files/strace-file.ts';
import type { PerfFile } from './perf-file.ts';
import type { StraceProbe } from './probe-strace.ts';

/** The files of a trace, to be asked when all of them was read. */
export interface WhatWasRead {
  readonly logs: readonly StraceFile[];
  readonly perfs: readonly PerfFile[];
}

const MOST_EXAMPLES = 3;

const NO_TIMES =
  'The log of strace has no times: it tells the order of the calls, their number and results, not where the time went. strace -ttt adds them.';
const NO_DURATIONS =
  'The log of strace has no durations: how long a call took, and what was waited for, is not known. strace -T adds them.';
const CUT =
  'The log of strace ends in the middle of a line: what came behind is missing, as when strace was killed or the file was copied while it grew.';

export const NO_CALLS =
  'perf recorded no system calls of these threads: the times of all calls are those of strace.';

/** When all was read: whether that was a whole recording, and one of anything at all; `log`: the first one of strace. */
export function shortfallOf(read: WhatWasRead, log: StraceProbe | undefined): Shortfall {
  const { logs, perfs } = read;
  const cut = perfs.filter(({ isCut }) => isCut);
  const empty = nothingIn(read, log?.path, cut.length > 0);
  const alone = log !== undefined && perfs.length === 0;
  return {
    ...(empty === undefined ? {} : { nothing: empty }),
    partial: [
      ...(alone && log.stamps === 'none' ? [NO_TIMES] : []),
      ...(alone && !log.durations ? [NO_DURATIONS] : []),
      ...(logs.some(({ reader }) => reader?.isCut) ? [CUT] : []),
      ...new Set(cut.flatMap(({ complaints }) => complaints)),
    ],
  };
}

/** What the flags that a log was made with leave out. */
export function notesOnLog(log: StraceProbe, withPerf: boolean): string[] {
  const notes: string[] = [];
  if (log.stamps === 'none') notes.push(NO_TIMES);
  else if (log.stamps === 'relative')
    notes.push('The log of strace tells times since its first line alone (-r).');
  else if (log.wholeSeconds) notes.push('The times of the log of strace are of whole seconds (-t).');
  if (!log.durations)
    notes.push(
      withPerf
        ? 'The log of strace has no durations (-T): how long a call took is known from perf alone.'
        : NO_DURATIONS,
    );
  else if (!withPerf)
    notes.push(
      "Durations are strace's own (-T): each holds some 20 to 200 μs of the stops that strace itself makes, so that short calls seem longer than they are.",
    );
  return notes;
}

/** What became of the lines of all logs. */
export function tallyOf(logs: readonly StraceFile[]): StraceTally {
  const tallies = logs.flatMap(({ reader }) => (reader === undefined ? [] : [reader.tally]));
  const sum = (of: (tally: StraceTally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    lines: sum(({ lines }) => lines),
    calls: sum(({ calls }) => calls),
    signals: sum(({ signals }) => signals),
    exits: sum(({ exits }) => exits),
    messages: sum(({ messages }) => messages),
    summaryRows: sum(({ summaryRows }) => summaryRows),
    unfinishedLeft: sum(({ unfinishedLeft }) => unfinishedLeft),
    resumedAlone: sum(({ resumedAlone }) => resumedAlone),
    foreign: sum(({ foreign }) => foreign),
    refused: sum(({ refused }) => refused),
    refusedExamples: tallies.flatMap(({ refusedExamples }) => refusedExamples).slice(0, MOST_EXAMPLES),
  };
}

/** Lines that tell nothing here, and why. */
export function unreadIn(logs: readonly StraceFile[]): string[] {
  if (logs.length === 0) return [];
  const { refused, foreign, refusedExamples } = tallyOf(logs);
  const outOfStep = logs.reduce((sum, { reader }) => sum + (reader?.tally.outOfStep ?? 0), 0);
  return [
    ...(refused === 0
      ? []
      : [`${refused} lines of strace could not be read, such as: ${refusedExamples.join(' | ')}`]),
    ...(foreign === 0 ? [] : [`${foreign} lines in the log of strace are none of its own.`]),
    ...(outOfStep === 0
      ? []
      : [
          `strace was out of step with a thread that it attached to in the midst of a clone, as it says itself: ${outOfStep} lines of its calls are left out.`,
        ]),
  ];
}

const RECORD_PERF =
  'record with perf record -e raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch';

/** perf's side holds nothing that is told here. */
function nothingOfPerf(perfs: readonly PerfFile[], isCut: boolean): string | undefined {
  if (perfs.length === 0 || perfs.some(({ tells }) => tells)) return undefined;
  if (isCut)
    return 'the recording of perf has been cut, and what tells how to read it is gone with its end: record again, and end perf record by Ctrl+C (SIGINT)';
  const events = [...new Set(perfs.flatMap(({ header }) => header.events))].slice(0, MOST_EXAMPLES);
  const of = events.length === 0 ? '' : ` (it is of ${events.join(', ')})`;
  return `what perf recorded holds neither system calls nor scheduling${of}: ${RECORD_PERF}`;
}

/** Why nothing can be told of any of these files. */
function nothingIn(
  { logs, perfs }: WhatWasRead,
  path: string | undefined,
  isCut: boolean,
): string | undefined {
  const { calls, signals, exits, summaryRows } = tallyOf(logs);
  if (logs.length > 0 && calls + signals + exits > 0) return undefined;
  if (perfs.length > 0) return nothingOfPerf(perfs, isCut);
  return summaryRows > 0
    ? `${JSON.stringify(path)} is a summary (strace -c), without the single calls: record with strace -f -ttt -T -o FILE`
    : undefined;
}

/** Recordings that are whole and yet hold nothing that is told here. */
export function emptyHanded({ logs, perfs }: WhatWasRead): string[] {
  const { calls, summaryRows } = tallyOf(logs);
  const nothing = nothingOfPerf(perfs, false);
  return [
    ...(calls === 0 && summaryRows > 0
      ? ['The log of strace is a summary (-c) alone, without the single calls.']
      : []),
    ...(nothing === undefined ? [] : [`${nothing.slice(0, 1).toUpperCase()}${nothing.slice(1)}`]),
  ];
}
