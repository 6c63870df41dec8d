import { toldAlready } from '../strace/call.ts';
import { whoIs } from '../who.ts';
import type { ChainLink, LongWait } from './long-wait.ts';
import { count, percent, plural, time } from './numbers.ts';
import { besides, isOneSleep, partsInWords } from './parts.ts';
import { stopInWords } from './stops.ts';
import type { TraceSummary } from './summary.ts';
import { isIdle, type ThreadTotals, type TimeTotals } from './threads.ts';
import { IN_CALL, isOfCall, kindInWords, UNSEEN } from './wait-kind.ts';

/** A wait shorter than this share of the trace is no story. */
const TELLING = 0.02;
/** Events of perf that tell nothing but scheduling. */
const SCHEDULES = /^(?:sched:sched_\w+|dummy\b.*|context-switches|cs)(?:[:/].*)?$/;
const NEARLY_ALL = 0.95;
const MOSTLY = 0.8;
const LONGEST_ARGS = 60;
/** Of a call that has not returned strace does not know the arguments that it fills in. */
const NOT_ALL = /, ?$/;

/** Where the time went, in sentences: the whole first, then the target's main thread, then the longest waits. */
export function story(summary: TraceSummary): string[] {
  const { window } = summary;
  const main = mainThread(summary);
  return [
    `${who(summary)} ${calls(summary)} ${window.seconds > 0 ? `in ${time(window.seconds)}` : 'at times that are not recorded'}${tracerCost(summary)}.`,
    ...(main === undefined ? [] : whereItWent(main, summary)),
    ...stopped(summary),
    ...busiest(summary, main),
    ...new Set(telling(summary).slice(0, 2).map(waitSentence)),
    ...stillIn(summary),
  ];
}

/** Where nobody told threads from processes, there is a number of both only; of a few, beside those that are known. */
function who({ totals: { processes, threads, unsureTasks = 0 } }: TraceSummary): string {
  const known = threads - unsureTasks;
  if (unsureTasks > 0 && unsureTasks >= known)
    return `${plural(threads, 'task')} (threads and processes, which the recording does not tell apart)`;
  const told = `${plural(processes, 'process', 'processes')} with ${plural(known, 'thread')}`;
  return unsureTasks === 0 ? told : `${told} and ${plural(unsureTasks, 'task')} that may be either`;
}

/** What was recorded may tell of no calls at all: then none is no number. */
function calls({ totals, sources: { strace, perf } }: TraceSummary): string {
  const isUnseen =
    strace === null &&
    perf !== null &&
    perf.events.length > 0 &&
    perf.events.every((name) => SCHEDULES.test(name));
  return isUnseen
    ? 'were on and off their CPUs, their system calls not recorded,'
    : `made ${plural(totals.syscalls, 'system call')}`;
}

function mainThread({ threads, target }: TraceSummary): ThreadTotals | undefined {
  return threads.find(({ tid }) => tid === target.pid);
}

/** The stops of the target's main thread: the longest of them, and how many there are. */
function stopped({ stops, target }: TraceSummary): string[] {
  const own = stops.filter(({ tid }) => tid === target.pid).sort((a, b) => b.seconds - a.seconds);
  const [longest] = own;
  if (longest === undefined) return [];
  const more = own.length > 1 ? ` (and ${plural(own.length - 1, 'other time')})` : '';
  const remedy = own.some(({ toNs }) => toNs === undefined) ? `: kill -CONT ${target.pid} lets it go on` : '';
  return [`${`${target.pid} ${target.comm}`.trim()} was ${stopInWords(longest)}${more}${remedy}.`];
}

/** It did not do anything that could be told, since it was stopped all the time. */
function isStoppedThrough({ stops, window }: TraceSummary, tid: number): boolean {
  return stops.some((stop) => stop.tid === tid && stop.seconds >= window.seconds * NEARLY_ALL);
}

function whereItWent(thread: ThreadTotals, summary: TraceSummary): string[] {
  if (isStoppedThrough(summary, thread.tid)) return [];
  return [whatItDid(thread, summary)];
}

function whatItDid(thread: ThreadTotals, summary: TraceSummary): string {
  const {
    totals: { scheduled },
    window,
    sources,
  } = summary;
  const who = `${thread.tid} ${thread.comm}`.trim();
  if (thread.ended && isIdle(thread)) return `${who} has ended${whileOthersLive(thread, summary)}.`;
  const [first, second] = thread.blockedOn;
  if (!scheduled) return inCalls(who, thread, sources);
  const all = allOf(thread);
  if (all === 0 && thread.syscalls > 0)
    return `${who} made ${plural(thread.syscalls, 'call')}, as strace alone saw: perf recorded nothing of it.`;
  if (all === 0) return `${who} did not run, and nobody woke it: not one event of it was recorded.`;
  const parts = [
    `${percent(thread.onCpuSeconds / all)} on CPU`,
    ...(thread.runnableSeconds / all > 0.01
      ? [`${percent(thread.runnableSeconds / all)} waiting for a CPU`]
      : []),
    ...(thread.stoppedSeconds > 0 ? [`${percent(thread.stoppedSeconds / all)} stopped`] : []),
    ...(thread.blockedSeconds > 0 ? [`${percent(thread.blockedSeconds / all)} blocked`] : []),
  ];
  const on =
    first === undefined
      ? ''
      : `: ${time(first.seconds)} on ${kindInWords(first.kind)}${second === undefined || second.seconds < all * TELLING ? '' : `, ${time(second.seconds)} on ${kindInWords(second.kind)}`}`;
  const seen = all < window.seconds * NEARLY_ALL ? `, in ${time(all)} of its own,` : '';
  return `${who} was${seen} ${parts.join(', ')}${on}.`;
}

