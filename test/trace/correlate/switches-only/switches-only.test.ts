import { describe, expect, test } from 'vitest';
import { type AnalyseInput, analyse } from '../../../../src/trace/analyse.ts';
import type { StateEvent, SyscallEvent, TraceEvent } from '../../../../src/trace/event.ts';
import { type FakeRow, fakePerf } from '../../../support/fake-perf.ts';
import { at, straceLog } from '../../../support/fake-strace.ts';

function correlate(strace: readonly string[], perf: readonly FakeRow[], more: Partial<AnalyseInput> = {}) {
  const events: TraceEvent[] = [];
  const { correlation } = analyse({
    strace: strace.length === 0 ? [] : [straceLog(strace)],
    perf: [{ source: fakePerf(perf), role: 'tree' }],
    tasks: [],
    blind: [],
    filtered: false,
    scheduled: true,
    switchesOnly: true,
    syscallName: (nr) => (nr === 0 ? 'read' : undefined),
    clock: {},
    sinks: [{ event: (event) => events.push(event) }],
    ...more,
  });
  const states = events.filter((event): event is StateEvent => event.type === 'state');
  return {
    correlation,
    events,
    calls: events.filter((event): event is SyscallEvent => event.type === 'syscall'),
    states: states.map(({ tid, state, startNs, durationNs, during }) => [
      tid,
      state,
      startNs,
      durationNs,
      ...(during === undefined ? [] : [during]),
    ]),
  };
}

const on = (tid: number, when: number): FakeRow => ({ kind: 'in', tid, at: when });
const off = (tid: number, when: number, preempted = 0): FakeRow => ({
  kind: 'out',
  tid,
  at: when,
  a: preempted,
});
const fork = (tid: number, parent: number, when: number): FakeRow => ({
  kind: 'fork',
  tid,
  at: when,
  a: parent,
  b: parent,
});

describe('perf that tells switches alone', () => {
  test('gives on CPU, preempted and blocked, from the begin to the end', () => {
    const { states, calls } = correlate(
      [],
      [off(7, 200), on(7, 500), off(7, 600, 1), on(7, 650), off(7, 700)],
      { perfWindow: { from: 100, to: 1000 } },
    );
    expect(states).toEqual([
      [7, 'running', 100, 100],
      [7, 'blocked', 200, 300],
      [7, 'running', 500, 100],
      [7, 'runnable', 600, 50],
      [7, 'running', 650, 50],
      [7, 'blocked', 700, 300],
    ]);
    expect(calls).toEqual([]);
  });

  test('tells the call that a thread slept in at the begin, up to its first move', () => {
    const asleep = { state: 'S', nr: 0, args: '0x0' };
    const task = { pid: 7, tid: 7, ppid: 1, comm: 'cat', startTime: 1, nspid: [7], asleep };
    const more = { tasks: [task], perfWindow: { from: 100, to: 1000 } };
    const woken = correlate([], [on(7, 400), off(7, 500)], more);
    expect(woken.calls).toMatchObject([{ name: 'read', early: true, startNs: 100, durationNs: 300 }]);
    expect(woken.states[0]).toEqual([7, 'blocked', 100, 300, 'read']);
    const silent = correlate([], [on(8, 400)], more);
    expect(silent.calls).toMatchObject([{ name: 'read', open: 'end-of-trace', durationNs: 900 }]);
  });

  test('tells births, ends, and who goes on under the number of a leader', () => {
    const { events } = correlate(
      [],
      [
        off(7, 200),
        fork(9, 7, 250),
        on(9, 260),
        { kind: 'taskExit', tid: 9, at: 300 },
        { kind: 'fork', pid: 7, tid: 8, at: 310, a: 7, b: 7 },
        { ...on(8, 320), pid: 7 },
        { kind: 'taskExit', pid: 7, tid: 7, at: 330 },
        { kind: 'comm', tid: 7, at: 340, a: 1, text: 'next' },
        off(7, 400),
      ],
    );
    const told = events.filter(({ type }) => type === 'spawn' || type === 'exit' || type === 'exec');
    expect(told).toMatchObject([
      { type: 'spawn', childTid: 9, thread: false },
      { type: 'exit', tid: 9 },
      { type: 'spawn', childTid: 8, thread: true },
      { type: 'exit', tid: 7 },
      { type: 'exec', tid: 7 },
    ]);
    const states = events.filter(({ type }) => type === 'state') as StateEvent[];
    expect(states.filter(({ tid }) => tid === 8).at(-1)).toMatchObject({ startNs: 320, durationNs: 20 });
    expect(states.filter(({ tid }) => tid === 7).at(-1)).toMatchObject({ startNs: 340, durationNs: 60 });
  });

  test('leaves out what children did before all was recording', () => {
    const { events } = correlate(
      [],
      [{ kind: 'comm', tid: 9, at: 50, a: 1, text: 'x' }, on(9, 60), { kind: 'taskExit', tid: 9, at: 70 }],
      { perfWindow: { from: 100, to: 1000 } },
    );
    expect(events).toEqual([]);
  });
});

