/** Slices of one kind of one thread, in the order of their begins. */
export interface Layer {
  readonly length: number;
  fromNs(at: number): number;
  toNs(at: number): number;
  /** The outermost first. */
  frames(at: number): readonly number[];
}

export type OpenOrClose = (opens: boolean, frame: number, atNs: number) => void;

/**
 * Lays `inner` slices upon `outer` ones, which they may cross, and tells which frames open and close when: balanced, and
 * never back in time. Of slices of one layer that overlap, the earlier one has the time of both.
 */
export function overlaid(outer: Layer, inner: Layer, tell: OpenOrClose): void {
  const below = new Cursor(outer);
  const above = new Cursor(inner);
  let open: readonly number[] = [];
  let now = Math.min(below.nextChange(-Infinity), above.nextChange(-Infinity));
  while (Number.isFinite(now)) {
    const under = below.framesAt(now);
    const wanted = [...under, ...above.framesAt(now)];
    // A slice that begins is another one, though its frames may be those of the one before.
    const mayStay = below.begins(now) ? 0 : above.begins(now) ? under.length : open.length;
    let same = 0;
    while (same < mayStay && same < open.length && open[same] === wanted[same]) same++;
    for (let at = open.length - 1; at >= same; at--) tell(false, open[at]!, now);
    for (let at = same; at < wanted.length; at++) tell(true, wanted[at]!, now);
    open = wanted;
    now = Math.min(below.nextChange(now), above.nextChange(now));
  }
}

const NOTHING: readonly number[] = [];

class Cursor {
  readonly #layer: Layer;
  #at = 0;
  #from = Infinity;
  #to = Infinity;
  #frames: readonly number[] = NOTHING;

  constructor(layer: Layer) {
    this.#layer = layer;
    this.#load(-Infinity);
  }

  /** The frames of the slice around that moment. Moments may only grow. */
  framesAt(now: number): readonly number[] {
    while (this.#to <= now) {
      this.#at += 1;
      this.#load(this.#to);
    }
    return this.#from <= now ? this.#frames : NOTHING;
  }

  begins(now: number): boolean {
    return this.#from === now;
  }

  /** When the next slice begins or ends, after that moment. */
  nextChange(now: number): number {
    return this.#from > now ? this.#from : this.#to;
  }

  #load(notBefore: number): void {
    while (this.#at < this.#layer.length && this.#layer.toNs(this.#at) <= notBefore) this.#at += 1;
    const there = this.#at < this.#layer.length;
    this.#from = there ? Math.max(this.#layer.fromNs(this.#at), notBefore) : Infinity;
    this.#to = there ? this.#layer.toNs(this.#at) : Infinity;
    this.#frames = there ? this.#layer.frames(this.#at) : NOTHING;
  }
}
