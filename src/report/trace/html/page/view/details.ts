import { wokenIn } from '../arrows.ts';
import { chainOf } from '../chain.ts';
import { BY_PERF, BY_STRACE, STATES } from '../data.ts';
import { clockText, durationText, percentText, timeText } from '../format.ts';
import { spentBetween } from '../spent.ts';
import type { App, Selection } from './app.ts';
import { el } from './elements.ts';
import { callArgs, callName, callResult, stateText, threadText, waitsIn, wakerText } from './words.ts';

/** What is known of the selected event. */
export function details(app: App): Node[] {
  const { selection } = app;
  if (selection === undefined)
    return [
      el(
        'p',
        { class: 'empty' },
        'Nothing is selected. Click on a call, a state or a mark in the timeline, or press ↓.',
      ),
    ];
  if (selection.kind === 'call') return callDetails(app, selection);
  if (selection.kind === 'state') return stateDetails(app, selection);
  return momentDetails(app, selection);
}

function callDetails(app: App, selection: Selection): Node[] {
  const { model } = app;
  const { calls } = model;
  const { row, place } = selection;
  const failed = calls.errno[place] !== 0;
  const waker = calls.waker[place]!;
  const sleep = app.selectedSleep();
  return [
    el(
      'h2',
      { class: 'code' },
      el('b', {}, callName(model, place)),
      `(${callArgs(model, place)})`,
      el('span', { class: failed ? 'failed' : 'muted' }, ` = ${callResult(model, place)}`),
    ),
    el(
      'div',
      { class: 'split' },
      el('div', {}, facts(app, selection, [['sources', sourcesOf(calls.flags[place]!)]]), split(app, place)),
      el(
        'div',
        {},
        waker === 0
          ? undefined
          : wokenBy(app, waker, sleep >= 0 ? model.states.end[sleep]! : calls.end[place]!),
        sleep < 0 ? undefined : chain(app, row, sleep),
        woke(app, selection),
      ),
      stack(app, calls.stack[place]!),
    ),
  ];
}

function stateDetails(app: App, selection: Selection): Node[] {
  const { model } = app;
  const { states } = model;
  const { row, place } = selection;
  const waker = states.waker[place]!;
  const where = waitsIn(model, states.stack[place]!);
  return [
    el('h2', {}, el('b', {}, stateText(model, place)), where === '' ? undefined : ` · ${where}`),
    el(
      'div',
      { class: 'split' },
      el('div', {}, facts(app, selection, [])),
      el(
        'div',
        {},
        waker === 0 ? undefined : wokenBy(app, waker, states.end[place]!),
        waker === 0 ? undefined : chain(app, row, place),
      ),
      stack(app, states.stack[place]!),
    ),
  ];
}

function momentDetails(app: App, selection: Selection): Node[] {
  const { about } = app.model;
  if (selection.kind === 'instant') {
    const { text, more } = about.instants[selection.place]!;
    return [el('h2', {}, el('b', {}, text)), el('div', { class: 'split' }, facts(app, selection, more))];
  }
  const { parent, child, at, call } = about.spawns[selection.place]!;
  return [
    el('h2', {}, el('b', {}, `${threadText(app.model, parent)} starts ${threadText(app.model, child)}`)),
    el(
      'div',
      { class: 'split' },
      facts(app, selection, call === '' ? [] : [['call', call]]),
      el('div', {}, link(app, parent, at, 'its parent then'), ' ', link(app, child, at, 'its first steps')),
    ),
  ];
}

function facts(app: App, selection: Selection, more: readonly (readonly [string, string])[]): HTMLElement {
  const { model, viewport } = app;
  const { from, to } = app.times(selection);
  const thread = model.about.threads[selection.row]!;
  const process = thread.pid === thread.tid ? '' : ` of process ${thread.pid}`;
  const end = thread.end === undefined ? '' : `, ${thread.end}`;
  const rows: (readonly [string, string])[] = [
    ['thread', `${threadText(model, selection.row)}${process}${end}`],
    ['at', timeText(from, Math.min(viewport.length, 1e3))],
  ];
  if (model.about.realtimeNs !== undefined) rows.push(['clock', clockText(model.about.realtimeNs, from)]);
  if (selection.kind === 'call' || selection.kind === 'state') rows.push(['took', durationText(to - from)]);
  return el(
    'dl',
    {},
    ...[...rows, ...more].flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
  );
}

function sourcesOf(flags: number): string {
  if ((flags & BY_STRACE) !== 0 && (flags & BY_PERF) !== 0) return 'strace and perf';
  return (flags & BY_PERF) === 0 ? 'strace alone' : 'perf alone';
}

const PARTS = [
  ['onCpu', 'on CPU', 0],
  ['runnable', 'waiting for a CPU', 1],
  ['blocked', 'blocked', 3],
  ['ptrace', 'stopped by the tracer', 7],
] as const;

