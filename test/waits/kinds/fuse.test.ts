import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { path, paths, waitOf } from '../../support/looks.ts';

const mounts: FakeHost['mounts'] = [
  { at: '/mnt/x', fs: 'fuse.sshfs', dev: '0:39' },
  { at: '/mnt/y', fs: 'fuse', dev: '0:41' },
];
const waiter = (changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 60,
  comm: 'ls',
  call: 'newfstatat(-100, 0x7f0000000100)',
  stack: 'request_wait_answer < __fuse_simple_request < fuse_lookup_name',
  memory: { '7f0000000100': '/mnt/x/dir' },
  ...changes,
});
const daemon = (
  pid: number,
  connection: number | undefined,
  changes: Partial<FakeProcess> = {},
): FakeProcess => ({
  pid,
  comm: 'sshfs',
  call: 'read(5)',
  stack: 'fuse_dev_do_read < fuse_dev_read',
  fds: { 5: 'rw /dev/fuse' },
  fdinfo: connection === undefined ? {} : { 5: [`fuse_connection: ${connection}`] },
  ...changes,
});
const host = (...processes: FakeProcess[]): FakeHost => ({ mounts, processes });
const TO = (connection: number, pid: number) =>
  `process:60 > mount:0:${connection} > fuse-connection:${connection} > process:${pid}`;

describe('a request', () => {
  it('is about the mount of its path, and that connection’s daemon', async () => {
    const wait = await waitOf(host(waiter(), daemon(70, 39), daemon(71, 41)), 60);
    expect(wait).toMatchObject({ kind: 'fuse', point: 'newfstatat: FUSE request on /mnt/x' });
    expect(paths(wait)).toEqual([TO(39, 70)]);
    expect(wait.hops[0]?.edges.every(({ confidence }) => confidence === 'certain')).toBe(true);
  });

  it('is about the mount of a relative path’s directory', async () => {
    const process = waiter({ cwd: '/mnt/y', memory: { '7f0000000100': 'dir' } });
    expect(paths(await waitOf(host(process, daemon(70, 39), daemon(71, 41)), 60))).toEqual([TO(41, 71)]);
  });

  it('is about the mount of its descriptor', async () => {
    const process = waiter({ call: 'fsync(3)', fds: { 3: 'rw /mnt/y/f' } });
    expect(paths(await waitOf(host(process, daemon(70, 39), daemon(71, 41)), 60))).toEqual([TO(41, 71)]);
  });

  it('may be any daemon’s where the kernel does not tell connections (before 6.16)', async () => {
    const older = { ...host(waiter(), daemon(70, undefined), daemon(71, undefined)), kernel: '6.1.176' };
    const wait = await waitOf(older, 60);
    expect(wait.hops.map(({ next, edges }) => [next?.pid, edges.at(-1)?.confidence])).toEqual([
      [70, 'possible'],
      [71, 'possible'],
    ]);
  });

  it('is nobody’s whose connection is not told, when another’s is', async () => {
    const wait = await waitOf(host(waiter(), daemon(70, 39), daemon(71, undefined)), 60);
    expect(paths(wait)).toEqual([TO(39, 70)]);
  });

  it('puts the daemon that is stopped before the one that waits for work', async () => {
    const wait = await waitOf(
      host(waiter(), daemon(70, undefined), daemon(71, undefined, { state: 'T' })),
      60,
    );
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual([71, 70]);
  });

  it('of an unreadable path suspects the mount that looks stuck', async () => {
    const processes = [waiter({ memory: {} }), daemon(70, 39), daemon(71, 41, { state: 'T' })];
    expect(paths(await waitOf(host(...processes), 60))).toEqual([TO(41, 71)]);
  });

  it('of an unreadable path suspects the mount with unanswered requests', async () => {
    const files = {
      '/sys/fs/fuse/connections/39/waiting': '2\n',
      '/sys/fs/fuse/connections/41/waiting': '0\n',
    };
    const wait = await waitOf({ ...host(waiter({ memory: {} }), daemon(70, 39), daemon(71, 41)), files }, 60);
    expect(paths(wait)).toEqual([TO(39, 70)]);
  });

  it('says that nobody serves it when no process has /dev/fuse', async () => {
    expect(path((await waitOf(host(waiter()), 60)).hops[0]?.edges)).toMatch(/> fuse-connection:39:nobody$/);
  });

  it.each([
    ['looked at every descriptor', {}],
    ['looked at every descriptor but those of one process, which could not be read', { blocked: ['fd'] }],
  ])('says among whom nobody was found: %s', async (how, changes) => {
    const wait = await waitOf(host(waiter(), daemon(70, 39, { fds: {}, ...changes })), 60);
    expect(wait.hops[0]?.edges.at(-1)).toMatchObject({ how, confidence: 'possible' });
  });

  it('cannot be killed once it is D', async () => {
    expect((await waitOf(host(waiter(), daemon(70, 39)), 60)).killable).toBeUndefined();
    expect((await waitOf(host(waiter({ state: 'D' }), daemon(70, 39)), 60)).killable).toBe(false);
  });
});

describe('inside execve, when its readers get no answer', () => {
  const EXEC_LOCKED = ['stat', 'wchan', 'stack', 'syscall', 'fd', 'ns'];

  it.each([
    ['6.12 and 6.18', '6.18.44', EXEC_LOCKED],
    ['5.10 and 6.1', '6.1.176', ['stack', 'syscall']],
  ])('is stuck there, by what blocks on %s', async (_, kernel, blocked) => {
    const process = waiter({ blocked, fds: { 3: 'rwe /mnt/y/f', 4: 'r /mnt/x/f' }, stack: '' });
    // The listing of fd/ answers even where its links do not.
    const listing = { '/proc/60/fd/': '3\n4' };
    const wait = await waitOf(
      { kernel, files: listing, ...host(process, daemon(70, 39), daemon(71, 41)) },
      60,
    );
    expect(wait).toMatchObject({ kind: 'fuse', detail: { execStuck: true } });
    expect(paths(wait)).toEqual([TO(41, 71)]);
    expect(wait.facts.filter(({ says }) => says?.startsWith('does not answer')).length).toBeGreaterThan(0);
  });

  it('suspects the stuck mount when no close-on-exec descriptor lies on one', async () => {
    const process = waiter({ blocked: EXEC_LOCKED, stack: '' });
    const wait = await waitOf(host(process, daemon(70, 39), daemon(71, 41, { state: 'T' })), 60);
    expect(paths(wait)).toEqual([TO(41, 71)]);
  });

  it('blames a daemon that was found before a mount that nobody was seen to serve', async () => {
    const process = waiter({ blocked: EXEC_LOCKED, stack: '' });
    const files = {
      '/sys/fs/fuse/connections/39/waiting': '1\n',
      '/sys/fs/fuse/connections/41/waiting': '1\n',
    };
    const wait = await waitOf({ ...host(process, daemon(71, 41)), files }, 60);
    expect(wait.hops.map(({ next }) => next?.pid)).toEqual([71, undefined]);
  });

  it('is stuck for reasons unknown without a FUSE mount', async () => {
    const wait = await waitOf({ processes: [waiter({ blocked: EXEC_LOCKED, stack: '' })] }, 60);
    expect(wait).toMatchObject({ kind: 'exec-stuck', hops: [] });
  });

  it('is not thought of when only cmdline blocks', async () => {
    expect((await waitOf(host(waiter({ blocked: ['cmdline'], call: 'pause()', stack: '' })), 60)).kind).toBe(
      'sleep',
    );
  });
});
