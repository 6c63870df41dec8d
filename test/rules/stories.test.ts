import { describe, expect, it } from 'vitest';
import { rules } from '../../src/rules/index.ts';
import type { FakeProcess } from '../support/fake-host.ts';
import { causes, diagnosed, told } from '../support/looks.ts';
import { STORIES } from '../support/stories.ts';

describe.each(Object.entries(STORIES))('%s', (cause, { host, ask, told: expected }) => {
  it('is found with its culprit, and is first', async () => {
    const diagnosis = await diagnosed(host, ask);
    expect(told(diagnosis)).toEqual(expected);
  });

  it('cites lines that were read, and says what to do', async () => {
    const { findings } = await diagnosed(host, ask);
    const found = findings.find(({ rule }) => rule.id === cause);
    expect(found?.facts.length).toBeGreaterThan(0);
    expect(found?.facts.every(({ path }) => path.startsWith('/'))).toBe(true);
    expect(found?.remedies.length).toBeGreaterThan(0);
    expect(`${found?.title} ${found?.summary} ${found?.because}`).not.toMatch(/undefined|NaN|\[object/);
  });
});

/** Notes: nothing is wrong, and somebody may want to know. */
const NOTES: Readonly<Record<string, FakeProcess[]>> = {
  'ptrace-traced-running': [
    { pid: 60, tracerPid: 70 },
    { pid: 70, comm: 'strace' },
  ],
  'pidns-init-ignores-signals': [{ pid: 60, nsPid: [60, 1] }],
  'orphan-adopted': [{ pid: 60, session: 50 }],
  'zombie-leader-live-threads': [{ pid: 60, state: 'Z', threads: [{ tid: 61 }] }],
  'signal-ignored': [{ pid: 60, sigIgn: 0x2n }],
  'signal-signalfd': [
    {
      pid: 60,
      sigBlk: 0x4000n,
      fds: { 3: 'rw anon_inode:[signalfd]' },
      fdinfo: { 3: ['sigmask: 0000000000004000'] },
    },
  ],
  'signal-no-tty': [{ pid: 60 }],
  'signal-not-foreground': [{ pid: 60, ttyNr: 34819, pgrp: 60, tpgid: 50, session: 50 }],
};

describe.each(Object.entries(NOTES))('%s', (cause, processes) => {
  it('is a note, and nothing is wrong', async () => {
    const diagnosis = await diagnosed({ processes: [{ pid: 1, comm: 'init' }, ...processes] }, 60);
    expect(causes(diagnosis)).toContain(cause);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.verdict.state).toBe('healthy');
  });
});

describe('a pipe whose only write end is the reader’s own', () => {
  const own = (changes: Partial<FakeProcess>) =>
    diagnosed(
      {
        processes: [
          { pid: 1, comm: 'init' },
          {
            pid: 60,
            call: 'read(0)',
            stack: 'anon_pipe_read < vfs_read',
            fds: { 0: 'r pipe:[9]', 1: 'w pipe:[9]' },
            ...changes,
          },
        ],
      },
      60,
    );

  it('never ends', async () => {
    expect(told(await own({}))).toEqual(['pipe-held → process:60']);
  });

  it.each<[string, Partial<FakeProcess>]>([
    ['another thread', { threads: [{ tid: 61 }] }],
    ['the handler of a signal', { sigCgt: 0x4000n }],
  ])('may be written by %s: a note', async (_, changes) => {
    const diagnosis = await own(changes);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.findings[0]).toMatchObject({ rule: { id: 'pipe-held' }, confidence: 'possible' });
    expect(diagnosis.verdict).toMatchObject({ state: 'healthy', idle: 'idle-read' });
  });
});

