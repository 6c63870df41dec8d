import { expect, it } from 'vitest';
import { notStarted } from '../../../src/evidence/live/not-started.ts';

it('tells what the host prevents from what is wrong with the program', () => {
  expect(notStarted('EAGAIN')).toEqual({
    why: 'no more processes may be started (EAGAIN)',
    remedy: 'Raise the limit: ulimit -u, or pids.max of the cgroup.',
  });
  expect(notStarted('EMFILE')?.remedy).toMatch(/ulimit -n/);
  expect(notStarted('ENOENT')).toBeUndefined();
  expect(notStarted('EACCES')).toBeUndefined();
  expect(notStarted(undefined)).toBeUndefined();
});
