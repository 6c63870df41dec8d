import { describe, expect, it } from 'vitest';
import { duration } from '../../../src/report/terminal/duration.ts';
import { clipRow, glued, prose, type Row, span, wrap } from '../../../src/report/terminal/layout.ts';
import { clipMiddle, line } from '../../../src/report/text.ts';

const text = (rows: readonly Row[]): string[] => rows.map((row) => row.map((piece) => piece.text).join(''));

describe('wrap', () => {
  it('breaks at spaces', () => {
    expect(text(wrap([span('one two three')], { first: 7 }))).toEqual(['one two', 'three']);
  });

  it('lets the first line be of another width', () => {
    expect(text(wrap([span('aa bb cc dd')], { first: 2, rest: 8 }))).toEqual(['aa', 'bb cc dd']);
  });

  it('breaks a word that is wider than a line', () => {
    expect(text(wrap([span('ab /proc/4711/fd')], { first: 6 }))).toEqual(['ab', '/proc/', '4711/f', 'd']);
  });

  it('keeps together what belongs together, in whatever styles', () => {
    expect(text(wrap([span('for '), glued('2 h 31 min', 'name'), span(', sure')], { first: 12 }))).toEqual([
      'for',
      '2\u00a0h\u00a031\u00a0min,',
      'sure',
    ]);
  });

  it('counts columns, not characters', () => {
    expect(text(wrap([span(Buffer.from('漢字漢字').toString('latin1'))], { first: 5 }))).toEqual([
      '漢字',
      '漢字',
    ]);
  });

  it('says with a sign that it cut lines off', () => {
    expect(text(wrap([span('one two three four')], { first: 5, lines: 2 }))).toEqual(['one', 'two …']);
  });
});

describe('clipping', () => {
  it('cuts a row inside a piece', () => {
    expect(text([clipRow([span('abc'), span('defg', 'name')], 5)])).toEqual(['abcd…']);
    expect(text([clipRow([span('abc'), span('de', 'name')], 5)])).toEqual(['abcde']);
  });

  it('keeps both ends of a path', () => {
    expect(clipMiddle('/proc/4711/task/4712/children', 15)).toBe('/proc/4…hildren');
  });
});

describe('prose', () => {
  it('shows what stands in backticks as code', () => {
    expect(prose('set `x` now').map(({ text: part, style }) => [part, style])).toEqual([
      ['set ', 'plain'],
      ['`x`', 'code'],
      [' now', 'plain'],
    ]);
  });
});

describe('outside text', () => {
  it('is decoded, also beside a sentence of ours', () => {
    const raw = Buffer.from('müller').toString('latin1');
    expect(line(raw)).toBe('müller');
    expect(line(`→ ${raw}`)).toBe('→ müller');
  });

  it('is one line without control characters', () => {
    expect(line('a\nb\u001b[31mc\r\u202e')).toMatch(/^[!-~ ]*$/);
  });

  it('has an end', () => {
    expect(line('x'.repeat(1e6)).length).toBeLessThan(1000);
  });
});

describe('duration', () => {
  it.each([
    [0.04, '0 s'],
    [0.39, '0.3 s'],
    [9.99, '9.9 s'],
    [41.7, '41 s'],
    [60, '1 min'],
    [3599, '59 min 59 s'],
    [9067, '2 h 31 min'],
    [86_400, '1 d'],
    [1_051_200, '12 d 4 h'],
  ])('%s s is %s', (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
  });
});