it('a daemon that an init may have adopted, and reads from: a note', async () => {
  const diagnosis = await diagnosed(
    {
      processes: [
        { pid: 1, comm: 'init' },
        {
          pid: 60,
          nsPid: [60, 1],
          session: 60,
          call: 'read(0)',
          stack: 'anon_pipe_read < vfs_read',
          fds: { 0: 'r pipe:[9]' },
        },
        { pid: 70, ppid: 60, session: 70, fds: { 1: 'w pipe:[9]' } },
      ],
    },
    60,
  );
  expect(told(diagnosis)).toEqual([]);
  expect(diagnosis.findings.find(({ rule }) => rule.id === 'pipe-held')).toMatchObject({
    severity: 'info',
    confidence: 'possible',
    culprit: { pid: 70 },
  });
  expect(diagnosis.verdict.state).toBe('healthy');
});

describe('a stopped child for which no wait is seen', () => {
  const stopped: FakeProcess = { pid: 70, ppid: 60, state: 'T', exitCode: 19 };
  const ask = (parent: Partial<FakeProcess>, ...children: FakeProcess[]) =>
    diagnosed({ processes: [{ pid: 1, comm: 'init' }, { pid: 60, ...parent }, ...children] }, 60);
  const NAP = { call: 'clock_nanosleep()', stack: 'hrtimer_nanosleep' };

  it.each<[string, Partial<FakeProcess>, FakeProcess[]]>([
    ['looked after now and then', NAP, [stopped]],
    ['beside another', { call: 'wait4(-1, 0, 0)', stack: 'do_wait' }, [stopped, { pid: 71, ppid: 60 }]],
  ])('%s is a note', async (_, parent, children) => {
    const diagnosis = await ask(parent, ...children);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.verdict.state).toBe('healthy');
    expect(diagnosis.findings[0]).toMatchObject({
      rule: { id: 'wait-on-stopped-child' },
      severity: 'info',
      confidence: 'possible',
      culprit: { pid: 70 },
    });
  });

  it.each<[string, Partial<FakeProcess>, FakeProcess[]]>([
    ['of a shell, a job', NAP, [{ ...stopped, ttyNr: 34819, pgrp: 70 }]],
    ['of an init', { ...NAP, nsPid: [60, 1] }, [stopped]],
    ['that is told already', { call: 'wait4(70, 0, 0)', stack: 'do_wait' }, [stopped]],
  ])('%s is no note', async (_, parent, children) => {
    const { findings } = await ask(parent, ...children);
    expect(findings.filter(({ rule, severity }) => severity === 'info' && rule.family === 'wait')).toEqual(
      [],
    );
  });
});

describe('cgroup-cpu-throttled', () => {
  it('is not what keeps one off the CPU whose cgroup was throttled at some time in the past', async () => {
    const story = STORIES['cgroup-cpu-throttled']!;
    const files = {
      ...story.host.files,
      // Periods of 100 ms, several of which lie between the looks: had one ended early, it would be counted.
      '/sys/fs/cgroup/small/cpu.max': '10000 100000\n',
    };
    expect(causes(await diagnosed({ ...story.host, files }, story.ask))).not.toContain(
      'cgroup-cpu-throttled',
    );
  });
});

describe('cgroup-pids-max', () => {
  const story = STORIES['cgroup-pids-max']!;
  const [init, shell, asked] = story.host.processes;
  const ask = (changes: Partial<typeof story.host>, process: Partial<FakeProcess> = {}) =>
    diagnosed(
      { ...story.host, ...changes, processes: [init!, shell!, { ...asked!, ...process }] },
      story.ask,
    );

  it.each([
    ['no fork was refused', { filesAtLooks: [] }],
    ['it did not run itself', { looks: [] }],
  ])('is a note while %s', async (_, changes) => {
    const diagnosis = await ask(changes);
    expect(told(diagnosis)).toEqual([]);
    expect(causes(diagnosis)).toContain('cgroup-pids-max');
    // It was given its time to try again.
    expect(diagnosis.timing.elapsedMs).toBeGreaterThanOrEqual(1000);
  });

  it('is told of one that is seen in its fork', async () => {
    const forks = {
      state: 'D',
      call: 'clone(17)',
      stack: 'exit_task_namespaces < copy_process < kernel_clone',
    };
    expect(causes(await ask({}, forks))).toContain('cgroup-pids-max');
  });

  it('is none while there is room', async () => {
    const files = { ...story.host.files, '/sys/fs/cgroup/small/pids.current': '19\n' };
    expect(causes(await ask({ files }))).not.toContain('cgroup-pids-max');
  });

  it('is not asked of one that waits for something else', async () => {
    const waits = { call: 'epoll_wait(4)', stack: 'do_epoll_wait' };
    expect(causes(await ask({}, waits))).not.toContain('cgroup-pids-max');
  });
});

