/** Bytes that can be read at any place: a file, or an array of them. */
export interface ByteSource {
  readonly size: number;
  /** Fills `target` from `position` on as far as there are bytes; gives how many. */
  read(position: number, target: Uint8Array): number;
}

/** An array as a source. */
export function bytesIn(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(position, target) {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
  };
}

/** Up to `length` bytes from `position`, fewer at the end. */
export function bytesAt(source: ByteSource, position: number, length: number): Uint8Array {
  const room = Math.max(0, Math.min(length, source.size - position));
  const target = new Uint8Array(room);
  return target.subarray(0, source.read(position, target));
}

/** Bytes up to the first NUL as latin1, one character a byte, which no name can break. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  const end = Math.min(to, bytes.length);
  for (let at = from; at < end && bytes[at] !== 0; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
