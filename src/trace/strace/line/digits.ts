import { COLON, ZERO } from './characters.ts';

const POWER_OF_TEN = Array.from({ length: 10 }, (_, power) => 10 ** power);

/** Reads the numbers of stamps and durations, most of which have nine digits: all of a line's digits but a few. */
export class Digits {
  /** What `fraction` has read. */
  fractionNs = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  over(bytes: Buffer): void {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * The number that nine digits make, or -1 where there are less. Four at a time: one by one, each would wait for the one
   * before.
   */
  nine(at: number): number {
    const view = this.#view;
    if (at + 9 > view.byteLength) return -1;
    const word1 = view.getInt32(at, true);
    const word2 = view.getInt32(at + 4, true);
    const last = view.getUint8(at + 8) - ZERO;
    // A digit is 0x30 to 0x39: its upper half is 3, also with 6 added.
    const other =
      ((word1 & 0xf0f0f0f0) ^ 0x30303030) |
      ((word2 & 0xf0f0f0f0) ^ 0x30303030) |
      (((word1 + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030) |
      (((word2 + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030);
    if (other !== 0 || last < 0 || last > 9) return -1;
    // Digits become pairs, pairs become fours; the first of them lies lowest. Twice in words: a function is not always inlined.
    const digits1 = word1 & 0x0f0f0f0f;
    const digits2 = word2 & 0x0f0f0f0f;
    const pairs1 = (digits1 * 10 + (digits1 >>> 8)) & 0x00ff00ff;
    const pairs2 = (digits2 * 10 + (digits2 >>> 8)) & 0x00ff00ff;
    const four1 = (pairs1 & 0xff) * 100 + (pairs1 >>> 16);
    const four2 = (pairs2 & 0xff) * 100 + (pairs2 >>> 16);
    return (four1 * 10_000 + four2) * 10 + last;
  }

  /** One to nine digits behind a dot, as nanoseconds into `fractionNs`. Where they end, or -1 for anything else. */
  fraction(bytes: Buffer, from: number): number {
    const all = this.nine(from);
    if (all >= 0) {
      this.fractionNs = all;
      const behind = bytes[from + 9]!;
      return behind >= ZERO && behind < COLON ? -1 : from + 9;
    }
    let value = 0;
    let at = from;
    let code = bytes[at]!;
    while (code >= ZERO && code < COLON) {
      // Eight digits fit 32 bits; more are refused below.
      value = (value * 10 + code - ZERO) | 0;
      code = bytes[++at]!;
    }
    const digits = at - from;
    if (digits === 0 || digits > 8) return -1;
    this.fractionNs = value * POWER_OF_TEN[9 - digits]!;
    return at;
  }
}
