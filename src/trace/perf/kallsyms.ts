/** A kernel has some hundred thousand; beyond this a text is none. */
const MOST_SYMBOLS = 1 << 22;

/** No kernel function is longer: what lies further behind the last one is something else (a module that was unloaded, BPF). */
const LONGEST_FUNCTION = 1 << 20;

const NEWLINE = 10;
const SPACE = 32;
const DOLLAR = 36;

/** Addresses as doubles: the highest 2^53 of them (the kernels of 64 bits) count from there, those of 32 bits are negative. */
const HIGH_BASE = 0xffe00000;
const HALF = 4_294_967_296;

/**
 * The functions of /proc/kallsyms: `ADDRESS TYPE NAME [MODULE]` lines (kernel/kallsyms.c). For whoever may not see addresses
 * (kptr_restrict) they are all zero: such a table knows no function.
 */
export class Kallsyms {
  readonly #text: Uint8Array;
  readonly #keys: Float64Array;
  /** Where the name of each begins in the text; -1: no function, only the end of the one before. */
  readonly #names: Int32Array;

  constructor(text: Uint8Array) {
    this.#text = text;
    const inOrder = sorted(readSymbols(text));
    const { keys, names } = dropAliases(inOrder.keys, inOrder.names);
    this.#keys = keys;
    this.#names = names;
  }

  /** How many different places it knows; 0 when the addresses are hidden. */
  get size(): number {
    return this.#keys.length;
  }

  /** The function that an address lies in, without offset and module; undefined where there is none. */
  nameOf(address: bigint): string | undefined {
    const key = keyOf(Number((address >> 32n) & 0xffffffffn), Number(address & 0xffffffffn));
    const keys = this.#keys;
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (keys[middle]! <= key) from = middle + 1;
      else to = middle;
    }
    const name = this.#names[from - 1];
    if (name === undefined || name < 0 || !(key - keys[from - 1]! < LONGEST_FUNCTION)) return undefined;
    return nameAt(this.#text, name);
  }
}

function keyOf(high: number, low: number): number {
  if (high >= HIGH_BASE) return (high - HIGH_BASE) * HALF + low;
  return high === 0 ? low - HALF : Number.NaN;
}

/** Made letter by letter: a slice would hold on to the whole text. */
function nameAt(text: Uint8Array, at: number): string {
  let name = '';
  for (let byte = text[at]; byte !== undefined && byte > SPACE; byte = text[++at]) {
    name += String.fromCharCode(byte);
  }
  return name;
}

interface Symbols {
  readonly keys: Float64Array;
  readonly names: Int32Array;
}

function readSymbols(text: Uint8Array): Symbols {
  // The shortest line: an address of eight digits, a letter, a name of one.
  const room = Math.min(MOST_SYMBOLS, Math.ceil(text.length / 12));
  const keys = new Float64Array(room);
  const names = new Int32Array(room);
  let count = 0;
  let at = 0;
  while (at < text.length && count < room) {
    let high = 0;
    let low = 0;
    let digits = 0;
    for (; digits < 16; digits++, at++) {
      const digit = digitOf(text[at]!);
      if (digit < 0) break;
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | digit) >>> 0;
    }
    // Names with `$` mark a change of instruction set within a function (arm64).
    const isSymbol = digits >= 8 && text[at] === SPACE && text[at + 2] === SPACE && text[at + 3] !== DOLLAR;
    // Symbols below a page are offsets of per-CPU data, and hidden addresses are zero.
    if (isSymbol && (high !== 0 || low >= 4096)) {
      keys[count] = keyOf(high, low);
      names[count] = isFunction(text[at + 1]!) ? at + 3 : -1;
      if (!Number.isNaN(keys[count]!)) count += 1;
    }
    const end = text.indexOf(NEWLINE, at);
    at = end < 0 ? text.length : end + 1;
  }
  return { keys: keys.subarray(0, count), names: names.subarray(0, count) };
}

function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 97 && byte <= 102) return byte - 87;
  return -1;
}

/** Types of text symbols: t, T, w, W of nm(1). */
function isFunction(type: number): boolean {
  const lower = type | 32;
  return lower === 116 || lower === 119;
}

/** Of several names at one address the first counts, as in the kernel's own stacks (get_symbol_pos): functions before marks. */
function dropAliases(keys: Float64Array, names: Int32Array): Symbols {
  let kept = 0;
  for (let index = 0; index < keys.length; index++) {
    if (kept > 0 && keys[kept - 1] === keys[index]) {
      if (names[kept - 1]! < 0) names[kept - 1] = names[index]!;
    } else {
      keys[kept] = keys[index]!;
      names[kept] = names[index]!;
      kept += 1;
    }
  }
  return { keys: keys.slice(0, kept), names: names.slice(0, kept) };
}

/** By address: the kernel's own come in order, those of modules do not. */
function sorted({ keys, names }: Symbols): Symbols {
  let inOrder = true;
  for (let index = 1; index < keys.length && inOrder; index++) inOrder = keys[index - 1]! <= keys[index]!;
  if (inOrder) return { keys, names };
  const order = new Uint32Array(keys.length);
  for (let index = 0; index < order.length; index++) order[index] = index;
  order.sort((one, other) => keys[one]! - keys[other]! || one - other);
  const sortedKeys = new Float64Array(keys.length);
  const sortedNames = new Int32Array(keys.length);
  order.forEach((from, to) => {
    sortedKeys[to] = keys[from]!;
    sortedNames[to] = names[from]!;
  });
  return { keys: sortedKeys, names: sortedNames };
}
