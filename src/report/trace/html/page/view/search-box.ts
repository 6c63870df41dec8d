import { countText } from '../format.ts';
import { found, parsedQuery } from '../search.ts';
import type { App } from './app.ts';
import { el } from './elements.ts';
import { rowOf } from './panels.ts';

const TYPING_MS = 120;

/** The field that looks for calls, and goes from one to the next. */
export class SearchBox {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #input: HTMLInputElement;
  readonly #count = el('output', { class: 'count' });
  #at = -1;
  #due = 0;

  constructor(app: App) {
    this.#app = app;
    this.#input = el('input', {
      type: 'search',
      id: 'search',
      placeholder: 'Search calls   /',
      title: 'Words in names, arguments, results, threads, wakers and stacks; failed; >1ms; <50us; tid:4711',
      spellcheck: false,
      autocomplete: 'off',
      aria: { label: 'Search calls', keyshortcuts: '/' },
    });
    this.element = el(
      'div',
      { class: 'search', aria: { role: 'search' } },
      this.#input,
      this.#count,
      el(
        'button',
        { class: 'tool', title: 'The match before (Shift+Enter)', onclick: () => this.step(-1) },
        '‹',
      ),
      el('button', { class: 'tool', title: 'The next match (Enter)', onclick: () => this.step(1) }, '›'),
    );
    this.#input.addEventListener('input', () => {
      window.clearTimeout(this.#due);
      this.#due = window.setTimeout(() => this.#look(), TYPING_MS);
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        window.clearTimeout(this.#due);
        this.#look();
        this.step(event.shiftKey ? -1 : 1);
      } else if (event.key === 'Escape') {
        this.find('');
        this.#input.blur();
      } else return;
      event.preventDefault();
    });
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  find(text: string): void {
    this.#input.value = text;
    this.#look();
  }

  /** Selects the next match, or the one before; after the last comes the first. */
  step(by: 1 | -1): void {
    const places = this.#app.matches?.places;
    if (places === undefined || places.length === 0) return;
    const { calls } = this.#app.model;
    const { from } = this.#app.viewport;
    // The first time, the next from what is in view on.
    if (this.#at < 0) this.#at = places.findIndex((place) => calls.start[place]! >= from) - (by > 0 ? 1 : 0);
    this.#at = (Math.max(this.#at, -1) + by + places.length) % places.length;
    const place = places[this.#at]!;
    this.#app.select({ kind: 'call', row: rowOf(this.#app, place), place }, true);
    this.#tell();
  }

  #look(): void {
    const text = this.#input.value;
    if (this.#input.dataset.looked === text) return;
    this.#input.dataset.looked = text;
    const query = parsedQuery(text);
    this.#app.matches = query === undefined ? undefined : found(this.#app.model, query);
    this.#at = -1;
    this.#tell();
    this.#app.tell('matches');
  }

  #tell(): void {
    const { matches } = this.#app;
    if (matches === undefined) this.#count.textContent = '';
    else if (this.#at < 0) this.#count.textContent = countText(matches.places.length);
    else this.#count.textContent = `${countText(this.#at + 1)} of ${countText(matches.places.length)}`;
  }
}
