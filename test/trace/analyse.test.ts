import { expect, test } from 'vitest';
import { analyse } from '../../src/trace/analyse.ts';
import { at, straceLog } from '../support/fake-strace.ts';

test('a trace begins with its first call, at a whole second too, and not with the first that comes later', () => {
  const { from, to } = analyse({
    strace: [
      straceLog([
        at(7, 0, 'epoll_wait(4, [], 8, -1) = 1 <60.000000>'),
        at(7, 60e9, 'close(4) = 0 <0.000010>'),
      ]),
    ],
    perf: [],
    tasks: [{ pid: 7, tid: 7, ppid: 1, comm: 'sh', startTime: 1, nspid: [7] }],
    blind: [],
    filtered: false,
    scheduled: false,
    syscallName: () => undefined,
    clock: {},
    sinks: [],
  });
  expect((to - from) / 1e9).toBeCloseTo(60, 3);
});
