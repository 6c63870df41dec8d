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
    // Threads, calls and waits the page adds up itself, of whatever is in view.
    tables: [path(digest), ...ledgerTables(digest.ledgers)].filter(({ rows }) => rows.length > 0),
  };
}

function facts(digest: Digested): TraceSummary['facts'] {
  const { sources, correlation, window, notes } = digest;
  const partial = [...digest.partial, ...(digest.missing ?? [])];
  const quality = qualitySentence(digest);
  return [
    ...partial.map((why) => ({ name: 'partial', value: why })),
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
    ...notes.filter((note) => !partial.includes(note)).map((note) => ({ name: 'not seen', value: note })),
  ];
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
      step.kind === undefined ? (step.name ?? '') : `${step.name ?? ''} (${kindInWords(step.kind)})`,
    ]),
  };
}
