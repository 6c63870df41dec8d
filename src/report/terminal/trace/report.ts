import { clip } from '../../../term/sanitize.ts';
import { count, percent, time } from '../../../trace/digest/numbers.ts';
import { qualitySentence, story } from '../../../trace/digest/story.ts';
import type { StripState } from '../../../trace/digest/strip.ts';
import type { TraceSummary } from '../../../trace/digest/summary.ts';
import type { ThreadTotals } from '../../../trace/digest/threads.ts';
import { kindInWords } from '../../../trace/digest/wait-kind.ts';
import { MOST_IN_JSON } from '../../most-in-json.ts';
import { line } from '../../text.ts';
import { fitted } from '../grid.ts';
import {
  figures,
  heading,
  indent,
  moreRow,
  own,
  paragraph,
  prose,
  type Row,
  type Span,
  space,
  toText,
  wrap,
} from '../layout.ts';
import { palette as makePalette, type Palette } from '../palette.ts';
import { findingRows } from './findings.ts';
import { ledgerRows } from './ledgers.ts';
import { pathRows } from './path.ts';
import { type StripLine, stripLead, stripRows } from './timeline.ts';
import { waitRows } from './waits.ts';

export interface TraceRenderOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** Rows of each table. */
  readonly top: number;
  /** The time line of a thread in so many columns; undefined where it has none. */
  readonly strip: (thread: ThreadTotals, columns: number) => readonly (StripState | undefined)[] | undefined;
}

const NARROWEST = 40;
const MOST_NOTES = 8;
/** What of one sentence is shown, in columns. */
const LONGEST_SENTENCE = 460;

/** The trace on one screen: the story first, then where the time went, the longest waits, the calls, how sure it all is. */
export function renderTrace(summary: TraceSummary, options: TraceRenderOptions): string {
  const width = Math.max(NARROWEST, Math.floor(options.width));
  const palette = makePalette(options.colour, options.unicode);
  const rows = (label: string, content: readonly Row[]): string =>
    content.length === 0 ? '' : toText([heading(label, width, palette), ...content], palette);
  const table = (label: string, text: string): string =>
    text === '' ? '' : toText([heading(label, width, palette)], palette) + text;
  return [
    toText(storyRows(summary, width, palette), palette),
    rows('found', findingRows(summary.findings, width, palette)),
    rows('timeline', strips(summary, options, width, palette)),
    table('threads', threadTable(summary, options.top, width, palette)),
    rows('longest waits', waitRows(summary.longestWaits, options.top, width, palette)),
    rows('critical path', pathRows(summary.criticalPath, options.top, width, palette)),
    table('system calls', callTable(summary, options.top, width, palette)),
    rows('ledgers', ledgerRows(summary, options.top, width, palette)),
    rows('how well it fits', qualityRows(summary, width)),
    rows('not seen', noteRows(summary, width, palette)),
  ].join('');
}

function storyRows(summary: TraceSummary, width: number, palette: Palette): Row[] {
  const { target, sources, window } = summary;
  const with_ = [
    ...(sources.strace === null ? [] : ['strace']),
    ...(sources.perf === null ? [] : ['perf']),
  ].join(' + ');
  const who = target.pid > 0 ? `${target.pid} ${line(target.comm)}` : line(target.comm);
  const told = window.seconds > 0 ? `traced for ${time(window.seconds)} with` : 'traced with';
  const head = indent(wrap([own(who, 'name'), figures(` ${told} ${with_}`)], { first: width - 2 }), [
    own(`${palette.glyphs.info} `, 'name'),
  ]);
  const lines = Math.ceil(LONGEST_SENTENCE / (width - 2));
  const partial = [...summary.partial, ...(summary.missing ?? [])].flatMap((why) =>
    indent(wrap([own('partial: ', 'caution'), figures(why)], { first: width - 4 }), [
      space(2),
      own(`${palette.glyphs.caution} `, 'caution'),
    ]),
  );
  return [
    ...head,
    ...partial,
    ...story(summary).flatMap((sentence) => paragraph([figures(sentence)], width, 2, lines)),
  ];
}

function strips(summary: TraceSummary, options: TraceRenderOptions, width: number, palette: Palette): Row[] {
  const lead = stripLead(width);
  const columns = width - lead;
  const lines: StripLine[] = [];
  for (const thread of summary.threads) {
    if (lines.length === options.top) break;
    const { tid, comm } = thread;
    const found = options.strip(thread, columns);
    if (found?.some((state) => state !== undefined)) lines.push({ tid, comm, columns: found });
  }
  const scale: Row = [space(lead), own('0', 'quiet'), ...rightEnd(time(summary.window.seconds), columns)];
  return lines.length === 0 ? [] : [...stripRows(lines, width, palette), scale];
}

function rightEnd(text: string, columns: number): Span[] {
  return [space(columns - 1 - text.length), own(text, 'quiet')];
}

/** Escapes may make 60 columns of a name's 15 bytes. */
const WIDEST_NAME = 24;
/** As many bytes as most names have. */
const SHORTEST_NAME = 12;

