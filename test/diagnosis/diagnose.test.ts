import { describe, expect, it, vi } from 'vitest';
import { examine } from '../../src/diagnosis/diagnose.ts';
import { firstLook } from '../../src/evidence/first-look.ts';
import { type FakeHost, type FakeProcess, fakeHost } from '../support/fake-host.ts';
import { diagnose, diagnosed, told } from '../support/looks.ts';

const OPTIONS = { depth: 16, sampleMs: 300, readMemory: false };
const mounts: FakeHost['mounts'] = [{ at: '/data', fs: 'ext4', dev: '8:1' }];
const FROZEN: FakeProcess = {
  pid: 60,
  comm: 'app',
  state: 'D',
  call: 'write(3)',
  stack: 'percpu_rwsem_wait < vfs_write',
  fds: { 3: 'w /data/f' },
};
const host = (process: FakeProcess, ...looks: NonNullable<FakeHost['looks']>): FakeHost => ({
  mounts,
  processes: [{ pid: 1 }, process],
  looks,
});

describe('how often it looks', () => {
  it.each<[string, FakeProcess, number]>([
    ['once at a healthy sleeper', { pid: 60 }, 1],
    ['twice at a trouble that is old and does not move', FROZEN, 2],
    ['twice at a stop, however young', { pid: 60, state: 'T', exitCode: 19, asleep: 0.1 }, 2],
  ])('%s', async (_, process, looks) => {
    expect((await diagnosed(host(process), 60)).timing.looks).toBe(looks);
  });

  it('and judges one look once: the canary, which is for the report, is no reason to judge it again', async () => {
    const source = fakeHost(host({ pid: 60 }));
    const evidence = firstLook(source, [60], false);
    const judged = vi.spyOn(evidence.world, 'losing');
    await examine(evidence, [60], OPTIONS);
    expect(source.asked).toContain('canary');
    expect(judged).toHaveBeenCalledTimes(1);
  });

  it('until a second is over, at a trouble that has just begun', async () => {
    const { timing, findings } = await diagnosed(host({ ...FROZEN, asleep: 0.01 }), 60);
    expect(timing.looks).toBeGreaterThan(5);
    expect(timing.elapsedMs).toBeGreaterThanOrEqual(1000);
    expect(timing.elapsedMs).toBeLessThan(1300);
    expect(findings[0]?.rule.id).toBe('d-fs-frozen');
  });

  it('for as long as it was told, when its age cannot be known', async () => {
    const { timing } = await diagnosed(host({ ...FROZEN, denied: ['sched'] }), 60, { sampleMs: 3000 });
    expect(timing.elapsedMs).toBeGreaterThanOrEqual(3000);
  });

  it('for its whole time at one that runs', async () => {
    const { timing } = await diagnosed(host({ pid: 60, state: 'R' }), 60);
    expect(timing.elapsedMs).toBeGreaterThanOrEqual(300);
    expect(timing.looks).toBe(4);
  });

  it('once, when it was told not to watch', async () => {
    const { timing, findings } = await diagnosed(host(FROZEN), 60, { sampleMs: 0 });
    expect(timing.looks).toBe(1);
    expect(findings[0]).toMatchObject({ because: expect.stringContaining('seen once') as string });
  });
});

it('is hung though another of its threads works, whose CPU time is that of the process too', async () => {
  const at = (utime: number) => ({ utime, threads: [{ tid: 61, state: 'R', utime }] });
  const diagnosis = await diagnosed(host({ ...FROZEN, ...at(0) }, { 60: at(30) }), 60);
  expect(told(diagnosis)).toEqual(['d-fs-frozen → mount:8:1']);
});

describe('what moves is not hung', () => {
  it.each<[string, Partial<FakeProcess>]>([
    ['it has slept and run', { switches: 99 }],
    ['it has used a CPU', { stime: 3 }],
    ['it runs now', { state: 'R', call: 'running', stack: '' }],
    ['it sleeps elsewhere', { stack: 'folio_wait_bit_common < filemap_read' }],
  ])('%s', async (_, later) => {
    const diagnosis = await diagnosed(host(FROZEN, { 60: later }), 60);
    expect(told(diagnosis)).toEqual([]);
    expect(diagnosis.verdict.state).toBe('healthy');
  });

  it('nor is who waits for what moves', async () => {
    const READ_END = { 0: 'r pipe:[9]' };
    const writer = {
      pid: 60,
      call: 'write(1)',
      stack: 'anon_pipe_write < vfs_write',
      fds: { 1: 'w pipe:[9]' },
    };
    const reader = { ...FROZEN, pid: 70, fds: { ...READ_END, 3: 'w /data/f' } };
    const diagnosis = await diagnosed(
      {
        mounts,
        processes: [{ pid: 1 }, writer, reader],
        looks: [{ 60: { switches: 99 }, 70: { switches: 99 } }],
      },
      60,
    );
    expect(told(diagnosis)).toEqual([]);
  });
});

