import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../support/fake-host.ts';
import { diagnosed, path, told } from '../support/looks.ts';

const init: FakeProcess = { pid: 1, comm: 'init', call: 'epoll_wait(4)', stack: 'do_epoll_wait' };
const writes = (fd: number): Partial<FakeProcess> => ({
  call: `write(${fd})`,
  stack: 'anon_pipe_write < vfs_write',
});
const reads = (fd: number): Partial<FakeProcess> => ({
  call: `read(${fd})`,
  stack: 'anon_pipe_read < vfs_read',
});
const waits = (pid: number): Partial<FakeProcess> => ({ call: `wait4(${pid})`, stack: 'do_wait' });
const idle: Partial<FakeProcess> = { call: 'epoll_wait(9)', stack: 'do_epoll_wait' };

/** Two processes with a pipe each way: 60 writes into 8 and reads 9, 70 the other way round. */
const pair = (a: Partial<FakeProcess>, b: Partial<FakeProcess>, ...others: FakeProcess[]) => ({
  processes: [
    init,
    { pid: 60, comm: 'a', fds: { 4: 'w pipe:[8]', 5: 'r pipe:[9]' }, ...a },
    { pid: 70, comm: 'b', ppid: 60, fds: { 0: 'r pipe:[8]', 1: 'w pipe:[9]' }, ...b },
    ...others,
  ],
});

describe('a circle of waits', () => {
  it.each<[string, Partial<FakeProcess>, Partial<FakeProcess>, number, string[]]>([
    ['of full pipes', writes(4), writes(1), 60, ['pipe-full → process:70']],
    ['of full pipes, asked of the other one', writes(4), writes(1), 70, ['pipe-full → process:60']],
    ['of a wait and a full pipe', waits(70), writes(1), 60, ['pipe-full → process:60']],
    ['of a wait and an input that is kept open', waits(70), reads(0), 60, ['pipe-held → process:60']],
    ['of readers', reads(5), reads(0), 60, ['pipe-held → process:70']],
    ['of a reader and a writer', reads(5), { ...writes(1), fds: { 1: 'w pipe:[7]' } }, 60, []],
  ])('%s', async (_, a, b, ask, expected) => {
    expect(told(await diagnosed(pair(a, b), ask)).filter((line) => !line.includes('→ pipe:'))).toEqual(
      expected,
    );
  });

  it('is drawn once around, and names who waits for whom', async () => {
    const { findings, verdict } = await diagnosed(pair(writes(4), writes(1)), 60);
    expect(path(findings[0]?.chain)).toBe(
      'process:60 > pipe:pipe:[8] > process:70 > pipe:pipe:[9] > process:60',
    );
    expect(findings[0]).toMatchObject({ severity: 'critical', confidence: 'certain' });
    expect(verdict.summary).toBe('deadlock: 60 a and 70 b wait for each other');
    expect(findings[0]?.remedies.map(({ command }) => command)).toEqual([
      'timeout 10 cat /proc/70/fd/0 > taken-out',
      'kill 70',
      '',
    ]);
  });

  it('explains who waits for one of its members', async () => {
    const outside = { pid: 80, comm: 'x', ...writes(3), fds: { 3: 'w pipe:[8]' } };
    const diagnosis = await diagnosed(pair(writes(4), writes(1), outside), 80);
    expect(told(diagnosis)[0]).toBe('pipe-full → process:60');
    expect(diagnosis.findings[0]?.title).toMatch(/^deadlock/);
  });

  it('of one is told as that', async () => {
    const { findings } = await diagnosed(
      { processes: [init, { pid: 60, fds: { 4: 'rw pipe:[8]' }, ...writes(4) }] },
      60,
    );
    expect(findings[0]).toMatchObject({
      culprit: { pid: 60 },
      title: 'deadlock with itself: write(4, pipe:[8])',
    });
  });
});

