import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedOutput } from '../../../src/report/trace/folded.ts';
import type { SyscallEvent, TraceEvent } from '../../../src/trace/event.ts';
import { fakeTrace } from '../../support/fake-trace/fake-trace.ts';
import { anyEvents } from './any-events.ts';
import { HARMFUL, HOSTILE_EVENTS, written } from './written.ts';

const AT = { pid: 4711, tid: 4711 };
const CALL: SyscallEvent = {
  type: 'syscall',
  ...AT,
  nr: 0,
  name: 'read',
  args: '',
  startNs: 0,
  durationNs: 100_000,
  sources: ['strace'],
};

function lines(events: Iterable<TraceEvent>, most?: number): string[] {
  return written((head, write) => foldedOutput(head, write, most), events)
    .trimEnd()
    .split('\n')
    .sort();
}

describe('folded stacks', () => {
  it('begin with the outermost function, and count microseconds', () => {
    expect(
      lines([
        {
          type: 'state',
          ...AT,
          state: 'blocked',
          kernelState: 'S',
          during: 'read',
          startNs: 0,
          durationNs: 1_500_400,
          stack: ['schedule', 'anon_pipe_read'],
        },
      ]),
    ).toEqual(['node;4711;read;blocked: anon_pipe_read;schedule 1500']);
  });

  it('tell time on a CPU within calls from that between them', () => {
    expect(
      lines([
        { ...CALL, sources: ['strace', 'perf'], onCpuNs: 30_000 },
        { type: 'state', ...AT, state: 'running', startNs: 0, durationNs: 100_000 },
      ]),
    ).toEqual(['node;4711;read;on CPU 30', 'node;4711;user code;on CPU 70']);
  });

  it('take the durations of calls for a thread that perf did not see', () => {
    expect(lines([CALL, CALL])).toEqual(['node;4711;read;unknown 200']);
  });

  it('add up to what the threads lived', () => {
    const { events } = fakeTrace({ events: 20_000 });
    const sum = lines(events).reduce((total, line) => total + Number(/ (\d+)$/.exec(line)?.[1]), 0);
    const states = events.reduce(
      (total, event) => total + (event.type === 'state' ? event.durationNs / 1000 : 0),
      0,
    );
    expect(Math.abs(sum / states - 1)).toBeLessThan(0.001);
  });

  it('are lines of levels and a number, whatever the events are', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const slow = events.map((event) =>
          'durationNs' in event ? { ...event, durationNs: event.durationNs * 1000 } : event,
        );
        for (const line of lines(slow).filter(Boolean)) expect(line).toMatch(/^[^;]+;\d+;.+ \d+$/);
      }),
    );
  });

  it('sum up what is beyond their number', () => {
    const calls = ['a', 'b', 'c', 'd'].map((name) => ({ ...CALL, name }));
    expect(lines(calls, 2)).toEqual([
      'node;4711;a;unknown 100',
      'node;4711;b;unknown 100',
      'node;4711;other stacks 200',
    ]);
  });

  it('are lines of levels and a number, whatever names hold', () => {
    const text = written(foldedOutput, HOSTILE_EVENTS);
    expect(text).not.toMatch(HARMFUL);
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^[^;\n]+;4711;[^\n]+ \d+$/);
  });
});
