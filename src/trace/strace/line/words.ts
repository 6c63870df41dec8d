import { isKnownCall } from '../known-calls.ts';

/** A word that comes again and again in a log: the name of a call, an errno, the text behind one. */
export interface Word {
  readonly text: string;
  /** It is a system call's name on some architecture, as far as is known here. */
  readonly call: boolean;
}

/** So many different words are kept; what comes after them is read, but made anew each time. */
const MOST = 1024;
/** Twice as many each time that half of them are taken: of strace -ff there are thousands of logs, most of some lines. */
const FIRST_SLOTS = 64;
const SLOTS = 2048;
const LONGEST = 120;
/** Words made to collide cost no more than this many looks. */
const PROBES = 16;

/**
 * Makes strings of bytes, each different one once: finding a known word by its hash costs a fraction of making a string,
 * and what is kept does not hold the chunk that it came from.
 */
export class Words {
  #slots: (Word | undefined)[] = new Array(FIRST_SLOTS).fill(undefined);
  #mask = FIRST_SLOTS - 1;
  #count = 0;

  get(bytes: Buffer, from: number, to: number): Word {
    if (to - from > LONGEST) return { text: latin1(bytes, from, to), call: false };
    let hash = 0;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    return this.hashed(bytes, from, to, hash);
  }

  /** The same where the caller has worked out the hash while it looked for the end. */
  hashed(bytes: Buffer, from: number, to: number, hash: number): Word {
    let slot = (hash ^ (hash >>> 11)) & this.#mask;
    let free = -1;
    for (let probe = 0; probe < PROBES; probe++) {
      const word = this.#slots[slot];
      if (word === undefined) {
        free = slot;
        break;
      }
      if (isSame(word.text, bytes, from, to)) return word;
      slot = (slot + 1) & this.#mask;
    }
    const text = latin1(bytes, from, to);
    const word = { text, call: isKnownCall(text) };
    if (free >= 0 && this.#count < MOST && to - from <= LONGEST) {
      this.#count++;
      this.#slots[free] = word;
      if (2 * this.#count > this.#slots.length && this.#slots.length < SLOTS) this.#grow();
    }
    return word;
  }

  /** One that finds no place within the probes is made anew when it comes again. */
  #grow(): void {
    const before = this.#slots;
    this.#slots = new Array(2 * before.length).fill(undefined);
    this.#mask = this.#slots.length - 1;
    this.#count = 0;
    for (const word of before) {
      if (word === undefined) continue;
      let hash = 0;
      for (let at = 0; at < word.text.length; at++)
        hash = (Math.imul(hash, 31) + word.text.charCodeAt(at)) | 0;
      let slot = (hash ^ (hash >>> 11)) & this.#mask;
      for (let probe = 0; probe < PROBES && this.#slots[slot] !== undefined; probe++)
        slot = (slot + 1) & this.#mask;
      if (this.#slots[slot] !== undefined) continue;
      this.#slots[slot] = word;
      this.#count++;
    }
  }
}

interface Sliceable {
  latin1Slice(from: number, to: number): string;
}

/** Text of bytes, one character each: what `toString('latin1')` calls in the end, without its way there. */
export function latin1(bytes: Buffer, from: number, to: number): string {
  return (bytes as Buffer & Sliceable).latin1Slice(from, to);
}

/** Whether these bytes are that text. */
export function isSame(text: string, bytes: Buffer, from: number, to: number): boolean {
  const length = to - from;
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}
