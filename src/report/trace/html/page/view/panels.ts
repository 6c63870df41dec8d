import type { PageTable } from '../data.ts';
import { countText, durationText, percentText } from '../format.ts';
import { callTotals, longestCalls, longestWaits, threadTotals } from '../totals.ts';
import type { App } from './app.ts';
import { details, sharesOf, stacked } from './details.ts';
import { el } from './elements.ts';
import { table } from './table.ts';
import { callArgs, callName, callResult, stateText, threadText, waitsIn, wakerText } from './words.ts';

/** A tab of the dock. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** Its content depends on what is in view: it is made anew when that changes. */
  readonly follows?: 'view' | 'selection' | 'matches';
  readonly content: () => readonly Node[];
}

const MOST_WAITS = 100;
const MOST_MATCHES = 500;

export function panels(app: App, search: (text: string) => void): readonly Panel[] {
  const { summary } = app.model.about;
  return [
    { id: 'story', title: 'Story', content: () => story(app) },
    { id: 'event', title: 'Event', follows: 'selection', content: () => details(app) },
    { id: 'calls', title: 'Calls', follows: 'view', content: () => calls(app, search) },
    { id: 'waits', title: 'Waits', follows: 'view', content: () => waits(app) },
    { id: 'threads', title: 'Threads', follows: 'view', content: () => threads(app) },
    { id: 'matches', title: 'Matches', follows: 'matches', content: () => matches(app) },
    ...summary.tables.map((of, at) => ({
      id: `table-${at}`,
      title: of.title,
      content: () => ledger(app, of),
    })),
  ];
}

function story(app: App): Node[] {
  const { summary, left, recordedAt, version } = app.model.about;
  const findings = summary.findings.map(({ severity, title, text, tid, at }) => {
    const row = app.model.about.threads.findIndex((thread) => thread.tid === tid);
    const go = () => app.selectAt(row, at ?? app.viewport.from);
    return el(
      'li',
      { class: `finding ${['critical', 'warning'].includes(severity) ? severity : 'info'}` },
      el('b', {}, title),
      el('p', {}, text),
      row < 0 ? undefined : el('button', { class: 'link', onclick: go }, 'show it'),
    );
  });
  return [
    el(
      'div',
      { class: 'split story' },
      el(
        'div',
        {},
        el('h3', {}, 'what happened'),
        ...(summary.story.length > 0
          ? summary.story.map((sentence) => el('p', {}, sentence))
          : [el('p', { class: 'muted' }, 'Nothing stands out.')]),
      ),
      el(
        'div',
        {},
        el('h3', {}, 'findings'),
        findings.length > 0
          ? el('ul', { class: 'findings' }, ...findings)
          : el('p', { class: 'muted' }, 'No known cause was proved by this trace.'),
      ),
      el(
        'div',
        {},
        el('h3', {}, 'this trace'),
        el(
          'dl',
          {},
          ...summary.facts.flatMap(({ name, value }) => [el('dt', {}, name), el('dd', {}, value)]),
          ...(recordedAt === undefined || summary.facts.some(({ name }) => name === 'recorded')
            ? []
            : [el('dt', {}, 'recorded'), el('dd', {}, recordedAt)]),
          el('dt', {}, 'written by'),
          el('dd', {}, `procdiag ${version}`),
        ),
        ...leftOut(left),
      ),
    ),
  ];
}

/** What the page does not have, in words. */
function leftOut(left: App['model']['about']['left']): Node[] {
  const sum = (of: readonly { readonly count: number }[]) =>
    of.reduce((total, { count }) => total + count, 0);
  const notes: string[] = [];
  if (left.calls.length > 0)
    notes.push(
      `${countText(sum(left.calls))} calls shorter than ${durationText(left.callsFromNs)} are not drawn: they are in the totals of the whole trace alone.`,
    );
  if (left.states.length > 0)
    notes.push(
      `${countText(sum(left.states))} states shorter than ${durationText(left.statesFromNs)} are not drawn.`,
    );
  if (left.instants > 0)
    notes.push(`${countText(left.instants)} marks of signals, starts and ends are left out.`);
  if (left.otherThreads > 0)
    notes.push(`${countText(left.otherThreads)} events of threads beyond the first 20 000 are left out.`);
  return notes.map((note) => el('p', { class: 'notice' }, note));
}

