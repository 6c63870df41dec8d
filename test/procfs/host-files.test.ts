import { expect, it } from 'vitest';
import { parseInflight } from '../../src/procfs/inflight.ts';
import { parseSwaps } from '../../src/procfs/swaps.ts';
import { recorded } from './recorded.ts';

it('swaps', () => {
  expect(parseSwaps(recorded('swaps'))).toEqual([]);
  // In the form of mm/swapfile.c.
  expect(
    parseSwaps(
      'Filename\t\tType\nSize\n/dev/sda2     partition\t8388604\t\t128\t\t-2\n/var/a\\040b\\040(deleted)  file\t\t1024\t\t0\t\t-3\n',
    ),
  ).toEqual([
    { path: '/dev/sda2', type: 'partition', sizeKb: 8388604, usedKb: 128, priority: -2, deleted: false },
    { path: '/var/a b', type: 'file', sizeKb: 1024, usedKb: 0, priority: -3, deleted: true },
  ]);
});

it('inflight', () => {
  expect(parseInflight('       0        1\n')).toEqual({ reads: 0, writes: 1 });
  expect(parseInflight('')).toBeUndefined();
});
