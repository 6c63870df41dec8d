import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { causes, diagnosed, paths, told, waitOf } from '../../support/looks.ts';

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
  const watcher = { pid: 70, comm: 'strace', call: 'wait4(-1, 0, 0x40000000)', stack: 'do_wait' };

  it.each<[string, number, boolean]>([
    ['collected, and kept', 0, true],
    ['not even waited for', 133, false],
    ['by SIGSTOP, which the tracer has not yet seen', 19, false],
  ])('%s', async (_, exitCode, collected) => {
    const wait = await waitOf({ processes: [gdb, { ...traced, exitCode }] }, 60);
    expect(wait).toMatchObject({ kind: 'ptrace-stop', detail: { tracer: 70, collected } });
    expect(paths(wait)).toEqual(['process:60 > process:70']);
    expect(wait.facts.some(({ says }) => says?.startsWith('field 52') ?? false)).toBe(!collected);
  });

  it('says nothing of the tracer to who may not know', async () => {
    const wait = await waitOf({ uid: 1000, processes: [gdb, { ...traced, exitCode: 133 }] }, 60);
    expect(wait.kind).toBe('ptrace-stop');
    expect(wait.detail).toEqual({ tracer: 70 });
    const { findings } = await diagnosed({ uid: 1000, processes: [gdb, { ...traced, exitCode: 133 }] }, 60);
    expect(findings[0]?.summary).toMatch(/lets it\.$/);
  });

  describe('that a SIGSTOP has stopped', () => {
    const held = { ...traced, groupStop: 19 };

    it('is stopped, likely, when its tracer knows of it', async () => {
      const wait = await waitOf({ processes: [watcher, held] }, 60);
      expect(wait).toMatchObject({ kind: 'stopped', detail: { signal: 'SIGSTOP', tracer: 70 } });
      const diagnosis = await diagnosed({ processes: [watcher, held] }, 60);
      expect(told(diagnosis)).toEqual(['stopped → process:60']);
      expect(causes(diagnosis)).not.toContain('ptrace-traced-running');
      const [finding] = diagnosis.findings;
      expect(finding).toMatchObject({ confidence: 'likely' });
      expect(finding?.because).toContain('70 strace');
      expect(finding?.remedies[0]?.command).toBe('kill -CONT 60');
      expect(diagnosis.verdict.state).toBe('stopped');
    });

    it.each<[string, Partial<FakeProcess>, Partial<FakeProcess>]>([
      ['its tracer is stopped itself', {}, { state: 'T' }],
      ['the tracer has not waited for it', { exitCode: 19 | (128 << 8) }, {}],
    ])('waits for its tracer when %s', async (_, changes, tracer) => {
      const wait = await waitOf(
        {
          processes: [
            { ...gdb, ...tracer },
            { ...held, ...changes },
          ],
        },
        60,
      );
      expect(wait.kind).toBe('ptrace-stop');
    });

    it('is what its parent waits for', async () => {
      const parent = { pid: 50, comm: 'make', call: 'wait4(60, 0, 0)', stack: 'do_wait < kernel_wait4' };
      expect(told(await diagnosed({ processes: [watcher, parent, { ...held, ppid: 50 }] }, 50))).toEqual([
        'wait-on-stopped-child → process:60',
        'stopped → process:60',
      ]);
    });
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