/** The leader of a process stays as a zombie until the last of its threads has ended. */
function whileOthersLive({ tid, pid }: ThreadTotals, { threads }: TraceSummary): string {
  const living = threads.filter((one) => one.pid === pid && one.tid !== tid && !one.ended).length;
  return living === 0
    ? ''
    : `, while ${plural(living, 'other thread')} of its process ${living === 1 ? 'lives' : 'live'} on`;
}

/** Where nobody recorded scheduling: calls that wait by nature have waited, and of others nobody knows. */
function inCalls(
  who: string,
  thread: ThreadTotals,
  { strace, perf }: Pick<TraceSummary['sources'], 'strace' | 'perf'>,
): string {
  const { blockedSeconds, inCallsSeconds, blockedOn, syscalls } = thread;
  if (syscalls === 0) return `${who} began and ended no call that was recorded.`;
  if (blockedSeconds + inCallsSeconds === 0)
    return `${who} made ${plural(syscalls, 'call')}; how long they took is not recorded: strace -T adds that.`;
  const lived = Math.max(0, thread.lastSeconds - thread.firstSeconds);
  const between = lived - blockedSeconds - inCallsSeconds;
  const [first, second] = blockedOn;
  const on = [first, second].flatMap((one) =>
    one === undefined || one.seconds < lived * TELLING
      ? []
      : [`${time(one.seconds)} for ${kindInWords(one.kind)}`],
  );
  const unsure =
    perf !== null ? 'on CPU or waiting, which is not recorded' : 'on CPU or waiting, strace cannot tell';
  const parts = [
    ...(blockedSeconds > 0
      ? [`${time(blockedSeconds)} in calls that wait${on.length === 0 ? '' : ` (${on.join(', ')})`}`]
      : []),
    ...(inCallsSeconds > 0
      ? [`${time(inCallsSeconds)} in ${blockedSeconds > 0 ? 'other ' : ''}calls (${unsure})`]
      : []),
    ...(between > 0
      ? [`${time(between)} between ${strace?.filtered ? 'these calls, in others perhaps' : 'calls'}`]
      : []),
  ];
  return `${who} was ${parts.join(', ')}.`;
}

/** The waits that count, those of the target's main thread first: of helpers that are idle there are many. */
function telling({ longestWaits, window, target }: TraceSummary): LongWait[] {
  const long = longestWaits.filter(({ waitedSeconds }) => waitedSeconds > window.seconds * TELLING);
  return [...long.filter(({ tid }) => tid === target.pid), ...long.filter(({ tid }) => tid !== target.pid)];
}

/** A wait that nothing ended while the trace ran is one that a trace cannot explain. */
function stillIn({ longestWaits, target, window }: TraceSummary): string[] {
  const [wait] = longestWaits.filter(({ tid }) => tid === target.pid);
  if (!wait?.open || wait.waitedSeconds < window.seconds * NEARLY_ALL) return [];
  return [
    `Nothing ended that wait while the trace ran: procdiag inspect ${target.pid} follows it to who is to blame.`,
  ];
}

/** Time of a thread without what the tracer took. */
function allOf(times: TimeTotals): number {
  return times.onCpuSeconds + times.runnableSeconds + times.blockedSeconds + times.stoppedSeconds;
}

function busiest({ threads, window, totals }: TraceSummary, main: ThreadTotals | undefined): string[] {
  const [top] = threads;
  if (!totals.scheduled || top === undefined || top === main || top.onCpuSeconds < window.seconds * 0.1)
    return [];
  return [`The busiest thread was ${`${top.tid} ${top.comm}`.trim()}: ${time(top.onCpuSeconds)} on CPU.`];
}

function tracerCost({ totals, sources }: TraceSummary): string {
  if (sources.strace === null || !totals.scheduled) return '';
  const all = allOf(totals) + totals.ptraceSeconds;
  const work = totals.onCpuSeconds + totals.runnableSeconds + totals.ptraceSeconds;
  if (all === 0 || work === 0) return '';
  return `; of the time that they did not sleep, strace held them for ${percent(totals.ptraceSeconds / work)} (${time(totals.ptraceSeconds)})`;
}

