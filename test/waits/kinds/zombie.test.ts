import { expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const dead: FakeProcess = { pid: 60, comm: 'dead', state: 'Z', ppid: 50 };
const parent: FakeProcess = { pid: 50, comm: 'parent' };
const tracer: FakeProcess = { pid: 55, comm: 'strace' };

it.each<[string, string, string[], FakeProcess[]]>([
  ['waits for its parent', 'zombie', ['process:60 > process:50'], [parent, dead]],
  [
    'waits for a parent outside of this PID namespace',
    'zombie',
    ['process:60 > process:0'],
    [{ ...dead, ppid: 0 }],
  ],
  [
    'waits for the tracer that hides its death',
    'zombie-traced',
    ['process:60 > process:55'],
    [parent, tracer, { ...dead, tracerPid: 55 }],
  ],
  [
    'waits for its parent, who is its tracer too',
    'zombie',
    ['process:60 > process:50'],
    [parent, { ...dead, tracerPid: 50 }],
  ],
  [
    'waits for its own last thread',
    'leader-exited',
    ['process:60 > thread:61'],
    [parent, { ...dead, threads: [{ tid: 61 }] }],
  ],
  [
    'waits for the tracer that keeps one of its dead threads',
    'zombie-traced',
    ['process:60 > process:55'],
    [parent, tracer, { ...dead, threads: [{ tid: 61, state: 'Z', tracerPid: 55 }] }],
  ],
  [
    'does not wait for a thread that is dead',
    'zombie',
    ['process:60 > process:50'],
    [parent, { ...dead, threads: [{ tid: 61, state: 'Z' }] }],
  ],
])('%s', async (_, kind, expected, processes) => {
  const wait = await waitOf({ processes }, 60);
  expect(wait.kind).toBe(kind);
  expect(paths(wait)).toEqual(expected);
});

it('reads descriptors and mounts of the thread that lives on, since the leader has none', async () => {
  const fds = { 3: 'r pipe:[9]' };
  const process = {
    ...dead,
    fds,
    threads: [{ tid: 61, call: 'read(3)', stack: 'anon_pipe_read < vfs_read' }],
  };
  const wait = await waitOf({ processes: [parent, process] }, 60, 61);
  expect(wait).toMatchObject({ kind: 'pipe-read', point: 'read(3, pipe:[9])' });
});
