import type { Lane } from './lane.ts';

/** The part of time that is shown. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** A slice; or `count` from `first` on that are too small to be told apart, of which `place` is the longest. */
export type DrawSlice = (place: number, x: number, width: number, count: number, first: number) => void;

/** Slices of at least this many pixels are drawn as themselves. */
const OWN_WIDTH = 1;

/**
 * Goes over a lane from left to right and tells what to draw: never more than one thing a pixel, whatever the number of
 * slices, and each in logarithmic time.
 */
export function overPixels(
  lane: Lane,
  times: { readonly start: Float64Array; readonly end: Float64Array },
  view: View,
  pixels: number,
  draw: DrawSlice,
): void {
  const scale = pixels / (view.to - view.from);
  let place = lane.endingAfter(view.from);
  while (place < lane.end) {
    const start = times.start[place]!;
    if (start >= view.to) return;
    const x = (start - view.from) * scale;
    const width = (times.end[place]! - start) * scale;
    if (width >= OWN_WIDTH) {
      draw(place, x, width, 1, place);
      place += 1;
      continue;
    }
    // All that begins within this pixel, up to one that is wide enough for itself.
    const pixel = Math.floor(x);
    const last = lane.beginningFrom(view.from + (pixel + 1) / scale);
    let end = Math.max(last, place + 1);
    const longest = lane.longest(place, end);
    const isWide = (times.end[longest]! - times.start[longest]!) * scale >= OWN_WIDTH;
    if (isWide) end = longest;
    draw(isWide ? lane.longest(place, end) : longest, pixel, 1, end - place, place);
    place = end;
  }
}
