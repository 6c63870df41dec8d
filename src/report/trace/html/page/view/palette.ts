import { CATEGORIES, type Category } from '../categories.ts';
import { STATES } from '../data.ts';

/** The colours of what is drawn on canvases: the style sheet has them, for light and dark. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly background: string;
  readonly accent: string;
  readonly failed: string;
  readonly wake: string;
  readonly spawn: string;
  readonly onSlice: string;
  readonly asleepAlpha: number;
  readonly states: readonly string[];
  readonly categories: Readonly<Record<Category, string>>;
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    panel: colour('panel'),
    background: colour('background'),
    accent: colour('accent'),
    failed: colour('failed'),
    wake: colour('wake'),
    spawn: colour('spawn'),
    onSlice: colour('on-slice'),
    asleepAlpha: Number(colour('asleep-alpha')),
    states: STATES.map((_, code) => colour(`state-${code}`)),
    categories: Object.fromEntries(
      CATEGORIES.map((category) => [category, colour(`call-${category}`)]),
    ) as Record<Category, string>,
  };
}