describe('strace beside it', () => {
  /** In the stop before the call from 90 on, on the CPU from 130 on. */
  const read = at(7, 100, 'read(3, "x", 1) = 1 <0.000001000>');

  test('a call lasts from the end of the first stop to the begin of the second', () => {
    const { calls, states, correlation } = correlate(
      [read, at(7, 1500, 'read(3, "", 1) = 0 <0.000000100>')],
      [
        ...[on(7, 50), off(7, 90)],
        ...[on(7, 130), off(7, 140), on(7, 1050), off(7, 1060)],
        ...[on(7, 1300), off(7, 1400)],
        ...[on(7, 1530), off(7, 1540), on(7, 1700), off(7, 1800)],
      ],
    );
    expect(correlation).toBeNull();
    expect(calls).toMatchObject([
      {
        startNs: 130,
        durationNs: 930,
        onCpuNs: 20,
        blockedNs: 910,
        ptraceNs: 0,
        sources: ['strace', 'perf'],
      },
      { startNs: 1530, durationNs: 10, onCpuNs: 10, blockedNs: 0, straceNs: 100 },
    ]);
    expect(states.slice(0, 8)).toEqual([
      [7, 'running', 50, 40],
      [7, 'ptrace', 90, 40, 'read'],
      [7, 'running', 130, 10, 'read'],
      [7, 'blocked', 140, 910, 'read'],
      [7, 'running', 1050, 10, 'read'],
      [7, 'ptrace', 1060, 240],
      [7, 'running', 1300, 100],
      [7, 'ptrace', 1400, 130, 'read'],
    ]);
  });

  test('a sleep that ends a little before strace knows of it is the call’s, though strace was slow to print', () => {
    // S + T is 1100, before the sleep ends at 1120: strace took 80 to print.
    const { calls } = correlate(
      [read, at(7, 1500, 'getpid() = 7 <0.000000010>')],
      [
        on(7, 50),
        off(7, 90),
        on(7, 130),
        off(7, 140),
        on(7, 1120),
        off(7, 1125),
        on(7, 1300),
        off(7, 1400),
        on(7, 1530),
      ],
    );
    expect(calls[0]).toMatchObject({ startNs: 130, durationNs: 995, blockedNs: 980 });
  });

  test('a sleep of the program between two calls is none of the tracer’s stops', () => {
    const { states } = correlate(
      [at(7, 100, 'getpid() = 7 <0.000000050>'), at(7, 5000, 'getpid() = 7 <0.000000050>')],
      [
        on(7, 50),
        off(7, 90),
        on(7, 130),
        off(7, 140),
        on(7, 300),
        off(7, 2000),
        on(7, 4000),
        off(7, 4900),
        on(7, 5100),
      ],
    );
    expect(states.filter(([, state]) => state === 'blocked')).toEqual([[7, 'blocked', 2000, 2000]]);
  });

  test('a call that has not come back lasts to the end', () => {
    const { calls } = correlate(
      [at(7, 100, 'read(3,  <unfinished ...>')],
      [on(7, 50), off(7, 90), on(7, 130), off(7, 140)],
      { endNs: 1000 },
    );
    expect(calls).toMatchObject([{ startNs: 130, durationNs: 870, blockedNs: 860, open: 'end-of-trace' }]);
  });

  test('a sleep whose end perf does not tell any more is not taken for the stop after the call', () => {
    const { calls } = correlate([read], [on(7, 50), off(7, 90), on(7, 130), off(7, 140)], { endNs: 5000 });
    expect(calls).toMatchObject([{ sources: ['strace'], startNs: 100, durationNs: 1000 }]);
    expect(calls[0]!.blockedNs).toBeUndefined();
  });

  test('the stop inside of clone and the first one of the child are the tracer’s', () => {
    const { calls, states, events } = correlate(
      [
        at(7, 100, 'clone(child_stack=NULL, flags=SIGCHLD) = 9 <0.000000450>'),
        at(9, 700, 'getpid() = 9 <0.000000010>'),
      ],
      [
        ...[
          on(7, 50),
          off(7, 90),
          on(7, 130),
          fork(9, 7, 150),
          off(7, 160),
          on(7, 400),
          off(7, 410),
          on(7, 600),
        ],
        ...[on(9, 180), off(9, 190), on(9, 500), off(9, 650), on(9, 710)],
      ],
    );
    expect(calls[0]).toMatchObject({ name: 'clone', blockedNs: 0, ptraceNs: 240, durationNs: 40 });
    expect(states.filter(([tid, state]) => tid === 9 && state === 'ptrace')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'spawn')).toMatchObject([
      { call: 'clone', sources: ['strace', 'perf'] },
    ]);
  });

  test('a thread that perf did not see is told by strace alone', () => {
    const { calls } = correlate([read], [on(8, 50)]);
    expect(calls).toMatchObject([{ sources: ['strace'], startNs: 100, durationNs: 1000 }]);
  });
});
