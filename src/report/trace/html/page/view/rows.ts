import type { App } from './app.ts';

export const ROW_HEIGHT = 34;
export const STATE_TOP = 4;
export const STATE_HEIGHT = 8;
export const CALL_TOP = 14;
export const CALL_HEIGHT = 16;

/** Which rows there are, and which of them are on the screen. */
export class Rows {
  readonly #app: App;
  /** Rows in the order shown. */
  shown: readonly number[];
  #at = new Map<number, number>();
  scroll = 0;
  height = 0;

  constructor(app: App) {
    this.#app = app;
    this.shown = [];
    this.update();
  }

  /** With `activeOnly`, threads that do nothing in view have no row. */
  update(): void {
    const { model, viewport, activeOnly, selection } = this.#app;
    const all = model.rows.map((_, row) => row);
    this.shown = activeOnly
      ? all.filter((row) => {
          const { calls, states } = model.rows[row]!;
          return (
            row === selection?.row ||
            calls.endingAfter(viewport.from) < calls.beginningFrom(viewport.to) ||
            states.endingAfter(viewport.from) < states.beginningFrom(viewport.to)
          );
        })
      : all;
    this.#at = new Map(this.shown.map((row, at) => [row, at]));
    this.scrollTo(this.scroll);
  }

  get contentHeight(): number {
    return this.shown.length * ROW_HEIGHT;
  }

  scrollTo(top: number): void {
    this.scroll = Math.max(0, Math.min(top, this.contentHeight - this.height));
  }

  /** Scrolls as little as shows this row. */
  reveal(row: number): void {
    const at = this.#at.get(row);
    if (at === undefined) return;
    const top = at * ROW_HEIGHT;
    if (top < this.scroll) this.scrollTo(top - ROW_HEIGHT);
    else if (top + ROW_HEIGHT > this.scroll + this.height) this.scrollTo(top + 2 * ROW_HEIGHT - this.height);
  }

  /** Where a row begins on the screen; undefined: it has none. */
  top(row: number): number | undefined {
    const at = this.#at.get(row);
    return at === undefined ? undefined : at * ROW_HEIGHT - this.scroll;
  }

  onScreen(): readonly number[] {
    const first = Math.floor(this.scroll / ROW_HEIGHT);
    return this.shown.slice(first, Math.ceil((this.scroll + this.height) / ROW_HEIGHT));
  }

  at(y: number): number | undefined {
    return y < 0 || y >= this.height ? undefined : this.shown[Math.floor((y + this.scroll) / ROW_HEIGHT)];
  }

  /** The row above or below another one. */
  beside(row: number, by: 1 | -1): number | undefined {
    const at = this.#at.get(row);
    return at === undefined ? undefined : this.shown[at + by];
  }
}
