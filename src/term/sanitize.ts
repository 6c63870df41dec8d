import { charWidth, displayWidth } from './width.ts';

/** What nearly all texts are, our own signs with them: no character of it needs a look by its properties. */
const PLAIN = /^[\x20-\x7e\xa0-\xac\xae-\xff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc]*$/;

/** Not made before a text asks for it: to look up properties of Unicode takes a start of procdiag long. */
let unsafe: RegExp | undefined;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/**
 * Makes what must not reach a terminal, a log or a page as it is a visible escape: C0, DEL, C1, formats (bidirectional
 * controls, zero width, soft hyphen, tags), lone surrogates, line and paragraph separators, non-characters, and letters
 * that print as nothing: `\n`, `\x1b`, `\u202e`, `\u{e0041}`. Backslashes stay as they are, so it is
 * for reading and cannot be undone. Done twice it changes nothing more.
 */
export function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  unsafe ??=
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;
  return text.replace(unsafe, (char) => SHORT[char] ?? escapeOf(char));
}

function escapeOf(char: string): string {
  const code = char.codePointAt(0)!;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
}

/** One well-formed UTF-8 sequence of more than a byte (RFC 3629, section 4), in a latin1 string. */
const MULTIBYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/**
 * Bytes (a latin1 string, one character a byte) read as UTF-8. A byte that is not part of a well-formed sequence
 * becomes its escape, `\xff`; characters above U+00FF were no bytes and stay. The result still needs `sanitize`.
 */
export function decodeUtf8(latin1: string): string {
  return latin1.replace(MULTIBYTE, (bytes) => (bytes.length === 1 ? escapeOf(bytes) : decodeSequence(bytes)));
}

function decodeSequence(bytes: string): string {
  // The first byte's own bits are those below its length marker: 5, 4, 3 for 2, 3, 4 bytes.
  let code = bytes.charCodeAt(0) & (0x7f >> bytes.length);
  for (let at = 1; at < bytes.length; at++) code = code * 64 + (bytes.charCodeAt(at) & 0x3f);
  return String.fromCodePoint(code);
}

/** Characters of no width that a clipped text may carry for each column: more of them only pile up on one letter. */
const MOST_PER_COLUMN = 4;

/** Cut to at most `max` columns, the last of them `…`; no character is split, nor parted from its accents. */
export function clip(text: string, max: number): string {
  if (max <= 0) return '';
  if (displayWidth(text) <= max && text.length <= max * MOST_PER_COLUMN) return text;
  let kept = '';
  let columns = 0;
  let characters = 0;
  for (const char of text) {
    columns += charWidth(char);
    characters += 1;
    if (columns > max - 1 || characters > max * MOST_PER_COLUMN) break;
    kept += char;
  }
  return `${kept}…`;
}
