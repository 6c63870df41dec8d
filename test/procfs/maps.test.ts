import { expect, it } from 'vitest';
import { parseMaps } from '../../src/procfs/maps.ts';
import { recorded } from './recorded.ts';

it('reads files, anonymous memory and special mappings', () => {
  const text = recorded('maps');
  const mappings = parseMaps(text);
  expect(mappings).toHaveLength(text.trim().split('\n').length);
  expect(mappings[1]).toEqual({
    start: 0x55638ef93000n,
    end: 0x55638ef94000n,
    perms: 'r-xp',
    offset: 0x1000n,
    device: 'fe:00',
    inode: 26723,
    path: '/usr/bin/python3.11',
  });
  expect(mappings.find(({ inode, path }) => inode === 0 && path === undefined)).toMatchObject({
    perms: 'rw-p',
  });
  expect(mappings.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['[heap]', '[stack]', '/memfd:cache one (deleted)']),
  );
  expect(mappings.at(-1)).toMatchObject({ start: 0xffffffffff600000n, path: '[vsyscall]' });
});

it('keeps blanks in names, undoes the newline', () => {
  expect(parseMaps(String.raw`10-20 rw-s 00000000 00:0b 7   /a b\012c (deleted)`)[0]?.path).toBe(
    '/a b\nc (deleted)',
  );
});

it('reads 100 000 lines, and not the last one when it was cut inside of its numbers', () => {
  const line =
    '7f31bc3fa000-7f31bc3fb000 rw-p 00000000 00:01 1028                       /memfd:x (deleted)\n';
  expect(parseMaps(`${line.repeat(100_000)}7f31bc3fa000-7f31bc3f`)).toHaveLength(100_000);
});
