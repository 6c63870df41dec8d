import { type Arrow, arrowsIn, wokenIn } from '../arrows.ts';
import { type Category, categoryOf } from '../categories.ts';
import { overPixels } from '../columns-of-pixels.ts';
import { STATES } from '../data.ts';
import { spentBetween } from '../spent.ts';
import type { App } from './app.ts';
import type { Surface } from './elements.ts';
import type { Palette } from './palette.ts';
import { CALL_HEIGHT, CALL_TOP, ROW_HEIGHT, type Rows, STATE_HEIGHT, STATE_TOP } from './rows.ts';
import { callArgs, callName } from './words.ts';

/** Calls narrower than this have no room for their name. */
const NAME_WIDTH = 26;
const MOST_ARROWS = 100;
const MOST_SELECTED = 20;
/** Marks and stubs of one row are not nearer to each other. */
const APART = 8;
/** An arrow to a row that is not on the screen is a stub of this length. */
const STUB = 22;
/** This share of a call asleep is all of it. */
const MOSTLY = 0.9;

/** What a drawing came to: the tests hold it against the size of the picture. */
export interface Drawn {
  slices: number;
  arrows: number;
}

/** Draws rows of slices, and the arrows between them, for what is in view. */
export class Drawing {
  readonly #app: App;
  readonly #rows: Rows;
  readonly #categories: readonly Category[];
  readonly #stubs = new Set<string>();
  readonly #widths = new Map<string, number>();
  colours: Palette;

  constructor(app: App, rows: Rows, colours: Palette) {
    this.#app = app;
    this.#rows = rows;
    this.colours = colours;
    this.#categories = app.model.about.names.map(categoryOf);
  }

  x(time: number, width: number): number {
    const { from, span } = this.#app.viewport;
    return ((time - from) / span) * width;
  }

  draw(on: Surface): Drawn {
    const { pen } = on;
    const drawn = { slices: 0, arrows: 0 };
    pen.font = '11px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    const rows = this.#rows.onScreen();
    for (const row of rows) {
      const top = this.#rows.top(row)!;
      this.#lines(on, row, top);
      drawn.slices += this.#states(on, row, top) + this.#calls(on, row, top);
    }
    this.#gaps(on);
    this.#instants(on);
    drawn.arrows = this.#arrows(on, rows);
    this.#outline(on);
    pen.globalAlpha = 1;
    return drawn;
  }

  #lines({ pen, width }: Surface, row: number, top: number): void {
    if (row === this.#app.selection?.row) {
      pen.globalAlpha = 0.06;
      pen.fillStyle = this.colours.accent;
      pen.fillRect(0, top, width, ROW_HEIGHT);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = this.colours.line;
    pen.fillRect(0, top + ROW_HEIGHT - 1, width, 1);
  }