describe('no deadlock', () => {
  it('of readers, one of which has another thread', async () => {
    const diagnosis = await diagnosed(pair(reads(5), { ...reads(0), threads: [{ tid: 71, ...idle }] }), 60);
    expect(told(diagnosis)).toEqual([]);
  });

  it('of readers, when a third one could write', async () => {
    const third = { pid: 80, ppid: 60, comm: 'c', ...idle, fds: { 1: 'w pipe:[9]' } };
    expect(told(await diagnosed(pair(reads(5), reads(0), third), 60))).toEqual([]);
  });

  it('of writers, when a third one could read: each is told by itself, with the other', async () => {
    const third = { pid: 80, ppid: 60, comm: 'c', state: 'T', exitCode: 19, fds: { 0: 'r pipe:[8]' } };
    const { findings } = await diagnosed(pair(writes(4), writes(1), third), 60);
    expect(findings[0]?.title).not.toMatch(/deadlock/);
  });

  it('of many-threaded writers is sure: the neighbour is to blame all the same', async () => {
    const more = { threads: [{ tid: 71, ...idle }] };
    const diagnosis = await diagnosed(pair(writes(4), { ...writes(1), ...more }), 60);
    expect(told(diagnosis)).toEqual(['pipe-full → process:70']);
    expect(diagnosis.findings[0]?.title).toBe('pipe full: 70 b does not read');
  });

  it('of one who waits for any of several children', async () => {
    const sibling = { pid: 80, ppid: 60, comm: 'c', ...idle };
    const diagnosis = await diagnosed(pair({ ...waits(-1) }, reads(0), sibling), 60);
    expect(told(diagnosis)).toEqual([]);
  });

  it('of named pipes that wait for somebody to write', async () => {
    const diagnosis = await diagnosed(
      {
        processes: [
          init,
          { pid: 60, comm: 'a', ...waits(70), fds: { 4: 'w /run/fifo' } },
          { pid: 70, comm: 'b', ppid: 60, ...reads(0), fds: { 0: 'r /run/fifo' } },
        ],
      },
      60,
    );
    expect(told(diagnosis)).toEqual([]);
  });

  it('of somebody who moves', async () => {
    const host = pair({ ...writes(4), switches: 5 }, { ...writes(1), switches: 5 });
    const diagnosis = await diagnosed(
      { ...host, looks: [{ 70: { switches: 9 } }, { 70: { switches: 12 } }] },
      60,
    );
    expect(diagnosis.findings.every(({ title }) => !title.startsWith('deadlock'))).toBe(true);
  });
});

it('of locks is told first, whichever of its members is asked, and by whichever way one comes to another', async () => {
  const int = (...words: number[]) => words.flatMap((word) => [word & 255, (word >> 8) & 255, 0, 0]);
  // 60 reads from 70, whose main thread waits for a mutex of its second, which waits for the file lock of 60.
  const reader: FakeProcess = {
    pid: 60,
    comm: 'reader',
    ...reads(5),
    fds: { 3: 'rw /data/f', 5: 'r pipe:[9]' },
    fdinfo: { 3: ['ino: 77', 'lock:\t1: FLOCK  ADVISORY  WRITE 60 08:01:77 0 EOF'] },
  };
  const writer: FakeProcess = {
    pid: 70,
    comm: 'writer',
    call: 'futex(0x7f0000000100, 0x80, 2)',
    stack: 'futex_do_wait',
    memory: { '7f0000000100': int(2, 1, 71, 1, 0) },
    threads: [{ tid: 71, call: 'flock(3, 2)', stack: 'locks_lock_inode_wait' }],
    fds: { 1: 'w pipe:[9]', 3: 'rw /data/f' },
    fdinfo: { 3: ['ino: 77'] },
  };
  const files = {
    '/proc/locks':
      '1: FLOCK  ADVISORY  WRITE 60 08:01:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 70 08:01:77 0 EOF\n',
  };
  for (const ask of [60, 70]) {
    expect(told(await diagnosed({ processes: [init, reader, writer], files }, ask))[0]).toMatch(
      /^futex-deadlock/,
    );
  }
});
