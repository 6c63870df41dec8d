import { type Category, categoryOf } from '../categories.ts';
import { ON_CPU, PREEMPTED, RUNNABLE, UNINTERRUPTIBLE } from '../data.ts';
import type { Model } from '../model.ts';
import type { App } from './app.ts';
import { el, prepare, surface } from './elements.ts';
import { palette } from './palette.ts';

const BINS = 800;
const BANDS: readonly number[] = [ON_CPU, RUNNABLE, UNINTERRUPTIBLE];
const EDGE_PIXELS = 6;

/** The whole trace in small, and in it a window on what is in view, to be moved and drawn anew. */
export function overview(app: App): HTMLElement {
  const graph = surface(el('canvas', { aria: { hidden: 'true' } }));
  const pane = el('div', { class: 'pane' });
  const element = el(
    'div',
    {
      class: 'overview',
      title:
        'The whole trace: threads on a CPU, waiting for one, and in uninterruptible sleep. Drag to choose what is in view.',
    },
    graph.canvas,
    pane,
  );
  const bands = sums(app.model);
  const hasStates = app.model.states.start.length > 0;
  const draw = () => {
    prepare(graph);
    const { pen, width, height } = graph;
    const colours = palette();
    const most = Math.max(...bands.total, 1e-9);
    for (let x = 0; x < width; x++) {
      const bin = Math.floor((x / width) * BINS);
      let y = height;
      for (const [band, code] of BANDS.entries()) {
        const share = (bands.of[band]![bin]! / most) * (height - 3);
        pen.fillStyle = hasStates ? colours.states[code]! : colours.categories.file;
        pen.fillRect(x, y - share, 1, share);
        y -= share;
      }
    }
  };
  const place = () => {
    const { from, span, length } = app.viewport;
    pane.style.left = `${(from / length) * 100}%`;
    pane.style.width = `max(3px, ${(span / length) * 100}%)`;
  };
  app.listen((change) => {
    if (change === 'view') place();
    if (change === 'theme') draw();
  });
  new ResizeObserver(draw).observe(element);
  place();
  dragging(app, element);
  return element;
}

/** On the window it is moved, at its edges resized, elsewhere drawn anew. */
function dragging(app: App, element: HTMLElement): void {
  element.addEventListener('pointerdown', (down) => {
    if (down.button !== 0) return;
    const { viewport } = app;
    const box = element.getBoundingClientRect();
    const time = (event: PointerEvent) => ((event.clientX - box.left) / box.width) * viewport.length;
    const { from, to } = viewport;
    const began = time(down);
    const edge = (EDGE_PIXELS / box.width) * viewport.length;
    const isInside = began > from - edge && began < to + edge && !viewport.isWhole;
    const nearFrom = Math.abs(began - from) <= edge;
    const nearTo = Math.abs(began - to) <= edge;
    element.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => {
      const at = time(event);
      if (isInside && nearTo) viewport.show(from, Math.max(at, from), false);
      else if (isInside && nearFrom) viewport.show(Math.min(at, to), to, false);
      else if (isInside) viewport.show(from + at - began, to + at - began, false);
      else if (Math.abs(at - began) > edge / 2)
        viewport.show(Math.min(at, began), Math.max(at, began), false);
    };
    const up = (event: PointerEvent) => {
      element.removeEventListener('pointermove', move);
      if (isInside || Math.abs(time(event) - began) > edge / 2) return;
      // A click brings the view there.
      viewport.show(began - (to - from) / 2, began + (to - from) / 2);
    };
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up, { once: true });
  });
}

/** Calls that are there to sleep. */
const SLEEPING: readonly Category[] = ['wait', 'sync'];

/** Per bin, how much of each band all threads together had. Where perf saw nothing, it is the calls that do something. */
function sums({ states, calls, about }: Model): { of: readonly Float64Array[]; total: Float64Array } {
  const of = BANDS.map(() => new Float64Array(BINS));
  const width = Math.max(about.lengthNs, 1) / BINS;
  const add = (band: number, from: number, to: number) => {
    const last = Math.min(BINS - 1, Math.floor(to / width));
    for (let bin = Math.floor(from / width); bin <= last; bin++)
      of[band]![bin]! += (Math.min(to, (bin + 1) * width) - Math.max(from, bin * width)) / width;
  };
  for (let at = 0; at < states.start.length; at++) {
    const code = states.code[at]! === PREEMPTED ? RUNNABLE : states.code[at]!;
    const band = BANDS.indexOf(code);
    if (band >= 0) add(band, states.start[at]!, states.end[at]!);
  }
  const works = about.names.map((name) => !SLEEPING.includes(categoryOf(name)));
  if (states.start.length === 0)
    for (let at = 0; at < calls.start.length; at++)
      if (works[calls.name[at]! - 1] === true) add(0, calls.start[at]!, calls.end[at]!);
  const total = new Float64Array(BINS);
  for (const band of of) for (let bin = 0; bin < BINS; bin++) total[bin]! += band[bin]!;
  return { of, total };
}
