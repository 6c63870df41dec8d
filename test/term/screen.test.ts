import { expect, it } from 'vitest';
import { knowsUnicode, wantsColour, widthOf } from '../../src/term/screen.ts';

it.each([
  [{}, true, false, true],
  [{}, false, false, false],
  [{}, true, true, false],
  [{ NO_COLOR: '1' }, true, false, false],
  [{ NO_COLOR: '' }, true, false, true],
  [{ FORCE_COLOR: '1' }, false, false, true],
  [{ FORCE_COLOR: '' }, false, false, true],
  [{ FORCE_COLOR: '0' }, true, false, false],
  [{ FORCE_COLOR: 'false' }, true, false, false],
  [{ FORCE_COLOR: '3', NO_COLOR: '1' }, false, false, true],
  [{ FORCE_COLOR: '3' }, true, true, false],
  [{ TERM: 'dumb' }, true, false, false],
  [{ CI: 'true' }, true, false, false],
])('colour of %j, terminal %s, --no-color %s: %s', (env, terminal, flag, expected) => {
  expect(wantsColour(env, terminal, flag)).toBe(expected);
});

it.each([
  [{}, undefined, 80],
  [{}, 132, 132],
  [{ COLUMNS: '40' }, 132, 40],
  [{ COLUMNS: '0' }, 132, 132],
  [{ COLUMNS: '-5' }, undefined, 80],
  [{ COLUMNS: 'wide' }, undefined, 80],
  [{ COLUMNS: '3' }, undefined, 20],
  [{}, 0, 80],
])('width of %j on a terminal of %s columns: %i', (env, columns, expected) => {
  expect(widthOf(env, columns)).toBe(expected);
});

it.each([
  [{}, true],
  [{ LANG: 'en_GB.UTF-8' }, true],
  [{ LANG: 'de_DE.utf8' }, true],
  [{ LANG: 'C' }, false],
  [{ LANG: 'en_US.ISO-8859-1' }, false],
  [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, false],
  [{ TERM: 'linux' }, false],
])('unicode of %j: %s', (env, expected) => {
  expect(knowsUnicode(env)).toBe(expected);
});
