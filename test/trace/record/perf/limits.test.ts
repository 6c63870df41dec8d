import { expect, test } from 'vitest';
import { deniedAltogether, isDenied } from '../../../../src/trace/record/perf/limits.ts';

test.each([
  'Access to performance monitoring and observability operations is limited.',
  'kernel does not support recording context switch events',
  'Permission error mapping pages.',
])('%s', (said) => expect(isDenied(said)).toBe(true));

test('a process that ended is no denial', () => {
  expect(isDenied("Couldn't create thread/CPU maps: No such process")).toBe(false);
});

test('the remedy names what takes perf from users', () => {
  const limit = { source: 'perf', code: 'perf-not-permitted', message: '', remedy: '' } as const;
  expect(deniedAltogether(limit, 'no', 3)).toMatchObject({
    code: 'perf-not-permitted',
    message: expect.stringMatching(/perf_event_paranoid is 3, which here takes perf from users/),
    remedy: expect.stringMatching(/as root.*sysctl kernel\.perf_event_paranoid=2/),
  });
  expect(deniedAltogether(limit, 'no', 2)).toMatchObject({
    message: 'perf may record nothing at all: no.',
    remedy: expect.stringMatching(/container.*record on the host/),
  });
});