/** `4242 sh: wait4(…) took 4.98 s: of it 4.97 s 4250 sleep slept in clock_nanosleep(…), which a timer ended.` */
function waitSentence(wait: LongWait): string {
  const what = wait.name === undefined ? outsideOfCalls(wait) : `${wait.name}(${shorter(wait.args)})`;
  const lasted = wait.open ? `has not returned in ${time(wait.seconds)}` : `took ${time(wait.seconds)}`;
  const took = `${lasted}${sleptPart(wait)}`;
  const already = wait.name === 'restart_syscall' ? toldAlready(wait.args) : undefined;
  if (already !== undefined) {
    const { name = 'a call', guess } = already;
    const doubt = guess === undefined ? '' : ` (strace guesses ${guess})`;
    return `${`${wait.tid} ${wait.comm}`.trim()} was in ${name} already when strace came${doubt}, which ${took}${wait.chain.map(linkClause).join('')}${endClause(wait)}.`;
  }
  const chain = interrupted(wait) ? '' : wait.chain.map(linkClause).join('');
  return `${`${wait.tid} ${wait.comm}`.trim()}: ${what} ${took}${chain}${endClause(wait)}.`;
}

/** Of a call that was mostly held, queued or at work, the list of waits has another figure than its length. */
function sleptPart({ kind, seconds, waitedSeconds }: LongWait): string {
  return kind === IN_CALL || waitedSeconds >= seconds * MOSTLY
    ? ''
    : `, of which it slept ${time(waitedSeconds)}`;
}

function outsideOfCalls({ kind, stack = [] }: LongWait): string {
  if (kind === UNSEEN || stack.length === 0) return 'a sleep';
  if (isOfCall(kind)) return 'a call that began before perf looked';
  return kind === 'kthread-idle' ? 'its idle sleep' : 'a page fault or the like';
}

/** Whoever sent the signal has nothing to do with what was waited for, unless that was a signal. */
function interrupted({ errno, kind }: LongWait): boolean {
  if (kind === 'signal-wait') return false;
  return errno === 'EINTR' || (errno?.startsWith('ERESTART') ?? false);
}

function linkClause(link: ChainLink): string {
  const who = whoIs(link);
  const ended = link.confidence === undefined ? 'ended it' : `${SURELY[link.confidence]} ended it`;
  const { parts = [] } = link;
  if (isOneSleep(link)) {
    const where =
      link.name === undefined ? 'outside of calls' : `in ${link.name}(${shorter(link.args ?? '')})`;
    const rest = besides(link);
    return [
      `: of it ${time(link.seconds ?? 0)} ${who} slept ${where}`,
      ...(rest.length === 0 ? [] : [`, and was ${rest.join(', ')}`]),
      ...(link.confidence === undefined ? [] : [`, and ${ended}`]),
    ].join('');
  }
  if (link.did === 'outside') return `, until ${who}, which is not traced, ${ended}`;
  if (parts.length === 0) return `, until ${who}, which was at work, ${ended}`;
  return `: of it ${who}, which ${ended}, was ${partsInWords(parts).join(', ')}`;
}

const SURELY = { certain: '', likely: 'likely', possible: 'possibly' } as const;

function endClause(wait: LongWait): string {
  if (interrupted(wait))
    return wait.errno?.startsWith('ERESTART')
      ? ', until a signal or a tracer interrupted it, to be restarted'
      : ', until a signal interrupted it';
  if (wait.open || wait.chain.length > 0) return '';
  const { waker } = wait;
  if (wait.kind === IN_CALL) return ': on CPU or waiting, strace cannot tell';
  if (waker === undefined) return wait.kind === 'unknown' ? '' : `, waiting for ${kindInWords(wait.kind)}`;
  return waker.how === 'timer' ? ', until its timer ended it' : `, waiting for ${kindInWords(wait.kind)}`;
}

function shorter(args: string): string {
  return args.length > LONGEST_ARGS ? `${args.slice(0, LONGEST_ARGS)}…` : args.replace(NOT_ALL, ', …');
}

/** `matched 100 % of 48 213 calls; strace's stamps stand 21 µs (p99 140 µs) before perf's enter`. */
export function qualitySentence({ correlation }: TraceSummary): string | undefined {
  if (correlation === null) return undefined;
  const { matched, eligible, matchRate, residualNs, ofHold = 0 } = correlation;

  if (matchRate === null) return 'no call was in reach of both strace and perf';
  const rate = matchRate === 1 ? '100 %' : `${(Math.floor(matchRate * 1e5) / 1e3).toFixed(3)} %`;
  const held =
    ofHold === 0
      ? ''
      : `, ${count(ofHold)} of them before the command's exec, which are no calls of the trace`;
  return `${count(matched)} of ${count(eligible)} calls that both saw are matched (${rate})${held}, ${plural(correlation.wrongPairsRefused, 'contradicting pair')} refused; strace writes ${time(residualNs.p50 / 1e9)} before the call begins (p99 ${time(residualNs.p99 / 1e9)})`;
}
