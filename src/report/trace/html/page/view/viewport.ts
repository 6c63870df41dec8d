import type { View } from '../columns-of-pixels.ts';

const GLIDE_MS = 130;
/** No view is shorter: a pixel would be less than a nanosecond. */
const SHORTEST_NS = 200;

/** The part of time in view, which never leaves the trace. Changes glide, unless the reader wants less motion. */
export class Viewport implements View {
  from = 0;
  to: number;
  readonly length: number;
  readonly #changed: () => void;
  #target: View | undefined;
  #glide = 0;

  constructor(length: number, changed: () => void) {
    this.length = Math.max(length, SHORTEST_NS);
    this.to = this.length;
    this.#changed = changed;
  }

  get span(): number {
    return this.to - this.from;
  }

  get isWhole(): boolean {
    return this.from <= 0 && this.to >= this.length;
  }

  /** By this factor (less than one: closer), with that moment staying where it is. */
  zoom(factor: number, around: number, glides = true): void {
    const { from, to } = this.#target ?? this;
    const span = Math.min(this.length, Math.max(SHORTEST_NS, (to - from) * factor));
    const share = (around - from) / (to - from);
    this.show(around - span * share, around + span * (1 - share), glides);
  }

  /** By a share of what is in view. */
  pan(share: number, glides = true): void {
    const { from, to } = this.#target ?? this;
    const by = (to - from) * share;
    this.show(from + by, to + by, glides);
  }

  show(from: number, to: number, glides = true): void {
    const span = Math.min(this.length, Math.max(SHORTEST_NS, to - from));
    const middle = (from + to) / 2;
    const begin = Math.min(Math.max(0, middle - span / 2), this.length - span);
    const target = { from: begin, to: begin + span };
    cancelAnimationFrame(this.#glide);
    if (!glides || window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#target = undefined;
      this.#set(target);
      return;
    }
    this.#target = target;
    const began = performance.now();
    const { from: oldFrom, to: oldTo } = this;
    const step = () => {
      const share = Math.min(1, (performance.now() - began) / GLIDE_MS);
      const eased = 1 - (1 - share) ** 3;
      if (share === 1) this.#target = undefined;
      this.#set({
        from: oldFrom + (target.from - oldFrom) * eased,
        to: oldTo + (target.to - oldTo) * eased,
      });
      if (share < 1) this.#glide = requestAnimationFrame(step);
    };
    this.#glide = requestAnimationFrame(step);
  }

  /** Brings a slice into view: closer when it would be a speck, moved when it is outside. */
  reveal(from: number, to: number): void {
    const length = to - from;
    if (length > this.span || length < this.span / 400) {
      const around = Math.max(length, SHORTEST_NS) * 2;
      this.show(from - around, to + around);
    } else if (from < this.from || to > this.to) {
      const middle = (from + to) / 2;
      this.show(middle - this.span / 2, middle + this.span / 2);
    }
  }

  #set({ from, to }: View): void {
    this.from = from;
    this.to = to;
    this.#changed();
  }
}
