import { expect, it } from 'vitest';
import { parseLocks } from '../../src/procfs/locks.ts';
import { recorded } from './recorded.ts';

it('reads holders and, with the same id, their waiters', () => {
  const locks = parseLocks(recorded('locks'));
  const file = { mode: 'ADVISORY', device: 'fe:00', major: 254, minor: 0, inode: 2148877 };
  expect(locks).toEqual([
    {
      ...file,
      id: 1,
      kind: 'LEASE',
      mode: 'ACTIVE',
      access: 'READ',
      pid: 26219,
      inode: 2148882,
      start: 0,
      end: 'EOF',
      blocked: false,
    },
    { ...file, id: 2, kind: 'OFDLCK', access: 'WRITE', pid: -1, start: 100, end: 'EOF', blocked: false },
    { ...file, id: 3, kind: 'POSIX', access: 'WRITE', pid: 26219, start: 5, end: 14, blocked: false },
    { ...file, id: 3, kind: 'POSIX', access: 'READ', pid: 26261, start: 0, end: 'EOF', blocked: true },
    { ...file, id: 4, kind: 'FLOCK', access: 'WRITE', pid: 26219, start: 0, end: 'EOF', blocked: false },
    { ...file, id: 4, kind: 'FLOCK', access: 'WRITE', pid: 26260, start: 0, end: 'EOF', blocked: true },
  ]);
});

// In the forms of fs/locks.c: a waiter's waiter (indented since 5.14), a lock whose inode is gone.
it('reads nested waiters and locks without an inode', () => {
  expect(
    parseLocks('7:    -> POSIX  ADVISORY  WRITE 9 00:1b:5 0 0\n8: FLOCK  ADVISORY  READ 3 <none>:0 0 EOF\n'),
  ).toMatchObject([
    { id: 7, blocked: true, pid: 9, major: 0, minor: 27, end: 0 },
    { id: 8, blocked: false, device: '<none>', inode: 0 },
  ]);
});

it('leaves out lines that were cut', () => {
  expect(parseLocks('1: FLOCK  ADVISORY  WRITE 26219 fe:0')).toEqual([]);
  expect(parseLocks('1: FLOCK  ADVISORY  WRITE 26219 fe:00:12 0')).toEqual([]);
});
