/** More different texts than this are no names of programs: the rest becomes one. */
const MOST_TEXTS = 1 << 20;
const MOST_CHARACTERS = 1 << 26;
const TOO_MANY = '...';

/** A copy of its own: a slice keeps the whole text alive that it was cut from. One character a byte. */
export function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Strings by number, each kept once. Bounded: beyond a million different ones, all further ones are `...`. */
export class Texts {
  readonly #byText = new Map<string, number>();
  readonly #texts: string[] = [];
  #characters = 0;

  intern(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length >= MOST_TEXTS || this.#characters + text.length > MOST_CHARACTERS) {
      return text === TOO_MANY ? this.#add(text) : this.intern(TOO_MANY);
    }
    return this.#add(text);
  }

  get(id: number): string {
    return this.#texts[id] ?? '';
  }

  #add(text: string): number {
    const id = this.#texts.length;
    const kept = detached(text);
    this.#texts.push(kept);
    this.#characters += text.length;
    this.#byText.set(kept, id);
    return id;
  }
}