describe('a process that is not there (any more)', () => {
  const codeOf = async (fake: FakeHost) => {
    const [result] = await diagnose(fakeHost(fake), [60], OPTIONS);
    return result !== undefined && 'error' in result ? result.error.code : 'none';
  };

  it.each<[string, string, FakeHost]>([
    ['never was', 'ERR_NO_PROCESS', { processes: [{ pid: 1 }] }],
    ['is gone at the second look', 'ERR_EXITED', host(FROZEN, { 60: { gone: true } })],
    [
      'is another one of that number at the second look',
      'ERR_EXITED',
      host(FROZEN, { 60: { startTime: 999_999 } }),
    ],
    ['is there', 'none', host(FROZEN)],
  ])('%s: %s', async (_, code, fake) => {
    expect(await codeOf(fake)).toBe(code);
  });

  it('does not keep the others from being told', async () => {
    const results = await diagnose(fakeHost(host(FROZEN)), [60, 61, 1], OPTIONS);
    expect(
      results.map((result) => ('error' in result ? result.error.code : result.diagnosis.verdict.state)),
    ).toEqual(['hung', 'ERR_NO_PROCESS', 'healthy']);
  });
});

it('a thread’s number asks about that thread of its process', async () => {
  const process = {
    pid: 60,
    comm: 'app',
    threads: [{ ...FROZEN, tid: 61 }, { tid: 62 }],
    fds: FROZEN.fds ?? {},
  };
  const diagnosis = await diagnosed(host(process), 61);
  expect(diagnosis.target).toMatchObject({ pid: 60, tid: 61, threads: 3 });
  expect(diagnosis.threads.map(({ tid }) => tid)).toEqual([61]);
  expect(told(await diagnosed(host(process), 62))).toEqual([]);
  expect(told(diagnosis)).toEqual(['d-fs-frozen → mount:8:1']);
});

it('a host with somebody stuck in execve is called hazardous, whoever was asked about', async () => {
  const stuck = { pid: 80, comm: 'stuck', blocked: ['stat', 'wchan', 'stack', 'syscall', 'fd', 'ns'] };
  const { host: facts } = await diagnosed({ processes: [{ pid: 1 }, { pid: 60 }, stuck] }, 60);
  expect(facts.hazards).toMatchObject([{ pid: 80, comm: 'stuck', facts: [{ path: '/proc/80/stat' }] }]);
});

describe('zombies', () => {
  const parent = { pid: 60, comm: 'parent' };
  const dead = (asleep: number) => ({ pid: 70, ppid: 60, state: 'Z', asleep });
  const ask = (asleep: number, ...looks: NonNullable<FakeHost['looks']>) =>
    diagnosed({ processes: [{ pid: 1 }, parent, dead(asleep)], looks }, 60);

  it('that are old are told', async () => {
    const diagnosis = await ask(60);
    expect(told(diagnosis)).toEqual(['zombie-parent-not-waiting → process:60']);
    expect(diagnosis.findings[0]?.because).toMatch(/^dead for 6[01] s/);
  });

  it('that are old need no more than two looks', async () => {
    expect((await ask(60)).timing.looks).toBe(2);
  });

  it('that are young are told when they are still there a second later', async () => {
    expect(told(await ask(0.01))).toEqual(['zombie-parent-not-waiting → process:60']);
  });

  it('that are reaped meanwhile are not told', async () => {
    expect(told(await ask(0.01, {}, { 70: { gone: true } }))).toEqual([]);
  });

  it('of which there are many are one finding', async () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ pid: 100 + i, ppid: 60, state: 'Z' }));
    const diagnosis = await diagnosed({ processes: [{ pid: 1 }, parent, ...many] }, 60);
    expect(told(diagnosis)).toEqual(['zombie-parent-not-waiting → process:60']);
    expect(diagnosis.findings[0]?.title).toMatch(/^50 zombies/);
  });
});

it('a chain of tracers is followed to its end', async () => {
  const diagnosis = await diagnosed(
    {
      processes: [
        { pid: 1 },
        { pid: 60, state: 't', tracerPid: 70, stack: 'ptrace_stop' },
        { pid: 70, state: 't', tracerPid: 80, stack: 'ptrace_stop' },
        { pid: 80, comm: 'gdb' },
      ],
    },
    60,
  );
  expect(told(diagnosis)[0]).toBe('ptrace-tracer-stopped → process:80');
});

it('a namespace that cannot end for a zombie whose parent lives outside blames that parent, whoever was asked', async () => {
  const ns = { pid: 5 };
  const processes: FakeProcess[] = [
    { pid: 1 },
    { pid: 50, comm: 'nsenter' },
    {
      pid: 60,
      comm: 'pause',
      nsPid: [60, 1],
      ns,
      flags: 4,
      stack: 'zap_pid_ns_processes < do_exit',
      call: 'exit_group()',
    },
    { pid: 70, comm: 'injected', ppid: 50, nsPid: [70, 2], ns, state: 'Z' },
  ];
  for (const pid of [60, 70, 50]) {
    expect(told(await diagnosed({ processes }, pid))[0]).toBe('pidns-teardown-stuck → process:50');
  }
});
