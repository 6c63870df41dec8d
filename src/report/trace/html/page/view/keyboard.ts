import type { App } from './app.ts';
import type { SearchBox } from './search-box.ts';
import type { Timeline } from './timeline.ts';

const ZOOM = 0.6;
const PAN = 0.2;

export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['W / S', 'closer / farther'],
  ['A / D', 'earlier / later'],
  ['← / →', 'event before / next'],
  ['↑ / ↓', 'thread above / below'],
  ['F', 'fit the selected event'],
  ['0', 'show all'],
  ['G', 'go to who woke it'],
  ['/', 'search; Enter: next match'],
  ['R', 'arrows on or off'],
  ['Esc', 'clear selection, then search'],
  ['?', 'this help'],
  ['Ctrl + wheel', 'zoom at the pointer'],
  ['Shift + drag', 'choose what is in view'],
  ['double click', 'zoom to an event'],
];

export interface KeyTargets {
  readonly app: App;
  readonly timeline: Timeline;
  readonly search: SearchBox;
  readonly toggleArrows: () => void;
  readonly toggleHelp: () => void;
}

/** Keys of the whole page, where they are not for typing. */
export function listenToKeys({ app, timeline, search, toggleArrows, toggleHelp }: KeyTargets): void {
  const { viewport } = app;
  const middle = () => {
    const { from, to } = app.selection === undefined ? viewport : app.times(app.selection);
    const focus = (Math.max(from, viewport.from) + Math.min(to, viewport.to)) / 2;
    return focus >= viewport.from && focus <= viewport.to ? focus : (viewport.from + viewport.to) / 2;
  };
  const actions: Readonly<Record<string, () => void>> = {
    w: () => viewport.zoom(ZOOM, middle()),
    s: () => viewport.zoom(1 / ZOOM, middle()),
    a: () => viewport.pan(-PAN),
    d: () => viewport.pan(PAN),
    arrowleft: () => (app.selection === undefined ? viewport.pan(-PAN) : app.step(-1)),
    arrowright: () => (app.selection === undefined ? viewport.pan(PAN) : app.step(1)),
    arrowup: () => timeline.beside(-1),
    arrowdown: () => timeline.beside(1),
    f: () => showSelected(app),
    '0': () => viewport.show(0, viewport.length),
    g: () => toWaker(app),
    '/': () => search.focus(),
    r: toggleArrows,
    '?': toggleHelp,
    escape: () => {
      if (app.selection !== undefined) app.select(undefined);
      else search.find('');
    },
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // An open dialog has its own keys.
    if (event.key !== '?' && document.querySelector('dialog[open]') !== null) return;
    const act = actions[event.key.toLowerCase()];
    if (act === undefined || (event.key.startsWith('Arrow') && isScrolling(event.target))) return;
    event.preventDefault();
    act();
  });
}

function showSelected(app: App): void {
  if (app.selection === undefined) return;
  const { from, to } = app.times(app.selection);
  const around = (to - from) * 0.1 || app.viewport.span * 0.05;
  app.viewport.show(from - around, to + around);
}

function toWaker(app: App): void {
  const sleep = app.selectedSleep();
  if (sleep < 0) return;
  const { states, about } = app.model;
  const row = about.wakers[states.waker[sleep]! - 1]?.thread ?? -1;
  if (row >= 0) app.selectAt(row, states.end[sleep]!);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement;
}

/** Arrow keys scroll a table that has the focus. */
function isScrolling(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.content') !== null;
}
