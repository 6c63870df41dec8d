import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clip, decodeUtf8, sanitize } from '../../src/term/sanitize.ts';
import { displayWidth } from '../../src/term/width.ts';

/** Any UTF-16, lone surrogates and the characters that sanitize is for among it. */
const anything = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom(
      '\x1b',
      '\x9b',
      '\u202e',
      '\u2066',
      '\u200b',
      '\ufeff',
      '\u2028',
      '\u{e0041}',
      '\u0301',
      '日',
      'a',
      '\\',
    ),
  ),
  maxLength: 60,
});

it('sanitize leaves nothing that steers, hides or breaks, and changes nothing twice', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const safe = sanitize(text);
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(sanitize(safe)).toBe(safe);
      expect(safe.length).toBeLessThanOrEqual(text.length * 9);
    }),
    { numRuns: 10_000 },
  );
});

it('decodeUtf8 reads back what was encoded, and any bytes to well-formed text', () => {
  const wellFormed = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(wellFormed, (text) => {
      expect(decodeUtf8(Buffer.from(text, 'utf8').toString('latin1'))).toBe(text);
    }),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
      const text = decodeUtf8(Buffer.from(raw).toString('latin1'));
      expect(text).not.toMatch(/\p{Cs}/u);
      // The platform's decoder has one mark for all that is malformed: the well-formed rest must agree.
      const theirs = new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw).replaceAll('\ufffd', '');
      expect(text.replace(/\\x[89a-f][0-9a-f]/g, '').replaceAll('\ufffd', '')).toBe(
        theirs.replace(/\\x[89a-f][0-9a-f]/g, ''),
      );
    }),
    { numRuns: 5_000 },
  );
});

it('clip keeps to its columns and to the beginning of the text', () => {
  fc.assert(
    fc.property(anything, fc.nat(30), (text, max) => {
      const clipped = clip(sanitize(text), max);
      expect(displayWidth(clipped)).toBeLessThanOrEqual(max);
      expect(clipped.length).toBeLessThanOrEqual(8 * max + 1);
      expect(sanitize(text).startsWith(clipped.replace(/…$/, ''))).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});
