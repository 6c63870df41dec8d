import fc from 'fast-check';

/** A change to a text: what a cut read, a forged name or a kernel of tomorrow may do to it. */
type Change = (text: string) => string;

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
/** What the formats are made of, so that changes meet their borders. */
const piece = fc.oneof(
  byte,
  fc.constantFrom(
    '\n',
    '\0',
    ' ',
    '\t',
    ':',
    '(',
    ')',
    ') ',
    '-',
    '->',
    '\\',
    '\\012',
    ',',
    '0x',
    '"',
    '\x1b[2J',
    '__proto__',
    'EOF',
  ),
  fc.constantFrom(
    '-1',
    '18446744073709551616',
    `${'9'.repeat(400)}`,
    'ffffffffffffffffff',
    'NaN',
    '1e9',
    '0.1.2',
  ),
  fc.string({ unit: byte, maxLength: 12 }),
);
/** A place in a text of any length, as a share of it. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, share: number) => Math.floor(text.length * share);

const change: fc.Arbitrary<Change> = fc.oneof(
  place.map(
    (share): Change =>
      (text) =>
        text.slice(0, at(text, share)),
  ),
  fc.tuple(place, piece).map(
    ([share, add]): Change =>
      (text) =>
        text.slice(0, at(text, share)) + add + text.slice(at(text, share)),
  ),
  fc.tuple(place, piece).map(
    ([share, add]): Change =>
      (text) =>
        text.slice(0, at(text, share)) + add + text.slice(at(text, share) + add.length),
  ),
  fc.tuple(place, fc.nat(40)).map(
    ([share, count]): Change =>
      (text) =>
        text.slice(0, at(text, share)) + text.slice(at(text, share) + count),
  ),
  fc.tuple(place, place).map(
    ([one, two]): Change =>
      (text) =>
        text.slice(at(text, one)) + text.slice(0, at(text, two)),
  ),
  fc.constant<Change>((text) => text.split('\n').reverse().join('\n')),
);

/** Real texts changed some times over, and now and then bytes that never were one. */
export function hostile(samples: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 4 }))
        .map(([sample, changes]) => changes.reduce((text, apply) => apply(text), sample)),
    },
    { weight: 1, arbitrary: fc.string({ unit: byte, maxLength: 200 }) },
  );
}

/** How much there is in a result: its values, keys and characters, counted through arrays, maps and records. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length;
  if (value instanceof Map) return sizeOf([...value.entries()]);
  if (Array.isArray(value)) return 1 + value.reduce((sum: number, item) => sum + sizeOf(item), 0);
  if (typeof value === 'object' && value !== null) return 1 + sizeOf(Object.values(value));
  return 1;
}
