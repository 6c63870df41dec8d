/** Whole numbers from 0 to 2^53 in as few bytes as each needs: seven bits a byte, the lowest first (LEB128). */

const FIRST_ROOM = 4096;

export class VarintWriter {
  #bytes = new Uint8Array(FIRST_ROOM);
  #length = 0;

  add(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The first `count` numbers of these bytes. */
export function varints(bytes: Uint8Array, count: number): Float64Array {
  const values = new Float64Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    let value = 0;
    let unit = 1;
    let byte = bytes[at++]!;
    while (byte >= 0x80) {
      value += (byte - 0x80) * unit;
      unit *= 0x80;
      byte = bytes[at++]!;
    }
    values[index] = value + byte * unit;
  }
  return values;
}

/** A multiple of three, so that pieces can be put together. */
const PIECE = 3 * 4096;

/** Base64, in pieces that put together are one. */
export function* base64(bytes: Uint8Array): Generator<string> {
  for (let from = 0; from < bytes.length; from += PIECE)
    yield btoa(String.fromCharCode(...bytes.subarray(from, from + PIECE)));
}

export function fromBase64(text: string): Uint8Array {
  const latin1 = atob(text);
  const bytes = new Uint8Array(latin1.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = latin1.charCodeAt(at);
  return bytes;
}
