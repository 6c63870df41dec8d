import { hexOf } from '../columns.ts';
import type { Stacks } from '../stacks.ts';

/** Words kept of all different chains: 32 MB. What is new beyond that has no stack. */
const MOST_WORDS = 1 << 23;
const MOST_SYMBOLS = 1 << 20;

/** The markers between the parts of a chain are the highest 4095 numbers: PERF_CONTEXT_MAX. */
const MARKER_HIGH = 0xffffffff;
const LOWEST_MARKER = 0xfffff001;
const MARKER_KERNEL = 0xffffff80;

/** The upper half of the address space is the kernel's on all 64-bit machines. */
const KERNEL_HALF = 0x80000000;

/** What interrupts and faults enter by on x86 (arch/x86/include/asm/idtentry.h): the frame behind is where they happened. */
const INTERRUPT_ENTRY = /^asm_(?!call_)/;

/** Names the function at an address; undefined where nobody knows. */
export type Symbolise = (address: bigint) => string | undefined;

/** Turns call chains into interned stacks: each different chain is looked up once. */
export class Chains {
  readonly #stacks: Stacks;
  readonly #symbolise: Symbolise | undefined;
  /** The newest chain of each hash, and for each chain the one before it of the same hash. */
  readonly #newest = new Map<number, number>();
  readonly #older: number[] = [];
  readonly #starts: number[] = [];
  readonly #ids: number[] = [];
  #words = new Uint32Array(1 << 12);
  #used = 0;
  readonly #names = new Map<bigint, string>();
  readonly #known = new Map<bigint, string>();
  #scratch = new Uint32Array(1 << 14);
  refused = 0;

  constructor(stacks: Stacks, symbolise: Symbolise | undefined) {
    this.#stacks = stacks;
    this.#symbolise = symbolise;
  }

  /** The addresses that were asked for and have a name: what reading the same recording again needs. */
  get symbolsUsed(): ReadonlyMap<bigint, string> {
    return this.#known;
  }

  /** The stack of the kernel's part of a chain of `count` addresses at `at`; -1 without one. */
  intern(view: DataView, at: number, count: number): number {
    const length = this.#kernelPart(view, at, count);
    if (length === 0) return -1;
    const scratch = this.#scratch;
    let hash = length;
    for (let word = 0; word < length; word++) {
      hash = Math.imul(hash ^ scratch[word]!, 0x01000193);
      hash ^= hash >>> 15;
    }
    for (let chain = this.#newest.get(hash); chain !== undefined && chain >= 0; chain = this.#older[chain]) {
      if (this.#equals(chain, length)) return this.#ids[chain]!;
    }
    return this.#add(hash, length);
  }

  /** Copies the kernel's addresses to the scratch, low word first; gives how many words. */
  #kernelPart(view: DataView, at: number, count: number): number {
    if (count * 2 > this.#scratch.length) this.#scratch = new Uint32Array(count * 2);
    const scratch = this.#scratch;
    let length = 0;
    // Before any marker the address itself tells.
    let part: 'unmarked' | 'kernel' | 'other' = 'unmarked';
    for (let entry = at; entry < at + count * 8; entry += 8) {
      const low = view.getUint32(entry, true);
      const high = view.getUint32(entry + 4, true);
      if (high === MARKER_HIGH && low >= LOWEST_MARKER) {
        part = low === MARKER_KERNEL ? 'kernel' : 'other';
      } else if (part === 'kernel' || (part === 'unmarked' && high >= KERNEL_HALF)) {
        scratch[length++] = low;
        scratch[length++] = high;
      }
    }
    return length;
  }

  #equals(chain: number, length: number): boolean {
    const start = this.#starts[chain]!;
    const end = this.#starts[chain + 1] ?? this.#used;
    if (end - start !== length) return false;
    for (let word = 0; word < length; word++) {
      if (this.#words[start + word] !== this.#scratch[word]) return false;
    }
    return true;
  }

  #add(hash: number, length: number): number {
    if (this.#used + length > MOST_WORDS) {
      this.refused += 1;
      return -1;
    }
    while (this.#used + length > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    const chain = this.#ids.length;
    this.#words.set(this.#scratch.subarray(0, length), this.#used);
    this.#starts.push(this.#used);
    this.#used += length;
    this.#older.push(this.#newest.get(hash) ?? -1);
    this.#newest.set(hash, chain);
    const names: string[] = [];
    for (let word = 0; word < length; word += 2) {
      const exact = word === 0 || INTERRUPT_ENTRY.test(names.at(-1)!);
      names.push(this.#name(this.#scratch[word + 1]!, this.#scratch[word]!, exact));
    }
    const id = this.#stacks.intern(names);
    this.#ids.push(id);
    return id;
  }

  /**
   * All but the innermost, and those that an interrupt came upon, are addresses to return to. A call that never returns (do_exit) may be the last instruction of
   * its function, so that its return address is already the next function's: the byte before is asked for.
   */
  #name(high: number, low: number, exact: boolean): string {
    const address = (BigInt(high) << 32n) + BigInt(low) - (exact ? 0n : 1n);
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    const symbol = this.#symbolise?.(address);
    const name = symbol ?? hexOf(high, low);
    if (this.#names.size < MOST_SYMBOLS) {
      this.#names.set(address, name);
      if (symbol !== undefined) this.#known.set(address, symbol);
    }
    return name;
  }
}
