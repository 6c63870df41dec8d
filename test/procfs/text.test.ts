import { expect, it } from 'vitest';
import { decimal, hexBig, keyed, lines, unescapeOctal } from '../../src/procfs/text.ts';

it('lines: the end of the last line is no line', () => {
  expect(lines('a\n\nb\n')).toEqual(['a', '', 'b']);
  expect(lines('a\nb')).toEqual(['a', 'b']);
  expect(lines('')).toEqual([]);
});

it('numbers are whole words or none', () => {
  expect(['12', '-1', '1x', '', ' 1', '1e3', '0x1', undefined].map(decimal)).toEqual([
    12,
    -1,
    ...Array.from({ length: 6 }, () => undefined),
  ]);
  expect(['ff', '0xff', 'ffffffffffffffff', '1'.repeat(17), '0x', 'g'].map(hexBig)).toEqual([
    255n,
    255n,
    0xffffffffffffffffn,
    undefined,
    undefined,
    undefined,
  ]);
});

it('keyed: the first of two equal keys counts', () => {
  expect([...keyed('A:\t1\nB : 2 \nA:\t3\n: 4\nno colon\n')]).toEqual([
    ['A', '1'],
    ['B', '2'],
  ]);
});

it('unescapeOctal leaves what is no escape', () => {
  expect(unescapeOctal(String.raw`a\040b\134\9\777`)).toBe(String.raw`a b\\9\777`);
});
