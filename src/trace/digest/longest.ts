/** The `capacity` items of the highest weight of any number that is offered: a heap with the lightest on top. */
export class Longest<Item> {
  readonly #capacity: number;
  readonly #weights: number[] = [];
  readonly #items: Item[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether something of this weight would be kept: asked before an item is made. */
  wants(weight: number): boolean {
    return this.#items.length < this.#capacity || weight > this.#weights[0]!;
  }

  add(weight: number, item: Item): void {
    if (!this.wants(weight)) return;
    if (this.#items.length < this.#capacity) {
      this.#weights.push(weight);
      this.#items.push(item);
      this.#up(this.#items.length - 1);
    } else {
      this.#weights[0] = weight;
      this.#items[0] = item;
      this.#down(0);
    }
  }

  /** All that were kept, the heaviest first. */
  sorted(): Item[] {
    return this.#items
      .map((item, index) => ({ item, weight: this.#weights[index]! }))
      .sort((a, b) => b.weight - a.weight)
      .map(({ item }) => item);
  }

  #up(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#weights[parent]! <= this.#weights[at]!) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(start: number): void {
    let at = start;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#items.length && this.#weights[child]! < this.#weights[least]!) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    [this.#weights[a], this.#weights[b]] = [this.#weights[b]!, this.#weights[a]!];
    [this.#items[a], this.#items[b]] = [this.#items[b]!, this.#items[a]!];
  }
}
