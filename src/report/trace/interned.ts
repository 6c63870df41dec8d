/** Gives equal texts one number each, from 0. Beyond the most that it may hold, new ones get none. */
export class Interned {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  #signs = 0;
  readonly #mostTexts: number;
  readonly #mostSigns: number;

  /** `mostSigns`: of all texts together. */
  constructor(mostTexts: number, mostSigns: number = Infinity) {
    this.#mostTexts = mostTexts;
    this.#mostSigns = mostSigns;
  }

  /** -1: there is no room for another one. */
  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.texts.length >= this.#mostTexts || this.#signs + text.length > this.#mostSigns) return -1;
    this.#signs += text.length;
    this.#numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}
