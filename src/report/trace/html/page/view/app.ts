import { sleepWithin } from '../chain.ts';
import type { Model } from '../model.ts';
import type { Matches } from '../search.ts';
import { Viewport } from './viewport.ts';

export type Selection =
  | { readonly kind: 'call' | 'state'; readonly row: number; readonly place: number }
  | { readonly kind: 'instant' | 'spawn'; readonly row: number; readonly place: number };

export type Change = 'view' | 'selection' | 'matches' | 'theme' | 'rows' | 'hover';

/** What the parts of the page share: who changes it tells the others. */
export class App {
  readonly model: Model;
  readonly viewport: Viewport;
  selection: Selection | undefined;
  hover: Selection | undefined;
  matches: Matches | undefined;
  arrows: boolean = true;
  activeOnly: boolean = false;
  readonly #listeners: ((change: Change) => void)[] = [];

  constructor(model: Model) {
    this.model = model;
    this.viewport = new Viewport(model.about.lengthNs, () => this.tell('view'));
  }

  listen(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  select(selection: Selection | undefined, reveals = false): void {
    this.selection = selection;
    this.tell('selection');
    if (selection !== undefined && reveals) {
      const { from, to } = this.times(selection);
      this.viewport.reveal(from, to);
    }
  }

  times({ kind, place }: Selection): { from: number; to: number } {
    const { calls, states, about } = this.model;
    if (kind === 'call') return { from: calls.start[place]!, to: calls.end[place]! };
    if (kind === 'state') return { from: states.start[place]!, to: states.end[place]! };
    const at = kind === 'instant' ? about.instants[place]!.at : about.spawns[place]!.at;
    return { from: at, to: at };
  }

  /** The call or the state before or after the selected one. */
  step(by: 1 | -1): void {
    const { selection, model } = this;
    if (selection === undefined || (selection.kind !== 'call' && selection.kind !== 'state')) return;
    const { kind, row, place } = selection;
    const lane = kind === 'call' ? model.rows[row]!.calls : model.rows[row]!.states;
    const next = place + by;
    if (next >= lane.first && next < lane.end) this.select({ kind, row, place: next }, true);
  }

  /** What a thread did at that moment: the call that it was in, else its state. */
  selectAt(row: number, at: number): void {
    const { calls, states } = this.model.rows[row]!;
    const call = calls.around(at);
    const state = states.around(at);
    if (call >= 0) this.select({ kind: 'call', row, place: call }, true);
    else if (state >= 0) this.select({ kind: 'state', row, place: state }, true);
    else {
      // Nothing was seen then: the next thing that was.
      const next = Math.min(calls.endingAfter(at), calls.end - 1);
      if (next >= calls.first) this.select({ kind: 'call', row, place: next }, true);
    }
  }

  /** The sleep that the selection is, or has within it; -1: none. */
  selectedSleep(): number {
    const { selection, model } = this;
    if (selection?.kind === 'state') return model.states.waker[selection.place]! > 0 ? selection.place : -1;
    if (selection?.kind !== 'call') return -1;
    const { from, to } = this.times(selection);
    return sleepWithin(model, selection.row, from, to);
  }
}
