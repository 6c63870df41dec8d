import { describe, expect, it } from 'vitest';
import { Evidence } from '../../src/evidence/evidence.ts';
import { World } from '../../src/evidence/world.ts';
import { walk } from '../../src/waits/walk.ts';
import { type FakeProcess, fakeHost } from '../support/fake-host.ts';
import { path, stepsOf } from '../support/looks.ts';

const READ = { call: 'read(0)', stack: 'anon_pipe_read < vfs_read' };
const WRITE = { call: 'write(1)', stack: 'anon_pipe_write < vfs_write' };

/** 100 writes to 101, that to 102 …; the last one is stopped. */
const line = (length: number): FakeProcess[] =>
  Array.from({ length }, (_, i) => ({
    pid: 100 + i,
    ...WRITE,
    fds: { 0: `r pipe:[${i}]`, 1: `w pipe:[${i + 1}]` },
    ...(i === length - 1 ? { state: 'T' } : {}),
  }));

it('follows a chain to its end, with all edges between', async () => {
  const steps = await stepsOf({ processes: line(4) }, 100);
  expect(steps.map(({ wait, depth }) => [wait.process.pid, wait.kind, depth])).toEqual([
    [100, 'pipe-write', 0],
    [101, 'pipe-write', 1],
    [102, 'pipe-write', 2],
    [103, 'stopped', 3],
  ]);
  expect(path(steps[3]?.chain)).toBe(
    'process:100 > pipe:pipe:[1] > process:101 > pipe:pipe:[2] > process:102 > pipe:pipe:[3] > process:103',
  );
  expect(steps[3]?.via?.step).toBe(steps[2]);
  expect(steps[0]?.next).toEqual([steps[1]]);
});

describe('limits', () => {
  it('ends at the depth', async () => {
    const steps = await stepsOf({ processes: line(10) }, 100, { depth: 3 });
    expect(steps.map(({ depth }) => depth)).toEqual([0, 1, 2, 3]);
  });

  it('ends at a number of steps, however wide the graph', async () => {
    const readers = Array.from({ length: 8 }, (_, i) => ({
      pid: 200 + i,
      ...WRITE,
      fds: { 0: 'r pipe:[1]', 1: `w pipe:[${2 + i}]` },
    }));
    const more = readers.flatMap((_, i) =>
      Array.from({ length: 8 }, (__, k) => ({
        pid: 300 + 8 * i + k,
        state: 'T',
        fds: { 0: `r pipe:[${2 + i}]` },
      })),
    );
    const first = { pid: 100, ...WRITE, fds: { 1: 'w pipe:[1]' } };
    const steps = await stepsOf({ processes: [first, ...readers, ...more] }, 100, { steps: 20 });
    expect(steps.length).toBeGreaterThanOrEqual(20);
    expect(steps.length).toBeLessThan(40);
  });
});

describe('cycles', () => {
  it('of two that write to each other are found, and ended', async () => {
    const processes = [
      { pid: 100, ...WRITE, fds: { 0: 'r pipe:[2]', 1: 'w pipe:[1]' } },
      { pid: 101, ...WRITE, fds: { 0: 'r pipe:[1]', 1: 'w pipe:[2]' } },
    ];
    const steps = await stepsOf({ processes }, 100);
    expect(steps.map(({ wait, cycle }) => [wait.process.pid, cycle?.depth])).toEqual([
      [100, undefined],
      [101, undefined],
      [100, 0],
    ]);
  });

  it('across kinds: a child that writes to the parent that waits for its end', async () => {
    const processes: FakeProcess[] = [
      { pid: 100, call: 'wait4(101, 0, 0)', stack: 'do_wait < kernel_wait4', fds: { 3: 'r pipe:[1]' } },
      { pid: 101, ppid: 100, ...WRITE, fds: { 1: 'w pipe:[1]' } },
    ];
    const steps = await stepsOf({ processes }, 100);
    expect(steps.map(({ wait, cycle }) => [wait.kind, cycle?.depth])).toEqual([
      ['wait-child', undefined],
      ['pipe-write', undefined],
      ['wait-child', 0],
    ]);
  });

  it('that do not come back to the target end too', async () => {
    const processes: FakeProcess[] = [
      { pid: 99, ...WRITE, fds: { 1: 'w pipe:[1]' } },
      { pid: 100, ...WRITE, fds: { 0: 'r pipe:[1]', 1: 'w pipe:[2]' } },
      { pid: 101, ...WRITE, fds: { 0: 'r pipe:[2]', 1: 'w pipe:[1]' } },
    ];
    const steps = await stepsOf({ processes }, 99);
    expect(
      steps
        .filter(({ cycle }) => cycle !== undefined)
        .map(({ wait, cycle }) => [wait.process.pid, cycle?.depth]),
    ).toEqual([[100, 1]]);
  });
});

