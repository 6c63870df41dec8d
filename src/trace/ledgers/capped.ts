/** A list that is told in part: `more` others were left out. */
export interface Capped<T> {
  readonly items: readonly T[];
  readonly more: number;
}

/** The first `most` items, and how many more there are. */
export function capped<T>(items: readonly T[], most: number): Capped<T> {
  return { items: items.slice(0, most), more: Math.max(0, items.length - most) };
}

/** The first and the last of many, in memory that does not grow with their number. */
export class Ends<T> {
  readonly #first: T[] = [];
  readonly #last: T[] = [];
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.#count++;
    const half = Math.ceil(this.#most / 2);
    if (this.#first.length < half) {
      this.#first.push(item);
      return;
    }
    this.#last.push(item);
    // Cut now and then, not for each: shifting is linear.
    if (this.#last.length >= 2 * this.#most) this.#last.splice(0, this.#last.length - (this.#most - half));
  }

  list(): Capped<T> {
    const last = this.#last.slice(-(this.#most - this.#first.length) || this.#last.length);
    const items = [...this.#first, ...last];
    return { items, more: this.#count - items.length };
  }
}

/** Counts by name; names beyond `most` are counted together under `other`. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #most: number;

  constructor(most = 64) {
    this.#most = most;
  }

  add(name: string, by = 1): void {
    const key = this.#counts.has(name) || this.#counts.size < this.#most ? name : 'other';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** The most frequent first. */
  record(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort((a, b) => b[1] - a[1]));
  }
}

const ELLIPSIS = '…';

/** At most `most` characters of it; never half a surrogate pair. */
export function short(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return (/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut) + ELLIPSIS;
}
