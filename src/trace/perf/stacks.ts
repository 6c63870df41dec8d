/** Beyond this many different stacks nobody can look at them, and they only cost memory. */
const MOST_STACKS = 1 << 18;
const MOST_FRAMES = 1 << 22;
const MOST_CHARACTERS = 1 << 25;

const NONE: readonly string[] = [];

/** Lists of function names by number, each kept once. Bounded: what is new beyond that has no stack (-1). */
export class Stacks {
  readonly #byNames = new Map<string, number>();
  readonly #stacks: (readonly string[])[] = [];
  #frames = 0;
  #characters = 0;
  /** How many stacks were too many. */
  refused = 0;

  intern(names: readonly string[]): number {
    if (names.length === 0) return -1;
    const key = names.join('\n');
    const known = this.#byNames.get(key);
    if (known !== undefined) return known;
    const tooMany =
      this.#stacks.length >= MOST_STACKS ||
      this.#frames + names.length > MOST_FRAMES ||
      this.#characters + key.length > MOST_CHARACTERS;
    if (tooMany) {
      this.refused += 1;
      return -1;
    }
    const id = this.#stacks.length;
    this.#stacks.push(names);
    this.#frames += names.length;
    this.#characters += key.length;
    this.#byNames.set(key, id);
    return id;
  }

  get(id: number): readonly string[] {
    return this.#stacks[id] ?? NONE;
  }
}
