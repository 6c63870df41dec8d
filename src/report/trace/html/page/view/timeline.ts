import { niceStep, timeText } from '../format.ts';
import type { App, Selection } from './app.ts';
import { Drawing } from './draw.ts';
import { el, prepare, surface } from './elements.ts';
import { palette } from './palette.ts';
import { CALL_TOP, Rows } from './rows.ts';
import { hideTip, showTip } from './tip.ts';

/** A press that moves less is a click. */
const CLICK_PIXELS = 4;
/** How far beside a slice a click still means it. */
const NEAR_PIXELS = 3;
const TICK_PIXELS = 120;

/** The rows of threads: labels on the left, on the right what they did. */
export class Timeline {
  readonly element: HTMLElement;
  readonly rows: Rows;
  readonly #app: App;
  readonly #drawing: Drawing;
  readonly #labels = el('div', { class: 'labels', aria: { role: 'list', label: 'Threads' } });
  readonly #ruler = surface(el('canvas', { class: 'ruler', aria: { hidden: 'true' } }));
  readonly #tracks = surface(
    el('canvas', {
      class: 'tracks',
      tabIndex: 0,
      aria: {
        role: 'application',
        label:
          'Timeline of threads. W and S zoom, A and D move, left and right go from event to event, up and down from thread to thread.',
      },
    }),
  );
  readonly #mark = el('div', { class: 'mark', hidden: true });
  #due = 0;

  constructor(app: App) {
    this.#app = app;
    this.rows = new Rows(app);
    this.#drawing = new Drawing(app, this.rows, palette());
    const area = el('div', { class: 'area' }, this.#tracks.canvas, this.#mark);
    this.element = el(
      'div',
      { class: 'timeline' },
      el('div', { class: 'corner' }, 'threads'),
      this.#ruler.canvas,
      this.#labels,
      area,
    );
    app.listen((change) => {
      if (change === 'theme') this.#drawing.colours = palette();
      if (change === 'rows' || (change === 'view' && app.activeOnly)) this.rows.update();
      if (change === 'selection' && app.selection !== undefined) {
        if (app.activeOnly) this.rows.update();
        this.rows.reveal(app.selection.row);
      }
      this.soon();
    });
    new ResizeObserver(() => this.soon()).observe(this.element);
    this.#listen(area);
  }

  /** Draws at the next frame, once, however often it is asked. */
  soon(): void {
    if (this.#due !== 0) return;
    this.#due = requestAnimationFrame(() => {
      this.#due = 0;
      this.#draw();
    });
  }

  #draw(): void {
    prepare(this.#tracks);
    this.rows.height = this.#tracks.height;
    this.rows.scrollTo(this.rows.scroll);
    const began = performance.now();
    const { slices, arrows } = this.#drawing.draw(this.#tracks);
    const { viewport } = this.#app;
    Object.assign(this.#tracks.canvas.dataset, {
      slices: String(slices),
      arrows: String(arrows),
      from: String(viewport.from),
      to: String(viewport.to),
      rows: String(this.rows.onScreen().length),
      ms: (performance.now() - began).toFixed(1),
    });
    this.#drawRuler();
    this.#drawLabels();
  }

  #drawRuler(): void {
    prepare(this.#ruler);
    const { pen, width, height } = this.#ruler;
    const { viewport } = this.#app;
    const { colours } = this.#drawing;
    const step = niceStep((viewport.span / Math.max(width, 1)) * TICK_PIXELS);
    pen.font = '11px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    for (let at = Math.ceil(viewport.from / step) * step; at <= viewport.to; at += step) {
      const x = this.#drawing.x(at, width);
      pen.fillStyle = colours.line;
      pen.fillRect(x, height - 7, 1, 7);
      pen.fillStyle = colours.muted;
      pen.fillText(timeText(at, step * 10), x + 4, height / 2);
    }
  }

  #drawLabels(): void {
    const { model, selection } = this.#app;
    const shown = this.rows.onScreen();
    this.#labels.replaceChildren(
      ...shown.map((row) => {
        const thread = model.about.threads[row]!;
        const label = el(
          'button',
          {
            class: `label${row === selection?.row ? ' chosen' : ''}${thread.pid === thread.tid ? ' leader' : ''}`,
            title: `${thread.name} · thread ${thread.tid} of process ${thread.pid}${thread.end === undefined ? '' : ` · ${thread.end}`}`,
            onclick: () => this.#choose(row),
          },
          el('span', { class: 'name' }, thread.name),
          el('span', { class: 'number' }, String(thread.tid)),
        );
        label.style.top = `${this.rows.top(row)}px`;
        label.style.paddingLeft = `${10 + Math.min(thread.depth, 6) * 12}px`;
        const item = el('div', { aria: { role: 'listitem' } }, label);
        return item;
      }),
    );
  }

  /** Selects what the thread does in the middle of the view. */
  #choose(row: number): void {
    const { viewport, model } = this.#app;
    const { calls, states } = model.rows[row]!;
    const call = Math.min(calls.endingAfter((viewport.from + viewport.to) / 2), calls.end - 1);
    const state = Math.min(states.endingAfter((viewport.from + viewport.to) / 2), states.end - 1);
    if (call >= calls.first) this.#app.select({ kind: 'call', row, place: call }, true);
    else if (state >= states.first) this.#app.select({ kind: 'state', row, place: state }, true);
  }

  #time(x: number): number {
    const { from, span } = this.#app.viewport;
    return from + (x / this.#tracks.width) * span;
  }

  /** What lies there; of what is too small, the longest nearby. */
  #hit(x: number, y: number): Selection | undefined {
    const row = this.rows.at(y);
    if (row === undefined) return undefined;
    const instant = this.#instantAt(row, x, y);
    if (instant !== undefined) return instant;
    const { model } = this.#app;
    const isCall = y - this.rows.top(row)! >= CALL_TOP - 1;
    const lane = isCall ? model.rows[row]!.calls : model.rows[row]!.states;
    const first = lane.endingAfter(this.#time(x - NEAR_PIXELS));
    const exact = lane.around(this.#time(x));
    const place = lane.longest(first, Math.max(first, lane.beginningFrom(this.#time(x + NEAR_PIXELS))));
    if (place < 0) return undefined;
    const { from, to } = this.#app.times({ kind: isCall ? 'call' : 'state', row, place });
    const isWide = ((to - from) / this.#app.viewport.span) * this.#tracks.width > 2 * NEAR_PIXELS;
    if (isWide && exact >= 0) return { kind: isCall ? 'call' : 'state', row, place: exact };
    return { kind: isCall ? 'call' : 'state', row, place };
  }

  #instantAt(row: number, x: number, y: number): Selection | undefined {
    if (y - this.rows.top(row)! > CALL_TOP) return undefined;
    const { instants, spawns } = this.#app.model.about;
    const near = (thread: number, at: number) =>
      thread === row && Math.abs(this.#drawing.x(at, this.#tracks.width) - x) <= 5;
    const place = instants.findIndex(({ thread, at, kind }) => kind !== 'comm' && near(thread, at));
    if (place >= 0) return { kind: 'instant', row, place };
    const spawn = spawns.findIndex(({ child, at }) => near(child, at));
    return spawn >= 0 ? { kind: 'spawn', row, place: spawn } : undefined;
  }

  #listen(area: HTMLElement): void {
    const { canvas } = this.#tracks;
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#labels.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#dragging(canvas, false);
    this.#dragging(this.#ruler.canvas, true);
    canvas.addEventListener('dblclick', (event) => {
      const hit = this.#hit(event.offsetX, event.offsetY);
      if (hit === undefined) return;
      const { from, to } = this.#app.times(hit);
      this.#app.viewport.show(from - (to - from) * 0.1, to + (to - from) * 0.1);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons !== 0) return;
      this.#hover(this.#hit(event.offsetX, event.offsetY), event);
    });
    area.addEventListener('pointerleave', () => this.#hover(undefined));
  }

  #hover(hit: Selection | undefined, event?: PointerEvent): void {
    const { hover } = this.#app;
    if (hit === undefined || event === undefined) hideTip();
    else showTip(this.#app, hit, event.clientX, event.clientY);
    if (hit?.kind === hover?.kind && hit?.place === hover?.place) return;
    this.#app.hover = hit;
    this.#tracks.canvas.style.cursor = hit === undefined ? '' : 'pointer';
    this.soon();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { viewport } = this.#app;
    const unit = event.deltaMode === 1 ? 16 : 1;
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isSideways || event.shiftKey) {
      const pixels = (isSideways ? event.deltaX : event.deltaY) * unit;
      viewport.pan(pixels / this.#tracks.width, false);
    } else if (event.ctrlKey || event.metaKey || this.rows.contentHeight <= this.rows.height) {
      viewport.zoom(1.0018 ** (event.deltaY * unit), this.#time(event.offsetX), false);
    } else {
      this.rows.scrollTo(this.rows.scroll + event.deltaY * unit);
      this.soon();
    }
  }

  /** Dragging moves what is in view; on the ruler, or with shift, it marks what shall be in view. */
  #dragging(canvas: HTMLCanvasElement, marks: boolean): void {
    canvas.addEventListener('pointerdown', (down) => {
      if (down.button !== 0) return;
      const isMark = marks || down.shiftKey;
      const { from, to } = this.#app.viewport;
      const scroll = this.rows.scroll;
      let moved = 0;
      canvas.setPointerCapture(down.pointerId);
      hideTip();
      const move = (event: PointerEvent) => {
        const by = event.offsetX - down.offsetX;
        moved = Math.max(moved, Math.abs(by), Math.abs(event.offsetY - down.offsetY));
        if (moved < CLICK_PIXELS) return;
        if (isMark) this.#showMark(down.offsetX, event.offsetX);
        else {
          const time = (by / this.#tracks.width) * (to - from);
          this.#app.viewport.show(from - time, to - time, false);
          this.rows.scrollTo(scroll - (event.offsetY - down.offsetY));
          this.soon();
        }
      };
      const up = (event: PointerEvent) => {
        canvas.removeEventListener('pointermove', move);
        this.#mark.hidden = true;
        if (moved < CLICK_PIXELS) {
          if (!marks) this.#app.select(this.#hit(event.offsetX, event.offsetY));
        } else if (isMark) {
          const times = [this.#time(down.offsetX), this.#time(event.offsetX)].sort((a, b) => a - b);
          this.#app.viewport.show(times[0]!, times[1]!);
        }
      };
      canvas.addEventListener('pointermove', move);
      canvas.addEventListener('pointerup', up, { once: true });
    });
  }

  #showMark(a: number, b: number): void {
    this.#mark.hidden = false;
    this.#mark.style.left = `${Math.min(a, b)}px`;
    this.#mark.style.width = `${Math.abs(a - b)}px`;
  }

  /** Selects in the row above or below what that thread does at the same time. */
  beside(by: 1 | -1): void {
    const { selection } = this.#app;
    if (selection === undefined) {
      const first = this.rows.shown[0];
      if (first !== undefined) this.#choose(first);
      return;
    }
    const row = this.rows.beside(selection.row, by);
    if (row !== undefined) this.#app.selectAt(row, this.#app.times(selection).from);
  }
}