  #states({ pen, width }: Surface, row: number, top: number): number {
    const { model, viewport } = this.#app;
    const { states } = model;
    const perPixel = viewport.span / width;
    let slices = 0;
    overPixels(model.rows[row]!.states, states, viewport, width, (place, x, wide, count) => {
      slices += 1;
      if (count === 1) {
        pen.fillStyle = this.colours.states[states.code[place]!]!;
        pen.fillRect(x, top + STATE_TOP, wide, STATE_HEIGHT);
        return;
      }
      // Many within a pixel: the share of each, from the ground up, running first.
      const from = viewport.from + x * perPixel;
      const times = spentBetween(model, row, from, from + perPixel);
      let y = top + STATE_TOP + STATE_HEIGHT;
      for (let code = 0; code < STATES.length; code++) {
        const share = (times[code]! / perPixel) * STATE_HEIGHT;
        if (share <= 0) continue;
        pen.fillStyle = this.colours.states[code]!;
        pen.fillRect(x, y - share, wide, share);
        y -= share;
      }
    });
    return slices;
  }

  #calls({ pen, width }: Surface, row: number, top: number): number {
    const { model, viewport, matches } = this.#app;
    const { calls } = model;
    let slices = 0;
    overPixels(model.rows[row]!.calls, calls, viewport, width, (place, x, wide, count, first) => {
      slices += 1;
      const category = this.#categories[calls.name[place]! - 1] ?? 'other';
      const isMatch = matches === undefined || matches.before[first + count]! > matches.before[first]!;
      // Who only sleeps in a call shall not draw the eye from who does something.
      const sleeps = calls.blocked[place]! - 1 > calls.duration[place]! * MOSTLY;
      pen.globalAlpha = !isMatch ? 0.16 : sleeps ? this.colours.asleepAlpha : 1;
      pen.fillStyle = this.colours.categories[category];
      const gap = wide > 4 ? 0.75 : 0;
      pen.fillRect(x, top + CALL_TOP, wide - gap, CALL_HEIGHT);
      if (calls.errno[place] !== 0 && count === 1 && wide > 3) {
        // At its end, where it failed.
        const mark = Math.min(4, wide - gap);
        pen.globalAlpha = isMatch ? 1 : 0.16;
        pen.fillStyle = this.colours.failed;
        pen.fillRect(x + wide - gap - mark, top + CALL_TOP + CALL_HEIGHT - mark, mark, mark);
      }
      pen.globalAlpha = isMatch ? 1 : 0.25;
      if (wide > NAME_WIDTH) this.#name(pen, place, x, wide, top, width);
    });
    pen.globalAlpha = 1;
    return slices;
  }

  /** The name of a call, and its arguments where there is room: in the part of it that is on the screen. */
  #name(
    pen: CanvasRenderingContext2D,
    place: number,
    x: number,
    wide: number,
    top: number,
    width: number,
  ): void {
    const { model } = this.#app;
    const left = Math.max(x, 0) + 4;
    const room = Math.min(x + wide, width) - left - 3;
    if (room < NAME_WIDTH - 8) return;
    const name = callName(model, place);
    if (this.#measured(pen, name) > room) return;
    const text = room > 90 ? `${name}(${callArgs(model, place).slice(0, Math.ceil(room / 4))})` : name;
    pen.save();
    pen.beginPath();
    pen.rect(left, top + CALL_TOP, room, CALL_HEIGHT);
    pen.clip();
    pen.fillStyle = this.colours.onSlice;
    pen.fillText(text, left, top + CALL_TOP + CALL_HEIGHT / 2 + 0.5);
    pen.restore();
  }

  #measured(pen: CanvasRenderingContext2D, name: string): number {
    const known = this.#widths.get(name);
    if (known !== undefined) return known;
    const { width } = pen.measureText(name);
    this.#widths.set(name, width);
    return width;
  }

  #gaps({ pen, width, height }: Surface): void {
    const { about } = this.#app.model;
    for (const { thread, at, duration } of about.gaps) {
      const left = this.x(at, width);
      const right = this.x(at + duration, width);
      const top = thread < 0 ? 0 : this.#rows.top(thread);
      if (right < 0 || left > width || top === undefined) continue;
      pen.save();
      pen.beginPath();
      pen.rect(left, top, Math.max(2, right - left), thread < 0 ? height : ROW_HEIGHT);
      pen.clip();
      pen.strokeStyle = this.colours.failed;
      pen.globalAlpha = 0.5;
      pen.lineWidth = 1;
      const begin = Math.max(0, left);
      const end = Math.min(width, Math.max(right, left + 2));
      pen.beginPath();
      for (let x = begin - height - (begin % 7); x < end; x += 7) {
        pen.moveTo(x, height);
        pen.lineTo(x + height, 0);
      }
      pen.stroke();
      pen.restore();
    }
  }

  #instants({ pen, width, height }: Surface): void {
    const { instants } = this.#app.model.about;
    const taken = new Set<number>();
    for (const { kind, thread, at } of instants) {
      if (kind === 'comm') continue;
      const x = this.x(at, width);
      const top = this.#rows.top(thread);
      if (x < -6 || x > width + 6 || top === undefined || top < -ROW_HEIGHT || top > height) continue;
      const spot = thread * 65_536 + Math.floor(x / APART);
      if (taken.has(spot)) continue;
      taken.add(spot);
      const y = top + STATE_TOP + STATE_HEIGHT / 2;
      pen.fillStyle = kind === 'signal' ? this.colours.categories.signal : this.colours.text;
      pen.strokeStyle = this.colours.background;
      pen.lineWidth = 1.5;
      pen.beginPath();
      if (kind === 'exec') diamond(pen, x, y, 5);
      else if (kind === 'signal') triangle(pen, x, y, 5);
      else cross(pen, x, y, 4);
      pen.stroke();
      pen.fill();
    }
  }

  #arrows(on: Surface, rows: readonly number[]): number {
    const { model, viewport, arrows, selection } = this.#app;
    const { pen, width } = on;
    let drawn = 0;
    this.#stubs.clear();
    if (arrows) {
      const all = arrowsIn(model, rows, viewport, width, MOST_ARROWS);
      pen.globalAlpha = Math.max(0.25, Math.min(0.8, 40 / (all.length + 1)));
      for (const arrow of all) drawn += Number(this.#arrow(on, arrow, 1));
    }
    if (selection !== undefined) {
      pen.globalAlpha = 1;
      for (const arrow of this.#selectedArrows()) drawn += Number(this.#arrow(on, arrow, 2));
    }
    return drawn;
  }

  #selectedArrows(): Arrow[] {
    const { model, selection } = this.#app;
    const sleep = this.#app.selectedSleep();
    if (selection?.kind === 'call') {
      const { from, to } = this.#app.times(selection);
      const woken = wokenIn(model, selection.row, from, to, MOST_SELECTED);
      if (woken.length > 0)
        return woken.map(({ row, place }) => ({
          kind: 'wake',
          from: selection.row,
          to: row,
          at: model.states.end[place]!,
          place,
        }));
    }
    if (sleep >= 0 && selection !== undefined) {
      const from = model.about.wakers[model.states.waker[sleep]! - 1]?.thread ?? -1;
      if (from >= 0)
        return [{ kind: 'wake', from, to: selection.row, at: model.states.end[sleep]!, place: sleep }];
    }
    if (selection?.kind !== 'spawn') return [];
    const { parent, child, at } = model.about.spawns[selection.place]!;
    return [{ kind: 'spawn', from: parent, to: child, at, place: -1 }];
  }

  /** From the call that woke, straight to the sleeper's row: both are at one moment, so it leans a little. */
  #arrow({ pen, width, height }: Surface, { kind, from, to, at }: Arrow, weight: number): boolean {
    const fromTop = this.#rows.top(from);
    const toTop = this.#rows.top(to);
    if (fromTop === undefined || toTop === undefined) return false;
    const x = this.x(at, width);
    if (x < -2 || x > width + 2 || Math.max(fromTop, toTop) < 0 || Math.min(fromTop, toTop) > height)
      return false;
    const down = toTop > fromTop;
    pen.strokeStyle = kind === 'wake' ? this.colours.wake : this.colours.spawn;
    pen.fillStyle = pen.strokeStyle;
    const y1 = down ? fromTop + CALL_TOP + CALL_HEIGHT : fromTop + CALL_TOP;
    const y2 = down ? toTop + STATE_TOP : toTop + CALL_TOP + CALL_HEIGHT;
    const isWhole = (top: number) => top > -ROW_HEIGHT && top < height;
    if (!isWhole(fromTop) || !isWhole(toTop))
      return this.#stub(pen, x, isWhole(fromTop) ? y1 : y2, isWhole(fromTop) === down, weight);
    const lean = Math.min(14, 4 + Math.abs(y2 - y1) / 20);
    pen.lineWidth = weight;
    pen.beginPath();
    pen.moveTo(x, y1);
    pen.bezierCurveTo(x - lean, y1 + (y2 - y1) * 0.3, x - lean, y1 + (y2 - y1) * 0.7, x, y2);
    pen.stroke();
    const point = down ? -1 : 1;
    pen.beginPath();
    pen.moveTo(x, y2);
    pen.lineTo(x - 2 - weight * 1.5, y2 + point * (4 + weight));
    pen.lineTo(x + 1 + weight, y2 + point * (5 + weight));
    pen.fill();
    pen.beginPath();
    pen.arc(x, y1, 1 + weight * 0.6, 0, Math.PI * 2);
    pen.fill();
    return true;
  }

  /** The end of an arrow whose other end is above or below the screen. */
  #stub(pen: CanvasRenderingContext2D, x: number, y: number, goesDown: boolean, weight: number): boolean {
    const spot = `${Math.floor(x / APART)} ${y}`;
    if (weight === 1 && this.#stubs.has(spot)) return false;
    this.#stubs.add(spot);
    pen.lineWidth = weight;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x, y + (goesDown ? STUB : -STUB));
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.arc(x, y, 1 + weight * 0.6, 0, Math.PI * 2);
    pen.fill();
    return true;
  }

  #outline({ pen, width }: Surface): void {
    const { selection, hover } = this.#app;
    for (const [slice, alpha] of [
      [hover, 0.5],
      [selection, 1],
    ] as const) {
      if (slice === undefined || (slice.kind !== 'call' && slice.kind !== 'state')) continue;
      const top = this.#rows.top(slice.row);
      const { from, to } = this.#app.times(slice);
      const left = this.x(from, width);
      const right = this.x(to, width);
      if (top === undefined || right < 0 || left > width) continue;
      const isCall = slice.kind === 'call';
      pen.globalAlpha = alpha;
      pen.strokeStyle = this.colours.accent;
      pen.lineWidth = 2;
      pen.strokeRect(
        Math.max(left, -4) - 1,
        top + (isCall ? CALL_TOP : STATE_TOP) - 1,
        Math.min(right, width + 4) - Math.max(left, -4) + 2,
        (isCall ? CALL_HEIGHT : STATE_HEIGHT) + 2,
      );
    }
    pen.globalAlpha = 1;
  }
}

function diamond(pen: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  pen.moveTo(x, y - size);
  pen.lineTo(x + size, y);
  pen.lineTo(x, y + size);
  pen.lineTo(x - size, y);
  pen.closePath();
}

function triangle(pen: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  pen.moveTo(x, y - size);
  pen.lineTo(x + size, y + size - 1);
  pen.lineTo(x - size, y + size - 1);
  pen.closePath();
}

function cross(pen: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  for (const turn of [1, -1]) {
    pen.moveTo(x - size, y - turn * (size - 1));
    pen.lineTo(x - size + 1.5, y - turn * size);
    pen.lineTo(x + size, y + turn * (size - 1));
    pen.lineTo(x + size - 1.5, y + turn * size);
    pen.closePath();
  }
}