describe('which threads of the next process', () => {
  const writer = { pid: 100, ...WRITE, fds: { 1: 'w pipe:[1]' } };

  it('the blocked ones, when there are any', async () => {
    const reader = {
      pid: 101,
      fds: { 0: 'r pipe:[1]' },
      threads: [{ tid: 102, state: 'D', stack: 'kernel_clone' }, { tid: 103 }],
    };
    const steps = await stepsOf({ processes: [writer, reader] }, 100);
    expect(steps.slice(1).map(({ wait }) => wait.thread.tid)).toEqual([102]);
  });

  it('the leader, when all are idle', async () => {
    const reader = { pid: 101, fds: { 0: 'r pipe:[1]' }, threads: [{ tid: 102 }, { tid: 103 }] };
    const steps = await stepsOf({ processes: [writer, reader] }, 100);
    expect(steps.slice(1).map(({ wait }) => wait.thread.tid)).toEqual([101]);
  });
});

describe('a wait for any of several children', () => {
  const shell = { pid: 100, call: 'wait4(-1, 0, 0)', stack: 'do_wait < kernel_wait4' };
  const writer = { pid: 101, ppid: 100, ...WRITE, fds: { 1: 'w pipe:[1]' } };
  const reader = { pid: 102, ppid: 100, fds: { 0: 'r pipe:[1]' } };
  const subshell = { ...shell, pid: 103, ppid: 100 };

  it.each<[string, FakeProcess[], number[]]>([
    ['all held up', [writer, { ...reader, state: 'T' }], [101, 102]],
    ['one free', [writer, reader], []],
    ['one at work', [writer, { ...reader, state: 'R' }], []],
    ['one dead', [writer, { ...reader, state: 'T' }, { pid: 104, ppid: 100, state: 'Z' }], []],
    [
      'one that waits for children who are held up',
      [writer, { ...reader, state: 'T' }, subshell, { pid: 105, ppid: 103, state: 'T' }],
      [101, 102, 103],
    ],
    [
      'one that waits for children of whom one is free',
      [writer, { ...reader, state: 'T' }, subshell, { pid: 105, ppid: 103 }, { pid: 106, ppid: 103 }],
      [],
    ],
    [
      'a reader of those that are held up',
      [
        { ...writer, state: 'T' },
        { ...reader, ...READ },
      ],
      [101, 102],
    ],
  ])('%s', async (_, children, expected) => {
    const steps = await stepsOf({ processes: [shell, ...children] }, 100);
    expect(steps.filter(({ depth }) => depth === 1).map(({ wait }) => wait.process.pid)).toEqual(expected);
    if (expected.length === 0) expect(steps).toHaveLength(1);
  });
});

it('of one thread that was asked about only that one is walked', async () => {
  const evidence = new Evidence(
    new World(fakeHost({ processes: [{ pid: 100, threads: [{ tid: 101, ...READ }] }] })),
  );
  const steps = await evidence.world.settle(() => {
    const process = evidence.process(100);
    return process === undefined ? [] : walk(evidence, process, { depth: 4, steps: 10 }, 101);
  });
  expect(steps.map(({ wait }) => wait.thread.tid)).toEqual([101]);
});

it('goes on at the thread of a server that waits for a child, not at the idle ones', async () => {
  const idle = { call: 'read(3)', stack: 'fuse_dev_do_read < fuse_dev_read < vfs_read' };
  const steps = await stepsOf(
    {
      mounts: [{ at: '/mnt/x', fs: 'fuse.lf', dev: '0:39' }],
      processes: [
        {
          pid: 60,
          call: 'openat(-100, 0x7f0000000100)',
          stack: 'request_wait_answer < __fuse_simple_request < fuse_send_open',
          memory: { '7f0000000100': '/mnt/x/f' },
        },
        {
          pid: 70,
          comm: 'lf',
          call: 'futex(0x7f0000000200, 0x189, 0)',
          stack: 'futex_do_wait < __futex_wait',
          threads: [
            { tid: 71, ...idle },
            { tid: 72, call: 'wait4(80, 0, 0)', stack: 'do_wait < kernel_wait4' },
          ],
          fds: { 3: 'rw /dev/fuse' },
          fdinfo: { 3: ['fuse_connection: 39'] },
        },
        {
          pid: 80,
          ppid: 70,
          parentTid: 72,
          state: 'D',
          call: 'vfork()',
          stack: 'kernel_clone < __do_sys_vfork',
        },
      ],
    },
    60,
  );
  expect(steps.map(({ wait }) => [wait.thread.tid, wait.kind])).toEqual([
    [60, 'fuse'],
    [72, 'wait-child'],
    [80, 'd-other'],
  ]);
});