function threadTable(
  { threads, totals }: TraceSummary,
  top: number,
  width: number,
  palette: Palette,
): string {
  const shown = threads.slice(0, top);
  if (shown.length === 0) return '';
  const tell = (value: number): string => (value === 0 ? '' : time(value));
  return (
    fitted(
      [
        { head: 'tid', cells: shown.map(({ tid }) => String(tid)), right: true, style: 'name' },
        {
          head: 'name',
          cells: shown.map(({ comm }) => clip(line(comm), WIDEST_NAME)),
          yields: 1,
          least: SHORTEST_NAME,
        },
        {
          head: 'on CPU',
          cells: shown.map((one) => (totals.scheduled ? time(one.onCpuSeconds) : '')),
          right: true,
        },
        { head: 'queue', cells: shown.map((one) => tell(one.runnableSeconds)), right: true, yields: 3 },
        {
          head: totals.scheduled ? 'blocked' : 'waiting',
          cells: shown.map((one) => tell(one.blockedSeconds)),
          right: true,
        },
        { head: 'in calls', cells: shown.map((one) => tell(one.inCallsSeconds)), right: true },
        { head: 'stopped', cells: shown.map((one) => tell(one.stoppedSeconds)), right: true, yields: 2 },
        { head: 'strace', cells: shown.map((one) => tell(one.ptraceSeconds)), right: true, yields: 3 },
        { head: 'calls', cells: shown.map((one) => count(one.syscalls)), right: true, yields: 1 },
        {
          head: 'mostly on',
          cells: shown.map(({ blockedOn: [on] }) => (on === undefined ? '' : kindInWords(on.kind))),
          yields: 4,
          style: 'quiet',
        },
      ],
      width,
      palette,
    ) +
    toText(moreRow(Math.min(threads.length, MOST_IN_JSON.threads) - shown.length, width, palette), palette)
  );
}

function callTable({ calls, totals }: TraceSummary, top: number, width: number, palette: Palette): string {
  const shown = calls.slice(0, top);
  if (shown.length === 0) return '';
  const scheduled = (value: number): string => (totals.scheduled ? time(value) : '');
  // A recording without durations has no column of zeros.
  const isTimed = calls.some(({ seconds }) => seconds > 0);
  const duration = (value: number): string => (isTimed ? time(value) : '');
  return (
    fitted(
      [
        { head: 'call', cells: shown.map(({ name }) => line(name)), style: 'says', yields: 1 },
        { head: 'count', cells: shown.map((one) => count(one.count)), right: true },
        { head: 'total', cells: shown.map((one) => duration(one.seconds)), right: true, style: 'name' },
        { head: 'on CPU', cells: shown.map((one) => scheduled(one.onCpuSeconds)), right: true, yields: 3 },
        { head: 'blocked', cells: shown.map((one) => scheduled(one.blockedSeconds)), right: true, yields: 2 },
        { head: 'median', cells: shown.map((one) => duration(one.p50Seconds)), right: true, yields: 4 },
        { head: 'longest', cells: shown.map((one) => duration(one.maxSeconds)), right: true },
        { head: 'errors', cells: shown.map(errorsOf), yields: 5, style: 'quiet' },
      ],
      width,
      palette,
    ) + toText(moreRow(Math.min(calls.length, MOST_IN_JSON.calls) - shown.length, width, palette), palette)
  );
}

function errorsOf({ errnos }: { readonly errnos: Readonly<Record<string, number>> }): string {
  return Object.entries(errnos)
    .slice(0, 2)
    .map(([name, times]) => `${count(times)} ${line(name)}`)
    .join(', ');
}

function qualityRows(summary: TraceSummary, width: number): Row[] {
  const sentence = qualitySentence(summary);
  const { correlation } = summary;
  if (sentence === undefined || correlation === null) return [];
  const lost = Object.entries({
    'before perf began': correlation.unmatched.beforePerf,
    'after perf stopped': correlation.unmatched.afterDetach,
    'in gaps of perf': correlation.unmatched.lostGap,
    'in threads that perf missed': correlation.unmatched.blindThread,
    'which the kernel never began (killed or refused before)': correlation.unmatched.neverBegun,
    'for no known reason': correlation.unmatched.other,
  }).filter(([, times]) => times > 0);
  const seen = lost.reduce((sum, [, times]) => sum + times, 0);
  const share = percent(seen / Math.max(1, correlation.straceSyscalls));
  return [
    ...paragraph([figures(`${sentence}.`)], width, 2),
    ...(lost.length === 0
      ? []
      : paragraph(
          [
            figures(
              `Of strace alone (${share}): ${lost.map(([why, times]) => `${count(times)} ${why}`).join(', ')}.`,
            ),
          ],
          width,
          2,
        )),
  ];
}

function noteRows({ notes, partial, missing = [] }: TraceSummary, width: number, palette: Palette): Row[] {
  const lead: Row = [space(2), own(palette.glyphs.info, 'quiet'), space(1)];
  return notes
    .filter((note) => !partial.includes(note) && !missing.includes(note))
    .slice(0, MOST_NOTES)
    .flatMap((note) => indent(wrap(prose(note), { first: width - 4 }), lead));
}