function scope({ viewport }: App): string {
  return viewport.isWhole
    ? 'In the whole trace.'
    : `In view: ${durationText(viewport.span)} of ${durationText(viewport.length)}.`;
}

function calls(app: App, search: (text: string) => void): Node[] {
  const { viewport, model } = app;
  const totals = callTotals(model, viewport, viewport.isWhole);
  const columns = [
    { title: 'call', kind: 'text' },
    { title: 'count', kind: 'count' },
    { title: 'failed', kind: 'count' },
    { title: 'total', kind: 'duration' },
    { title: 'median', kind: 'duration' },
    { title: '99 %', kind: 'duration' },
    { title: 'longest', kind: 'duration' },
    { title: 'on CPU', kind: 'duration' },
    { title: 'runnable', kind: 'duration' },
    { title: 'blocked', kind: 'duration' },
  ];
  const rows = totals.map((total) => ({
    cells: [
      total.name,
      total.count,
      total.failed || null,
      total.ns,
      total.medianNs,
      total.slowNs,
      total.longestNs,
      total.onCpuNs,
      total.runnableNs,
      total.blockedNs,
    ],
    act: () => search(total.name),
  }));
  return [note(`${scope(app)} A row searches for its call.`), table(app, columns, rows)];
}

function waits(app: App): Node[] {
  const { model, viewport } = app;
  const { states } = model;
  const columns = [
    { title: 'waited', kind: 'duration' },
    { title: 'thread', kind: 'text' },
    { title: 'how', kind: 'text' },
    { title: 'in', kind: 'text' },
    { title: 'ended by', kind: 'text' },
    { title: 'from', kind: 'time' },
  ];
  const rows = longestWaits(model, viewport, MOST_WAITS).map(({ row, place }) => ({
    cells: [
      states.duration[place]!,
      threadText(model, row),
      `${stateText(model, place)}${where(waitsIn(model, states.stack[place]!))}`,
      callAround(app, row, states.start[place]!),
      states.waker[place] === 0 ? null : wakerText(model, states.waker[place]!),
      states.start[place]!,
    ],
    act: () => app.select({ kind: 'state', row, place }, true),
  }));
  if (states.start.length === 0) return longest(app);
  if (rows.length === 0) return [note(`${scope(app)} Nothing waited.`)];
  return [note(`${scope(app)} The ${rows.length} longest.`), table(app, columns, rows)];
}

/** Without perf nobody knows who slept: the longest calls are nearest to it. */
function longest(app: App): Node[] {
  const { model, viewport } = app;
  const columns = [
    { title: 'took', kind: 'duration' },
    { title: 'thread', kind: 'text' },
    { title: 'call', kind: 'text' },
    { title: 'result', kind: 'text' },
    { title: 'from', kind: 'time' },
  ];
  const rows = longestCalls(model, viewport, MOST_WAITS).map(({ row, place }) => ({
    cells: [
      model.calls.duration[place]!,
      threadText(model, row),
      `${callName(model, place)}(${callArgs(model, place).slice(0, 160)})`,
      callResult(model, place),
      model.calls.start[place]!,
    ],
    act: () => app.select({ kind: 'call', row, place }, true),
  }));
  return [
    note(`${scope(app)} Without perf nobody knows who slept: the ${rows.length} longest calls.`),
    table(app, columns, rows),
  ];
}

function where(frame: string): string {
  return frame === '' ? '' : `: ${frame}`;
}

function callAround({ model }: App, row: number, at: number): string | null {
  const call = model.rows[row]!.calls.around(at);
  return call < 0 ? null : `${callName(model, call)}(${callArgs(model, call).slice(0, 160)})`;
}

