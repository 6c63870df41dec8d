import type { App } from './app.ts';
import { el } from './elements.ts';
import type { Panel } from './panels.ts';

const FOLLOW_MS = 180;
const LEAST_HEIGHT = 60;

/** The tabs below the timeline. */
export class Dock {
  readonly element: HTMLElement;
  readonly #panels: readonly Panel[];
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #content = el('div', { class: 'content', id: 'panel', tabIndex: 0, aria: { role: 'tabpanel' } });
  #shown: Panel;
  #due = 0;

  constructor(app: App, panels: readonly Panel[]) {
    this.#panels = panels;
    this.#shown = panels[0]!;
    this.#tabs = panels.map((panel) =>
      el(
        'button',
        {
          class: 'tab',
          id: `tab-${panel.id}`,
          aria: { role: 'tab', controls: 'panel' },
          onclick: () => this.show(panel.id),
        },
        panel.title,
      ),
    );
    const list = el(
      'div',
      { class: 'tabs', aria: { role: 'tablist', label: 'Details and tables' } },
      ...this.#tabs,
    );
    list.addEventListener('keydown', (event) => this.#walk(event));
    const grip = el('div', {
      class: 'grip',
      tabIndex: 0,
      aria: { role: 'separator', orientation: 'horizontal', label: 'Height of the details' },
    });
    this.element = el('section', { class: 'dock', aria: { label: 'Details' } }, grip, list, this.#content);
    this.#resizing(grip);
    app.listen((change) => {
      if (change === 'selection' && app.selection !== undefined) this.show('event');
      else if (change === this.#shown.follows) this.#refreshSoon();
    });
    this.show(this.#shown.id);
  }

  show(id: string): void {
    this.#shown = this.#panels.find((panel) => panel.id === id) ?? this.#shown;
    for (const [at, tab] of this.#tabs.entries()) {
      const isShown = this.#panels[at] === this.#shown;
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.#content.setAttribute('aria-labelledby', `tab-${this.#shown.id}`);
    this.#content.scrollTop = 0;
    this.#refresh();
  }

  #refresh(): void {
    this.#content.replaceChildren(...this.#shown.content());
  }

  /** Once the view rests. */
  #refreshSoon(): void {
    window.clearTimeout(this.#due);
    this.#due = window.setTimeout(() => this.#refresh(), FOLLOW_MS);
  }

  /** Arrow keys go from tab to tab. */
  #walk(event: KeyboardEvent): void {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const at = (this.#panels.indexOf(this.#shown) + by + this.#panels.length) % this.#panels.length;
    this.show(this.#panels[at]!.id);
    this.#tabs[at]!.focus();
  }

  #resizing(grip: HTMLElement): void {
    const resize = (height: number) => {
      const most = window.innerHeight - 200;
      this.element.style.height = `${Math.max(LEAST_HEIGHT, Math.min(most, height))}px`;
    };
    grip.addEventListener('pointerdown', (down) => {
      grip.setPointerCapture(down.pointerId);
      const height = this.element.offsetHeight;
      const move = (event: PointerEvent) => resize(height + down.clientY - event.clientY);
      grip.addEventListener('pointermove', move);
      grip.addEventListener('pointerup', () => grip.removeEventListener('pointermove', move), { once: true });
    });
    grip.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowUp' ? 24 : event.key === 'ArrowDown' ? -24 : 0;
      if (by === 0) return;
      event.preventDefault();
      event.stopPropagation();
      resize(this.element.offsetHeight + by);
    });
  }
}
