import { describe, expect, it } from 'vitest';
import { clip, decodeUtf8, sanitize } from '../../src/term/sanitize.ts';
import { displayWidth } from '../../src/term/width.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('sanitize', () => {
  it.each([
    ['a\nb\tc\rd', String.raw`a\nb\tc\rd`],
    ['\x1b[31mred\x07\x00\x7f', String.raw`\x1b[31mred\x07\x00\x7f`],
    ['\u009b2J\u0085', String.raw`\x9b2J\x85`],
    ['\u202egpj.exe\u2066\u2069', String.raw`\u202egpj.exe\u2066\u2069`],
    ['a\u200bb\u200d\ufeff\u2028\u2029', String.raw`a\u200bb\u200d\ufeff\u2028\u2029`],
    ['\ud800x\udc00', String.raw`\ud800x\udc00`],
    ['\u{e0041}\u00ad\u3164\ufffe', String.raw`\u{e0041}\xad\u3164\ufffe`],
    ['Grüße 日本 😀 é', 'Grüße 日本 😀 é'],
    [String.raw`back\slash`, String.raw`back\slash`],
  ])('%j', (text, safe) => {
    expect(sanitize(text)).toBe(safe);
  });
});

describe('decodeUtf8', () => {
  it('reads well-formed UTF-8, and leaves what it means to sanitize', () => {
    expect(decodeUtf8(bytes('plain é 日本 😀'))).toBe('plain é 日本 😀');
    expect(decodeUtf8(bytes('\u202e\u009b'))).toBe('\u202e\u009b');
    expect(decodeUtf8(bytes('\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}'))).toBe(
      '\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}',
    );
  });

  it.each([
    ['\xff\xfeab', String.raw`\xff\xfeab`],
    ['\xc3', String.raw`\xc3`],
    ['\xe6\x97', String.raw`\xe6\x97`],
    // Overlong, a surrogate, beyond U+10FFFF.
    ['\xc0\xaf', String.raw`\xc0\xaf`],
    ['\xed\xa0\x80', String.raw`\xed\xa0\x80`],
    ['\xf4\x90\x80\x80', String.raw`\xf4\x90\x80\x80`],
  ])('escapes the bytes of %j', (text, escaped) => {
    expect(decodeUtf8(text)).toBe(escaped);
  });
});

describe('clip', () => {
  it.each([
    ['short', 5, 'short'],
    ['shorter', 5, 'shor…'],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301te\u0301s', 3, 'e\u0301t…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
    ['😀😀', 3, '😀…'],
  ])('%j to %d columns', (text, max, clipped) => {
    expect(clip(text, max)).toBe(clipped);
    expect(displayWidth(clipped)).toBeLessThanOrEqual(max);
  });

  it('does not carry a heap of accents along', () => {
    expect(clip(`a${'\u0301'.repeat(10_000)}`, 10).length).toBeLessThan(50);
  });
});

it.each([
  ['', 0],
  ['abc', 3],
  ['日本', 4],
  ['ｗｉｄｅ', 8],
  ['한글', 4],
  ['😀', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['│└→', 3],
])('displayWidth of %j is %d', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});