function threads(app: App): Node[] {
  const { model, viewport } = app;
  const columns = [
    { title: 'tid', kind: 'tid' },
    { title: 'name', kind: 'text' },
    { title: 'time', kind: 'text' },
    { title: 'calls', kind: 'count' },
    { title: 'on CPU', kind: 'duration' },
    { title: 'runnable', kind: 'duration' },
    { title: 'asleep', kind: 'duration' },
    { title: 'uninterruptible', kind: 'duration' },
    { title: 'stopped', kind: 'duration' },
    { title: 'held by the tracer', kind: 'duration' },
    { title: 'end', kind: 'text' },
  ];
  const rows = [...threadTotals(model, viewport)]
    .sort((a, b) => b.onCpuNs - a.onCpuNs)
    .map((total) => {
      const thread = model.about.threads[total.row]!;
      return {
        cells: [
          thread.tid,
          thread.name,
          () => stacked(sharesOf(app, total.row)),
          total.calls,
          total.onCpuNs,
          total.runnableNs,
          total.asleepNs,
          total.uninterruptibleNs,
          total.stoppedNs,
          total.tracerNs,
          thread.end ?? null,
        ],
      };
    });
  return [note(scope(app)), table(app, columns, rows)];
}

function matches(app: App): Node[] {
  const { model } = app;
  if (app.matches === undefined)
    return [
      note(
        'Press / and type: words in names, arguments, results, threads, wakers and stacks; failed; >1ms; <50us; tid:4711.',
      ),
    ];
  const { places } = app.matches;
  const columns = [
    { title: 'at', kind: 'time' },
    { title: 'thread', kind: 'text' },
    { title: 'call', kind: 'text' },
    { title: 'result', kind: 'text' },
    { title: 'took', kind: 'duration' },
  ];
  const rows = [...places.subarray(0, MOST_MATCHES)].map((place) => {
    const row = rowOf(app, place);
    return {
      cells: [
        model.calls.start[place]!,
        threadText(model, row),
        `${callName(model, place)}(${callArgs(model, place).slice(0, 160)})`,
        callResult(model, place),
        model.calls.duration[place]!,
      ],
      act: () => app.select({ kind: 'call', row, place }, true),
    };
  });
  const first = places.length > MOST_MATCHES ? `, the first ${MOST_MATCHES} of them here` : '';
  return [note(`${countText(places.length)} calls match${first}.`), table(app, columns, rows)];
}

/** The row that a call belongs to. */
export function rowOf({ model }: App, place: number): number {
  return model.rows.findIndex(({ calls }) => place < calls.end && place >= calls.first);
}

function ledger(app: App, { columns, rows, note: text }: PageTable): Node[] {
  const tidAt = columns.findIndex(({ kind }) => kind === 'tid');
  const timeAt = columns.findIndex(({ kind }) => kind === 'time');
  // A row that names a thread and a time leads there.
  const act = (cells: readonly (string | number | null)[]) => {
    const [tid, time] = [cells[tidAt], cells[timeAt]];
    const row = app.model.about.threads.findIndex((thread) => thread.tid === tid);
    if (row < 0 || typeof time !== 'number') return undefined;
    return () => app.selectAt(row, time);
  };
  const shown = table(
    app,
    columns,
    rows.map((cells) => ({ cells, act: act(cells) })),
  );
  const notes = text === undefined ? [] : [note(text)];
  return rows.length === 0 ? [...notes, note('Nothing.')] : [...notes, shown];
}

function note(text: string): HTMLElement {
  return el('p', { class: 'note' }, text);
}

/** `81 % on CPU · …` of all threads, for the head of the page. */
export function headline({ model }: App): string {
  const { about } = model;
  const processes = new Set(about.threads.map(({ pid }) => pid)).size;
  const left = about.left.calls.reduce((sum, { count }) => sum + count, 0);
  const calls = model.calls.start.length + left;
  let failed = 0;
  for (const errno of model.calls.errno) failed += Number(errno !== 0);
  return [
    durationText(about.lengthNs),
    plural(about.threads.length, 'thread'),
    plural(processes, 'process', 'processes'),
    `${plural(calls, 'call')}, ${percentText(calls === 0 ? 0 : failed / calls)} failed`,
  ].join(' · ');
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
