/** The codes of the characters that a line of strace turns on. */
export const NEWLINE = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const OPEN = 40;
export const CLOSE = 41;
export const PLUS = 43;
export const DASH = 45;
export const DOT = 46;
export const SLASH = 47;
export const ZERO = 48;
/** Behind the digits, so `code >= ZERO && code < COLON` is one. */
export const COLON = 58;
export const LESS = 60;
export const EQUALS = 61;
export const MORE = 62;
export const QUESTION = 63;
export const BRACKET = 91;
export const BACKSLASH = 92;
export const BRACKET_END = 93;
export const LOWER_A = 97;
/** Behind the letters of a hexadecimal number, which strace writes in lower case. */
export const LOWER_G = 103;

/** A table that tells by its code whether a byte is one of `characters`. */
export function oneOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** What names of calls and errnos are made of. */
export const NAME: Uint8Array = oneOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?');

/** Whether `text` stands at `from`. */
export function isText(bytes: Buffer, from: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false;
  return true;
}
