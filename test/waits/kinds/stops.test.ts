import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const PTS3 = (136 << 8) | 3;
const job: FakeProcess = {
  pid: 60,
  comm: 'job',
  state: 'T',
  call: 'read(0)',
  stack: 'do_signal_stop < get_signal',
};
const background = { ttyNr: PTS3, pgrp: 60, tpgid: 50, session: 50 };

describe('job control', () => {
  it.each<[string, string, string, Partial<FakeProcess>]>([
    ['by SIGSTOP', 'stopped', 'SIGSTOP', { exitCode: 19 }],
    ['by Ctrl+Z', 'stopped', 'SIGTSTP', { exitCode: 20 }],
    ['by a signal that its parent has collected', 'stopped', 'a stop signal', { exitCode: 0 }],
    [
      'by reading its terminal from the background',
      'stopped-tty',
      'SIGTTIN',
      { exitCode: 21, ...background },
    ],
    ['by writing to it', 'stopped-tty', 'SIGTTOU', { exitCode: 22, call: 'write(1)', ...background }],
    ['by reading it, on 5.10 that does not tell the signal', 'stopped-tty', 'SIGTTIN', background],
    ['by writing to it, on 5.10', 'stopped-tty', 'SIGTTOU', { call: 'ioctl(1)', ...background }],
    [
      'in the background, and not at its terminal',
      'stopped',
      'a stop signal',
      { call: 'nanosleep()', ...background },
    ],
    ['by SIGSTOP, while it reads its terminal', 'stopped', 'SIGSTOP', { exitCode: 19, ...background }],
    ['in the foreground', 'stopped', 'a stop signal', { ...background, pgrp: 50 }],
  ])('%s', async (_, kind, signal, changes) => {
    expect(await waitOf({ processes: [{ ...job, ...changes }] }, 60)).toMatchObject({
      kind,
      detail: { signal },
    });
  });

  it('at its terminal names the group that has it', async () => {
    const wait = await waitOf({ processes: [{ ...job, exitCode: 21, ...background }] }, 60);
    expect(wait.hops[0]?.edges[0]?.to).toMatchObject({ kind: 'terminal', name: 'pts/3', pid: 50 });
  });
});

describe('tracing', () => {
  const traced: FakeProcess = {
    pid: 60,
    comm: 'traced',
    state: 't',
    tracerPid: 70,
    stack: 'ptrace_stop < get_signal',
  };
  const gdb = { pid: 70, comm: 'gdb', call: 'poll(0x7f0000000000, 3, -1)' };

  it.each<[string, number, boolean, boolean]>([
    ['collected, and kept', 0, true, false],
    ['not even waited for', 133, false, false],
    ['a group stop that the tracer only watches', 19, false, true],
  ])('%s', async (_, exitCode, collected, groupStop) => {
    const wait = await waitOf({ processes: [gdb, { ...traced, exitCode }] }, 60);
    expect(wait).toMatchObject({ kind: 'ptrace-stop', detail: { tracer: 70, collected, groupStop } });
    expect(paths(wait)).toEqual(['process:60 > process:70']);
    expect(wait.facts.some(({ says }) => says?.startsWith('field 52') ?? false)).toBe(!collected);
  });

  it('by a tracer outside of this PID namespace', async () => {
    const wait = await waitOf({ processes: [{ ...traced, tracerPid: 0 }] }, 60);
    expect(wait.hops[0]?.edges[0]?.to.name).toBe('a tracer outside of this PID namespace');
    expect(wait.hops[0]?.next).toBeUndefined();
  });

  it('of one thread is told of that thread', async () => {
    const process = { pid: 60, comm: 'traced', threads: [{ tid: 61, state: 't', tracerPid: 70 }] };
    expect(paths(await waitOf({ processes: [gdb, process] }, 60, 61))).toEqual(['thread:61 > process:70']);
  });
});
