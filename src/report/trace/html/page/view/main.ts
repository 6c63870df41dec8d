import { CATEGORIES } from '../categories.ts';
import { ABOUT_ID, type PageAbout, STATES, TEXTS_ID } from '../data.ts';
import { durationText, timeText } from '../format.ts';
import { unpacked } from '../model.ts';
import { App } from './app.ts';
import { swatch } from './details.ts';
import { Dock } from './dock.ts';
import { el } from './elements.ts';
import { KEYS, listenToKeys } from './keyboard.ts';
import { overview } from './overview.ts';
import { headline, panels } from './panels.ts';
import { SearchBox } from './search-box.ts';
import { Timeline } from './timeline.ts';
import { tipElement } from './tip.ts';
import { callName, callResult, stateText, threadText } from './words.ts';

/** States that a reader has to tell apart; the rest go by the same colours. */
const LEGEND = STATES.map((name, code) => ({ name, code })).filter(({ name }) => name !== 'idle');

/** More than these do not fit on a screen: those that do nothing in view have no row, until asked for. */
const MANY_THREADS = 20;

const root = document.documentElement;

/** The data's elements are emptied once they are read: the page keeps one copy. */
function take(id: string): string {
  const element = document.getElementById(id)!;
  const text = element.textContent ?? '';
  element.remove();
  return text;
}

function start(): void {
  const about = JSON.parse(take(ABOUT_ID)) as PageAbout;
  const texts = JSON.parse(take(TEXTS_ID)) as string[];
  const app = new App(unpacked(about, texts, take));
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  root.dataset.theme = dark.matches ? 'dark' : 'light';
  dark.addEventListener('change', () => setTheme(app, dark.matches));

  const timeline = new Timeline(app);
  const search = new SearchBox(app);
  const dock = new Dock(
    app,
    panels(app, (text) => {
      search.find(text);
      dock.show('matches');
    }),
  );
  const help = helpDialog();
  const arrows = toggle('Arrows', 'Wake-ups and starts (R)', true, (on) => {
    app.arrows = on;
    app.tell('view');
  });
  app.activeOnly = about.threads.length > MANY_THREADS;
  const active = toggle('Active only', 'Only threads that do something in view', app.activeOnly, (on) => {
    app.activeOnly = on;
    app.tell('rows');
  });
  const toggleHelp = () => (help.open ? help.close() : help.showModal());
  const status = el('output', { class: 'status' });
  const spoken = el('div', { class: 'spoken', aria: { live: 'polite' } });

  document.body.append(
    el(
      'header',
      {},
      el('h1', {}, about.title),
      el('p', { class: 'headline' }, headline(app)),
      search.element,
      arrows,
      active,
      el(
        'button',
        {
          class: 'tool',
          title: 'Light or dark',
          aria: { label: 'Light or dark' },
          onclick: () => setTheme(app, root.dataset.theme !== 'dark'),
        },
        '◐',
      ),
      el('button', { class: 'tool', title: 'Keys (?)', aria: { label: 'Keys' }, onclick: toggleHelp }, '?'),
    ),
    el('main', {}, overview(app), timeline.element, el('footer', {}, legend(), status), dock.element),
    tipElement(),
    help,
    spoken,
  );
  listenToKeys({ app, timeline, search, toggleArrows: () => arrows.click(), toggleHelp });
  app.listen((change) => {
    if (change === 'view') status.textContent = viewText(app);
    if (change === 'selection') spoken.textContent = selectionText(app);
  });
  status.textContent = viewText(app);
  root.dataset.ready = 'yes';
}

function setTheme(app: App, isDark: boolean): void {
  root.dataset.theme = isDark ? 'dark' : 'light';
  app.tell('theme');
}

function toggle(text: string, title: string, isOn: boolean, set: (on: boolean) => void): HTMLButtonElement {
  const button = el('button', { class: 'tool', title, aria: { pressed: String(isOn) } }, text);
  button.onclick = () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(on));
    set(on);
  };
  return button;
}

function legend(): HTMLElement {
  return el(
    'div',
    { class: 'legend' },
    ...LEGEND.map(({ name, code }) => el('span', {}, swatch(`state-${code}`), name)),
    el('span', { class: 'rule' }),
    ...CATEGORIES.map((name) => el('span', {}, swatch(`call-${name}`), name)),
    el('span', {}, swatch('failed-mark'), 'failed'),
  );
}

function helpDialog(): HTMLDialogElement {
  const dialog = el('dialog', { class: 'help', aria: { label: 'Keys' } });
  dialog.append(
    el('h2', {}, 'Keys'),
    el('dl', {}, ...KEYS.flatMap(([keys, what]) => [el('dt', {}, keys), el('dd', {}, what)])),
    el(
      'p',
      { class: 'muted' },
      'Each row is a thread: above what the scheduler did with it, below its system calls. ▲ signal · ◆ exec · ✕ exit.',
    ),
    el('button', { class: 'tool', onclick: () => dialog.close() }, 'Close'),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

function viewText({ viewport }: App): string {
  const { from, to, span } = viewport;
  return `${timeText(from, span)} – ${timeText(to, span)} · ${durationText(span)}`;
}

function selectionText(app: App): string {
  const { selection, model } = app;
  if (selection === undefined) return 'Nothing is selected';
  const { row, place, kind } = selection;
  const thread = threadText(model, row);
  if (kind === 'call')
    return `${callName(model, place)} of ${thread}, ${durationText(model.calls.duration[place]!)}, ${callResult(model, place)}`;
  if (kind === 'state')
    return `${thread} ${stateText(model, place)}, ${durationText(model.states.duration[place]!)}`;
  return kind === 'instant' ? `${model.about.instants[place]!.text} of ${thread}` : `${thread} was started`;
}

start();
