import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const READ = { stack: 'anon_pipe_read < vfs_read', call: 'read(0)', fds: { 0: 'r pipe:[9]' } };
const init = { pid: 1, comm: 'systemd' };
const shell = { pid: 50, comm: 'sh' };
const reader: FakeProcess = { pid: 60, comm: 'reader', ppid: 50, session: 50, ...READ };
const writer = (changes: Partial<FakeProcess>): FakeProcess => ({
  pid: 70,
  comm: 'writer',
  ppid: 50,
  session: 50,
  fds: { 1: 'w pipe:[9]' },
  ...changes,
});
const namespaceInit = { pid: 40, comm: 'tini', nsPid: [40, 1] };

describe('reading', () => {
  it.each<[string, boolean, FakeProcess[]]>([
    ['a grandchild that init adopted', true, [writer({ ppid: 1 })]],
    ['a grandchild that the init of its container adopted', true, [namespaceInit, writer({ ppid: 40 })]],
    [
      'a grandchild that a subreaper of another session adopted',
      true,
      [{ pid: 41, session: 41 }, writer({ ppid: 41 })],
    ],
    ['two that were left behind', true, [writer({ ppid: 1 }), writer({ pid: 71, ppid: 1 })]],
    ['its own child', false, [writer({ ppid: 60 })]],
    ['a grandchild', false, [{ pid: 61, ppid: 60 }, writer({ ppid: 61 })]],
    ['its neighbour of the pipeline', false, [writer({})]],
    ['its parent', false, [{ ...shell, fds: { 4: 'w pipe:[9]' } }]],
    ['a daemon of its own session', false, [{ pid: 42, session: 42 }, writer({ ppid: 42, session: 70 })]],
    ['one left behind and one that will write', false, [writer({ ppid: 1 }), writer({ pid: 71 })]],
  ])('the last write end is with %s: held %s', async (_, held, others) => {
    const others_ = others.some(({ pid }) => pid === shell.pid) ? others : [shell, ...others];
    const wait = await waitOf({ processes: [init, ...others_, reader] }, 60);
    expect(wait).toMatchObject({ kind: 'pipe-read', idle: 'idle-read', detail: { held, self: false } });
  });

  it('a service of init, whose grandchild init has adopted: both have PPid 1, and are no siblings', async () => {
    const service = { ...reader, ppid: 1, session: 60 };
    const wait = await waitOf({ processes: [init, service, writer({ ppid: 1, session: 60 })] }, 60);
    expect(wait.detail?.held).toBe(true);
  });

  it('the last write end is its own', async () => {
    const own = { ...reader, fds: { 0: 'r pipe:[9]', 1: 'w pipe:[9]' } };
    const wait = await waitOf({ processes: [init, shell, own] }, 60);
    expect(wait.detail).toMatchObject({ held: true, self: true, writers: 1 });
    expect(paths(wait)).toEqual(['process:60 > pipe:pipe:[9] > process:60']);
  });

  it.each<[string, Partial<FakeProcess>, Record<string, boolean>]>([
    ['a runtime that catches faults and Ctrl+C', { sigCgt: 0x402n }, { held: true, maybeHeld: false }],
    ['a handler that may write', { sigCgt: 0x4000n }, { held: false, maybeHeld: true }],
    ['a thread that may write', { threads: [{ tid: 61 }] }, { held: false, maybeHeld: true }],
  ])('the last write end is its own, and it has %s', async (_, changes, detail) => {
    const own = { ...reader, fds: { 0: 'r pipe:[9]', 1: 'w pipe:[9]' }, ...changes };
    expect((await waitOf({ processes: [init, shell, own] }, 60)).detail).toMatchObject(detail);
  });

  it('a write end of its own beside that which was left behind is counted', async () => {
    const own = { ...reader, fds: { 0: 'r pipe:[9]', 1: 'w pipe:[9]' } };
    const wait = await waitOf({ processes: [init, shell, writer({ ppid: 1 }), own] }, 60);
    expect(wait.detail).toMatchObject({ held: true, self: false, selfToo: true });
    expect(wait.hops.map(({ edges }) => edges[1]?.how)).toEqual(['one of 2 that hold a write end']);
  });

  it.each<[string, Partial<FakeProcess>, Partial<FakeProcess>, boolean]>([
    ['an init, and a child in a session of its own', { nsPid: [60, 1] }, { session: 70 }, true],
    ['an init, and a child of its session', { nsPid: [60, 1] }, {}, false],
    ['no init', {}, { session: 70 }, false],
  ])('the reader may have adopted the writer: %s', async (_, ofReader, ofWriter, maybeAdopted) => {
    const processes = [init, shell, { ...reader, ...ofReader }, writer({ ppid: 60, ...ofWriter })];
    expect((await waitOf({ processes }, 60)).detail).toMatchObject({ held: false, maybeAdopted });
  });

  it('leads over the pipe to whoever keeps it open, and cites the descriptor and the parent', async () => {
    const wait = await waitOf({ processes: [init, shell, writer({ ppid: 1 }), reader] }, 60);
    expect(paths(wait)).toEqual(['process:60 > pipe:pipe:[9] > process:70']);
    expect(wait.hops[0]?.edges[1]).toMatchObject({
      confidence: 'certain',
      facts: [
        { path: '/proc/70/fd/1', line: 'pipe:[9]' },
        { path: '/proc/70/status', line: 'PPid:\t1' },
        { path: '/proc/70/status', line: 'State:\tS (sleeping)' },
      ],
    });
  });

  it('is less sure when somebody’s descriptors could not be read', async () => {
    const secret = { pid: 80, comm: 'secret', denied: ['fd'] };
    const wait = await waitOf({ processes: [init, shell, secret, writer({ ppid: 1 }), reader] }, 60);
    expect(wait.hops[0]?.edges[1]?.confidence).toBe('likely');
  });

  it('a FIFO’s writer that is left behind is no trouble: it was opened by name', async () => {
    const fifo = { ...reader, fds: { 0: 'r /run/fifo' } };
    const wait = await waitOf(
      { processes: [init, shell, fifo, writer({ ppid: 1, fds: { 1: 'w /run/fifo' } })] },
      60,
    );
    expect(wait.detail?.held).toBe(false);
  });
});

