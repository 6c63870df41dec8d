import { percent, time } from '../../trace/digest/numbers.ts';
import { qualitySentence, story } from '../../trace/digest/story.ts';
import type { TraceSummary as Digested } from '../../trace/digest/summary.ts';
import { kindInWords } from '../../trace/digest/wait-kind.ts';
import { ledgerTables } from './ledger-tables.ts';
import type { SummaryTable, TraceSummary } from './summary.ts';

const NS = 1e9;

/** What the digest says, as the tables, facts and sentences that output files show. */
export function conclusionOf(digest: Digested): TraceSummary {
  return {
    story: story(digest),
    findings: digest.findings.map(({ severity, title, summary, facts: [fact] }) => ({
      severity,
      title,
      text: summary,
      ...(fact?.tid === undefined ? {} : { tid: fact.tid }),
      ...(fact?.atNs === undefined ? {} : { atNs: fact.atNs }),
    })),
    facts: facts(digest),
    tables: [
      threads(digest),
      calls(digest),
      waits(digest),
      path(digest),
      ...ledgerTables(digest.ledgers),
    ].filter(({ rows }) => rows.length > 0),
  };
}

function facts(digest: Digested): TraceSummary['facts'] {
  const { sources, correlation, window, notes } = digest;
  const quality = qualitySentence(digest);
  return [
    { name: 'recorded', value: window.startedAt ?? 'unknown' },
    { name: 'for', value: time(window.seconds) },
    ...(sources.strace === null ? [] : [{ name: 'strace', value: sources.strace.version ?? 'unknown' }]),
    ...(sources.perf === null ? [] : [{ name: 'perf', value: sources.perf.version ?? 'unknown' }]),
    ...(correlation?.matchRate === undefined || correlation.matchRate === null
      ? []
      : [{ name: 'matched', value: percent(correlation.matchRate) }]),
    ...(correlation?.clockOffsetErrorNs === undefined || correlation.clockOffsetErrorNs === null
      ? []
      : [{ name: 'clock error at most', value: time(correlation.clockOffsetErrorNs / NS) }]),
    ...(quality === undefined ? [] : [{ name: 'correlation', value: quality }]),
    ...notes.map((note) => ({ name: 'not seen', value: note })),
  ];
}

function threads({ threads: list, totals }: Digested): SummaryTable {
  return {
    title: 'Threads',
    ...(totals.scheduled ? {} : { note: 'Without perf: time in calls, awake or asleep.' }),
    columns: [
      { title: 'thread', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'on CPU', kind: 'duration' },
      { title: 'runnable', kind: 'duration' },
      { title: 'blocked', kind: 'duration' },
      { title: 'held by strace', kind: 'duration' },
      { title: 'calls', kind: 'count' },
      { title: 'mostly blocked on', kind: 'text' },
    ],
    rows: list.map((one) => [
      one.tid,
      one.comm,
      one.onCpuSeconds * NS,
      one.runnableSeconds * NS,
      one.blockedSeconds * NS,
      one.ptraceSeconds * NS,
      one.syscalls,
      one.blockedOn[0] === undefined ? '' : kindInWords(one.blockedOn[0].kind),
    ]),
  };
}

function calls({ calls: list }: Digested): SummaryTable {
  return {
    title: 'System calls',
    columns: [
      { title: 'call', kind: 'text' },
      { title: 'count', kind: 'count' },
      { title: 'errors', kind: 'count' },
      { title: 'total', kind: 'duration' },
      { title: 'on CPU', kind: 'duration' },
      { title: 'blocked', kind: 'duration' },
      { title: 'median', kind: 'duration' },
      { title: '99 %', kind: 'duration' },
      { title: 'longest', kind: 'duration' },
    ],
    rows: list.map((one) => [
      one.name,
      one.count,
      one.errors,
      one.seconds * NS,
      one.onCpuSeconds * NS,
      one.blockedSeconds * NS,
      one.p50Seconds * NS,
      one.p99Seconds * NS,
      one.maxSeconds * NS,
    ]),
  };
}

function waits({ longestWaits }: Digested): SummaryTable {
  return {
    title: 'Longest waits',
    columns: [
      { title: 'thread', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'from', kind: 'time' },
      { title: 'waited', kind: 'duration' },
      { title: 'in', kind: 'text' },
      { title: 'for', kind: 'text' },
      { title: 'ended by', kind: 'text' },
    ],
    rows: longestWaits.map((wait) => [
      wait.tid,
      wait.comm,
      wait.startNs,
      wait.waitedSeconds * NS,
      wait.name === undefined ? 'outside of calls' : `${wait.name}(${wait.args})`,
      kindInWords(wait.kind),
      wait.waker === undefined
        ? wait.open
          ? 'not ended'
          : ''
        : `${wait.waker.how}${wait.waker.comm === '' ? '' : `: ${wait.waker.tid} ${wait.waker.comm}`}`,
    ]),
  };
}

function path({ criticalPath }: Digested): SummaryTable {
  return {
    title: 'Critical path',
    note: 'From the end of the main thread back, from each wait to what ended it.',
    columns: [
      { title: 'thread', kind: 'tid' },
      { title: 'name', kind: 'text' },
      { title: 'from', kind: 'time' },
      { title: 'for', kind: 'duration' },
      { title: 'it', kind: 'text' },
      { title: 'in', kind: 'text' },
    ],
    rows: criticalPath.map((step) => [
      step.tid,
      step.comm,
      step.fromNs,
      step.toNs - step.fromNs,
      step.did,
      step.kind === undefined ? '' : `${step.name ?? ''} (${kindInWords(step.kind)})`,
    ]),
  };
}