/** Where the time of a call went, as perf says, and beside it the figure of strace. */
function split(app: App, place: number): HTMLElement {
  const { calls } = app.model;
  const strace = calls.strace[place]!;
  const straceText =
    strace === 0
      ? undefined
      : el('p', { class: 'muted' }, `strace -T: ${durationText(strace - 1)}, with the stops of the tracer`);
  if (calls.onCpu[place] === 0)
    return el('div', {}, el('p', { class: 'muted' }, 'perf has nothing on where its time went'), straceText);
  const parts = PARTS.map(([column, name, code]) => ({
    name,
    code,
    ns: Math.max(0, calls[column][place]! - 1),
  }));
  const wall = parts.reduce((sum, { ns }) => sum + ns, 0) || 1;
  const shown = parts.filter(({ ns }) => ns > 0);
  return el(
    'div',
    {},
    stacked(shown.map(({ code, ns }) => ({ code, share: ns / wall }))),
    el(
      'ul',
      { class: 'parts' },
      ...shown.map(({ name, code, ns }) =>
        el(
          'li',
          {},
          swatch(`state-${code}`),
          `${name} `,
          el('b', {}, durationText(ns)),
          ` ${percentText(ns / wall)}`,
        ),
      ),
    ),
    straceText,
  );
}

/** A bar in the colours of states. */
export function stacked(parts: readonly { readonly code: number; readonly share: number }[]): HTMLElement {
  return el(
    'div',
    { class: 'stacked', aria: { hidden: 'true' } },
    ...parts.map(({ code, share }) => {
      const part = el('span', { class: `fill state-${code}` });
      part.style.width = `${share * 100}%`;
      return part;
    }),
  );
}

export function swatch(name: string): HTMLElement {
  return el('i', { class: `swatch ${name}`, aria: { hidden: 'true' } });
}

function wokenBy(app: App, waker: number, at: number): HTMLElement {
  const { about } = app.model;
  const by = about.wakers[waker - 1]!;
  const text = wakerText(app.model, waker);
  return el(
    'div',
    { class: 'woken' },
    el('h3', {}, 'woken by'),
    by.thread < 0 ? text : link(app, by.thread, at, text, 'waker'),
  );
}

const MOST_WOKEN = 20;

/** Whom a call woke. */
function woke(app: App, selection: Selection): HTMLElement | undefined {
  const { model } = app;
  const { from, to } = app.times(selection);
  const woken = wokenIn(model, selection.row, from, to, MOST_WOKEN);
  if (woken.length === 0) return undefined;
  return el(
    'div',
    {},
    el('h3', {}, 'woke'),
    el(
      'ul',
      { class: 'woke' },
      ...woken.map(({ row, place }) => {
        const words = `${threadText(model, row)}, ${stateText(model, place)} for ${durationText(model.states.duration[place]!)}`;
        const select = () => app.select({ kind: 'state', row, place }, true);
        return el('li', {}, el('button', { class: 'link', onclick: select }, words));
      }),
    ),
  );
}

/** The sleeps behind a sleep. */
function chain(app: App, row: number, sleep: number): HTMLElement | undefined {
  const { model } = app;
  const links = chainOf(model, row, sleep);
  if (links.length < 2) return undefined;
  return el(
    'div',
    {},
    el('h3', {}, 'the chain behind it'),
    el(
      'ol',
      { class: 'chain' },
      ...links.slice(1).map(({ row: by, place }) => {
        const { states } = model;
        const where = waitsIn(model, states.stack[place]!);
        const words = `${threadText(model, by)} was ${stateText(model, place)} for ${durationText(states.duration[place]!)}${where === '' ? '' : `: ${where}`}`;
        const select = () => app.select({ kind: 'state', row: by, place }, true);
        return el('li', {}, el('button', { class: 'link', onclick: select }, words));
      }),
      el('li', { class: 'muted' }, `woken by ${wakerText(model, links.at(-1)!.waker)}`),
    ),
  );
}

function stack(app: App, number: number): HTMLElement | undefined {
  const { about } = app.model;
  const frames = about.stacks[number - 1];
  if (frames === undefined) return undefined;
  return el(
    'div',
    {},
    el('h3', {}, 'slept in'),
    el('ol', { class: 'stack code' }, ...frames.map((frame) => el('li', {}, about.frames[frame]!))),
  );
}

function link(app: App, row: number, at: number, text: string, name = ''): HTMLElement {
  return el('button', { class: `link ${name}`, onclick: () => app.selectAt(row, at) }, text);
}

/** What a thread did in view, for its tooltip and the table of threads. */
export function sharesOf(app: App, row: number): readonly { code: number; share: number }[] {
  const { from, to } = app.viewport;
  const times = spentBetween(app.model, row, from, to);
  return STATES.map((_, code) => ({ code, share: Math.max(0, times[code]!) / (to - from) })).filter(
    ({ share }) => share > 0,
  );
}