describe('writing', () => {
  const blocked = {
    ...reader,
    stack: 'anon_pipe_write < vfs_write',
    call: 'write(1)',
    fds: { 1: 'w pipe:[9]' },
  };

  it('waits for each process that has the read end', async () => {
    const readers = [writer({ fds: { 0: 'r pipe:[9]' } }), writer({ pid: 71, fds: { 5: 'r pipe:[9]' } })];
    const wait = await waitOf({ processes: [init, shell, ...readers, blocked] }, 60);
    expect(paths(wait)).toEqual([
      'process:60 > pipe:pipe:[9] > process:70',
      'process:60 > pipe:pipe:[9] > process:71',
    ]);
    expect(wait.idle).toBeUndefined();
  });

  it('ends at the pipe when nobody that could be seen reads it', async () => {
    const wait = await waitOf({ processes: [init, shell, blocked] }, 60);
    expect(paths(wait)).toEqual(['process:60 > pipe:pipe:[9]']);
    expect(wait.detail).toMatchObject({ readers: 0 });
  });
});

describe('where only the call is told (5.10, no root)', () => {
  const seen = (call: string, fds: Record<number, string>) =>
    waitOf({ kernel: '5.10.223', uid: 7, processes: [{ pid: 60, uid: 7, call, fds }] }, 60);

  it('it is a read or write by its name', async () => {
    expect((await seen('read(0)', { 0: 'r pipe:[9]' })).kind).toBe('pipe-read');
    expect((await seen('writev(1)', { 1: 'w pipe:[9]' })).kind).toBe('pipe-write');
  });

  it('calls whose first argument is no descriptor are no writes to a pipe of that number', async () => {
    expect((await seen('pause()', { 0: 'r pipe:[9]' })).kind).toBe('sleep');
    expect((await seen('select(1, 0x7f0000000100)', { 1: 'w pipe:[9]' })).kind).toBe('watch');
  });
});

describe('calls between two descriptors', () => {
  const both = { fds: { 3: 'r pipe:[8]', 4: 'w pipe:[9]' } };
  it.each([
    ['splice', 'splice(3, 0, 4)', 'anon_pipe_write', 'pipe-write', 'pipe:[9]'],
    ['splice', 'splice(3, 0, 4)', 'anon_pipe_read', 'pipe-read', 'pipe:[8]'],
    ['tee', 'tee(3, 4)', 'opipe_prep', 'pipe-write', 'pipe:[9]'],
    ['sendfile', 'sendfile(4, 3)', 'anon_pipe_write', 'pipe-write', 'pipe:[9]'],
  ])('%s waits for the end that it sleeps at (%s in %s)', async (_, call, stack, kind, pipe) => {
    const wait = await waitOf({ processes: [init, { ...reader, ...both, call, stack }] }, 60);
    expect(wait).toMatchObject({ kind, detail: { pipe } });
  });
});