describe('threads of which none can wake another', () => {
  const waits = (call: string, stack = 'futex_do_wait < __futex_wait') => ({ call, stack });
  const SEMAPHORE = waits('futex(0x7f0000000100, 0x189, 0, 0, 0)');
  const TIMED = waits('futex(0x7f0000000100, 0x189, 0, 0x7f0000000800, 0)');
  const process = (...threads: Partial<FakeProcess>[]) => ({
    processes: [
      { pid: 1, comm: 'init' },
      {
        pid: 60,
        comm: 'app',
        ...threads[0],
        threads: threads.slice(1).map((each, at) => ({ tid: 61 + at, ...each })),
      },
    ],
  });
  const JOIN = waits('futex(0x7f0000000900, 0x109, 61, 0, 0)');

  it.each([
    ['semaphores', [SEMAPHORE, SEMAPHORE]],
    ['semaphores, and one that joins them', [JOIN, SEMAPHORE, SEMAPHORE]],
  ])('all wait, for %s: a note', async (_, threads) => {
    const diagnosis = await diagnosed(process(...threads), 60);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.findings[0]).toMatchObject({ rule: { id: 'futex-deadlock' }, confidence: 'possible' });
    expect(diagnosis.findings[0]?.facts.length).toBeGreaterThan(0);
    expect(diagnosis.verdict).toMatchObject({ state: 'healthy', idle: 'idle-futex' });
  });

  it.each([
    ['one waits with a limit', [SEMAPHORE, TIMED]],
    ['one waits for something else', [SEMAPHORE, waits('epoll_wait(4)', 'do_epoll_wait')]],
    ['the word is shared with other processes', [SEMAPHORE, waits('futex(0x7f0000000100, 0x109, 0, 0, 0)')]],
    ['there is one alone', [SEMAPHORE]],
    ['one is joined, and waits', [JOIN, SEMAPHORE]],
  ])('say nothing while %s', async (_, threads) => {
    expect(causes(await diagnosed(process(...threads), 60))).not.toContain('futex-deadlock');
  });
});

describe('busy', () => {
  const busy = (changes: Partial<FakeProcess>, from: Partial<FakeProcess> = {}) =>
    diagnosed(
      {
        processes: [{ pid: 1 }, { pid: 60, comm: 'app', state: 'R', utime: 0, stime: 0, ...from }],
        looks: [{ 60: { utime: 4, stime: 4 } }, { 60: { utime: 8, stime: 8 } }, { 60: changes }],
      },
      60,
    );

  it.each([
    ['busy-user', { utime: 28, stime: 2 }],
    ['busy-sys', { utime: 2, stime: 28 }],
  ])('%s by where the time went', async (cause, ticks) => {
    const diagnosis = await busy(ticks);
    expect(causes(diagnosis)).toContain(cause);
    expect(diagnosis.verdict).toMatchObject({ state: 'healthy', idle: 'running' });
  });

  it.each([
    ['one that got little of a CPU, and slept', { utime: 4, stime: 0, switches: 60 }],
    ['one that slept at a look', { utime: 28, stime: 2, state: 'S' }],
  ])('is not %s', async (_, changes) => {
    expect(causes(await busy(changes)).filter((cause) => cause.startsWith('busy'))).toEqual([]);
  });
});

it('every rule that finds something is told a story here', () => {
  const busy = ['busy-user', 'busy-sys'];
  const covered = new Set([...Object.keys(STORIES), ...Object.keys(NOTES), ...busy]);
  expect(
    rules
      .filter(({ find }) => find !== undefined)
      .map(({ id }) => id)
      .filter((id) => !covered.has(id)),
  ).toEqual([]);
});
