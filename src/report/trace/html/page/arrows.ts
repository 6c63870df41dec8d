import type { View } from './columns-of-pixels.ts';
import type { Model } from './model.ts';

/** An arrow from what one row did at a moment to another row. */
export interface Arrow {
  readonly kind: 'wake' | 'spawn';
  readonly from: number;
  readonly to: number;
  readonly at: number;
  /** The state that it ended; -1 for spawns. */
  readonly place: number;
}

/** No two arrows into one row are nearer to each other. */
const APART = 8;

/**
 * The arrows worth drawing: into each of these rows, and of those that fall together the one that ended the longest wait;
 * of all of them the `most` longest.
 */
export function arrowsIn(
  model: Model,
  rows: readonly number[],
  view: View,
  pixels: number,
  most: number,
): readonly Arrow[] {
  const { about, states, wakes } = model;
  const apart = ((view.to - view.from) / pixels) * APART;
  const arrows: Arrow[] = [];
  for (const row of rows) {
    const places = wakes[row]!;
    let at = firstFrom(places, states.end, view.from);
    let budget = Math.ceil(pixels / APART);
    while (at < places.length && budget-- > 0) {
      const first = states.end[places[at]!]!;
      if (first > view.to) break;
      const next = firstFrom(places, states.end, first + apart);
      let longest = places[at]!;
      // Of very many the first few hundred have to do.
      for (let other = at + 1; other < Math.min(next, at + 256); other++)
        if (states.duration[places[other]!]! > states.duration[longest]!) longest = places[other]!;
      const from = about.wakers[states.waker[longest]! - 1]!.thread;
      if (from !== row)
        arrows.push({ kind: 'wake', from, to: row, at: states.end[longest]!, place: longest });
      at = Math.max(next, at + 1);
    }
  }
  const waited = (arrow: Arrow) => states.duration[arrow.place] ?? Infinity;
  const longest = arrows.length > most ? arrows.sort((a, b) => waited(b) - waited(a)).slice(0, most) : arrows;
  return [...longest, ...spawnsIn(model, view)];
}

/** The sleeps that a thread ended in a time: places of states, with the rows of the sleepers. */
export function wokenIn(
  { about, states, wakes }: Model,
  waker: number,
  from: number,
  to: number,
  most: number,
): readonly { readonly row: number; readonly place: number }[] {
  const woken: { row: number; place: number }[] = [];
  for (const [row, places] of wakes.entries()) {
    for (let at = firstFrom(places, states.end, from); at < places.length; at++) {
      const place = places[at]!;
      if (states.end[place]! > to || woken.length >= most) break;
      if (about.wakers[states.waker[place]! - 1]!.thread === waker) woken.push({ row, place });
    }
  }
  return woken;
}

function spawnsIn({ about }: Model, view: View): Arrow[] {
  return about.spawns
    .filter(({ at, parent, child }) => at >= view.from && at <= view.to && parent >= 0 && child >= 0)
    .map(({ parent, child, at }) => ({ kind: 'spawn', from: parent, to: child, at, place: -1 }));
}

function firstFrom(places: Uint32Array, ends: Float64Array, time: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[places[middle]!]! >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
