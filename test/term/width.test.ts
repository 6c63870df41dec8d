import { describe, expect, test } from 'vitest';
import { charWidth, displayWidth } from '../../src/term/width.ts';

describe('charWidth', () => {
  test('takes no column for what Unicode calls combining, invisible or a control, whatever short cut it takes', () => {
    const nothing = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u;
    const odd: string[] = [];
    for (let code = 0; code < 0x30000; code++) {
      const char = String.fromCodePoint(code);
      if ((charWidth(char) === 0) !== nothing.test(char)) odd.push(code.toString(16));
    }
    expect(odd).toEqual([]);
  });

  test.each([
    ['a', 1],
    ['é', 1],
    ['─', 1],
    ['→', 1],
    ['▰', 1],
    ['●', 1],
    ['◽', 2],
    ['漢', 2],
    ['🦀', 2],
    ['\u00ad', 0],
    ['\u202e', 0],
    ['\u0301', 0],
    ['\u001b', 0],
  ])('%j takes %i', (char, columns) => {
    expect(charWidth(char)).toBe(columns);
  });
});

test('displayWidth adds the columns of all characters', () => {
  expect(displayWidth('plain')).toBe(5);
  expect(displayWidth('e\u0301 → 漢')).toBe(6);
});
