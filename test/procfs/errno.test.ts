import { expect, test } from 'vitest';
import { errnoName, errnoNumber, restartOf } from '../../src/procfs/errno.ts';

test('the numbers that stay in the kernel have names, both ways', () => {
  const names = [512, 513, 514, 515, 516, 524].map((number) => errnoName(number) ?? '');
  expect(names).toEqual([
    'ERESTARTSYS',
    'ERESTARTNOINTR',
    'ERESTARTNOHAND',
    'ENOIOCTLCMD',
    'ERESTART_RESTARTBLOCK',
    'ENOTSUPP',
  ]);
  expect(names.map(errnoNumber)).toEqual([512, 513, 514, 515, 516, 524]);
  expect(names.filter((name) => restartOf(name) !== undefined)).toHaveLength(4);
  expect(restartOf('EINTR')).toBeUndefined();
  expect(errnoName(520)).toBeUndefined();
});
