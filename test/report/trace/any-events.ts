import fc from 'fast-check';
import type { TraceEvent, Waker } from '../../../src/trace/event.ts';
import { HOSTILE } from './written.ts';

/** Few threads and a short time, so that events overlap, stand in the wrong order, and refer to each other. */
const tid = fc.integer({ min: 1, max: 4 });
const time = fc.nat({ max: 60 });
const word = fc.constantFrom('read', 'a;b', '', HOSTILE);
const sources = fc.constantFrom(['strace'], ['perf'], ['strace', 'perf']) as fc.Arbitrary<
  ('strace' | 'perf')[]
>;

const waker: fc.Arbitrary<Waker | undefined> = fc.option(
  fc.record({
    pid: tid,
    tid: fc.integer({ min: 0, max: 4 }),
    comm: word,
    how: fc.constantFrom('pipe', 'timer', 'child-exit'),
  }),
  { nil: undefined },
);
const stack = fc.option(fc.array(word, { maxLength: 3 }), { nil: undefined });
const at = { pid: tid, tid, startNs: time };
const happening = { ...at, sources };

/** Any order of any events, as no correlation would give them: outputs have to stand it. */
export const anyEvents: fc.Arbitrary<TraceEvent[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('state' as const),
        ...at,
        durationNs: time,
        state: fc.constantFrom('running', 'runnable', 'blocked', 'stopped', 'ptrace'),
        kernelState: fc.constantFrom('S', 'D', undefined),
        waker,
        stack,
        during: fc.option(word, { nil: undefined }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('syscall' as const),
        ...happening,
        durationNs: time,
        nr: fc.integer({ min: -1, max: 9 }),
        name: word,
        args: word,
        result: fc.option(fc.oneof(fc.integer(), fc.constant(Number.NaN)), { nil: undefined }),
        errno: fc.constantFrom('ENOENT', undefined),
        onCpuNs: fc.option(time, { nil: undefined }),
        blockedNs: fc.option(time, { nil: undefined }),
        waker,
        stack,
        open: fc.constantFrom('died', 'end-of-trace', undefined),
      }),
    },
    fc.record({
      type: fc.constant('spawn' as const),
      ...happening,
      childPid: tid,
      childTid: tid,
      thread: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('exec' as const),
      ...happening,
      path: fc.option(word, { nil: undefined }),
    }),
    fc.record({ type: fc.constant('exit' as const), ...happening, last: fc.boolean() }),
    fc.record({ type: fc.constant('signal' as const), ...happening, signal: word }),
    fc.record({ type: fc.constant('comm' as const), ...happening, comm: word }),
    fc.record({
      type: fc.constant('gap' as const),
      ...happening,
      pid: fc.nat({ max: 4 }),
      tid: fc.nat({ max: 4 }),
      durationNs: time,
      why: word,
    }),
  ) as fc.Arbitrary<TraceEvent>,
  { maxLength: 40 },
);
