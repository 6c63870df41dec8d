import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../support/fake-host.ts';
import { causes, diagnosed, told } from '../support/looks.ts';

const sleeps = { call: 'nanosleep(0x7f0000000000, 0)', stack: 'hrtimer_nanosleep < common_nsleep' };
const see = (ask: number, ...processes: FakeProcess[]) => diagnosed({ processes }, ask);
const commands = async (ask: number, ...processes: FakeProcess[]) =>
  (await see(ask, ...processes)).findings[0]?.remedies.map(({ command }) => command);

describe('from inside of a PID namespace', () => {
  const inner = { pid: 4026539999, pid_for_children: 4026539999 };
  const init: FakeProcess = { pid: 1, comm: 'app', ns: inner, ...sleeps };
  const orphan: FakeProcess = { pid: 60, comm: 'orphan', state: 'Z' };

  it.each([1, 60])('its init is one, asked of %d', async (ask) => {
    const diagnosis = await see(ask, init, orphan);
    expect(told(diagnosis)).toEqual(['pidns-init-not-reaping → process:1']);
    // Neither does anything.
    expect(diagnosis.findings[0]?.remedies.every(({ command }) => command === '')).toBe(true);
  });

  it('its init drops signals as well', async () => {
    expect(causes(await see(1, init))).toContain('pidns-init-ignores-signals');
  });

  describe('where the link of PID 1 may not be read', () => {
    const unread = { ...init, denied: ['ns'], ns: { pid: 0 } };
    const asked = (ours: string, ...others: FakeProcess[]) =>
      diagnosed({ files: { 'links:/proc/self/ns': ours }, processes: [unread, orphan, ...others] }, 60);
    const link = (inode: number) => `pid\tlrwxrwxrwx\tpid:[${inode}]\0`;

    it.each([
      ['an init', 4026539999, 'pidns-init-not-reaping'],
      ['the host’s', 4026531836, 'zombie-parent-not-waiting'],
    ])('our own tells that it is %s', async (_, inode, cause) => {
      expect(told(await asked(link(inode)))).toEqual([`${cause} → process:1`]);
    });

    it.each<[string, string, Partial<FakeProcess>]>([
      ['an init', 'pidns-init-not-reaping', { ppid: 1 }],
      ['the host’s', 'zombie-parent-not-waiting', { ppid: 0, kthread: true }],
    ])(
      'and ours neither, the kernel’s threads, which only the host has, tell that it is %s',
      async (_, cause, second) => {
        const diagnosis = await asked('', { pid: 2, comm: 'kthreadd', ...second });
        expect(told(diagnosis)).toEqual([`${cause} → process:1`]);
      },
    );
  });

  it('a zombie of a parent outside is that one’s, likely, and its init is innocent', async () => {
    const entered = { ...orphan, ppid: 0 };
    const diagnosis = await see(60, init, entered);
    expect(told(diagnosis)).toEqual(['zombie-parent-not-waiting → process:0']);
    expect(diagnosis.findings[0]?.confidence).toBe('likely');
    expect(told(await see(1, init, entered))).toEqual([]);
  });
});

describe('on the host', () => {
  it('nobody is told to kill PID 1', async () => {
    const init: FakeProcess = { pid: 1, comm: 'init', ...sleeps };
    expect(await commands(60, init, { pid: 60, state: 'Z' })).toEqual(['', '']);
  });

  it('SIGCHLD is sent only to a parent that can hear it', async () => {
    const dead: FakeProcess = { pid: 60, state: 'Z', ppid: 50 };
    const deaf: FakeProcess = { pid: 50, comm: 'parent', ...sleeps };
    expect(await commands(60, deaf, dead)).toEqual(['kill 50', '']);
    for (const ears of [{ sigCgt: 0x10000n }, { sigBlk: 0x10000n }])
      expect(await commands(60, { ...deaf, ...ears }, dead)).toEqual(['kill -CHLD 50', 'kill 50', '']);
  });
});

describe('a namespace that cannot end', () => {
  const zap: FakeProcess = {
    pid: 70,
    comm: 'app',
    nsPid: [70, 1],
    ns: { pid: 5 },
    flags: 4,
    stack: 'zap_pid_ns_processes < do_exit',
    call: 'exit_group()',
  };
  const member: FakeProcess = { pid: 71, comm: 'worker', ppid: 70, nsPid: [71, 2], ns: { pid: 5 } };
  const tracer: FakeProcess = { pid: 80, comm: 'gdb', ...sleeps };
  const inVfork = { state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' };
  const heldInExit = { state: 't', tracerPid: 80, stack: 'ptrace_stop < do_exit' };

  it.each<[string, Partial<FakeProcess>, number]>([
    ['a member in D', inVfork, 71],
    ['a member that its tracer holds in its exit', heldInExit, 80],
    ['a zombie that its tracer withholds', { state: 'Z', tracerPid: 80 }, 80],
  ])('for %s', async (_, changes, culprit) => {
    expect(told(await see(70, zap, { ...member, ...changes }, tracer))[0]).toBe(
      `pidns-teardown-stuck → process:${culprit}`,
    );
  });

  it('the zombie’s own story is that of its tracer, not of a dying parent inside', async () => {
    expect(told(await see(71, zap, { ...member, state: 'Z', tracerPid: 80 }, tracer))).toEqual([
      'ptrace-zombie-held → process:80',
    ]);
  });
});

it('a parent in D whose other child is stopped is told as one story', async () => {
  const kid = { pid: 80, ppid: 50, state: 'T', exitCode: 19, flags: 0x40, stack: 'do_signal_stop' };
  const parent = { pid: 50, state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' };
  expect(told(await see(60, parent, { pid: 60, state: 'Z', ppid: 50 }, kid))).toEqual([
    'zombie-parent-dstate → process:80',
    'd-vfork-wait → process:80',
    'stopped → process:80',
  ]);
});

it('a zombie of a frozen parent is told how the cgroup is thawed', async () => {
  const diagnosis = await diagnosed(
    {
      files: {
        '/sys/fs/cgroup/batch/cgroup.events': 'frozen 1\n',
        '/sys/fs/cgroup/batch/cgroup.freeze': '1\n',
      },
      processes: [
        {
          pid: 50,
          call: 'wait4(60, 0, 0)',
          stack: 'get_signal < arch_do_signal_or_restart',
          cgroup: '/batch',
        },
        { pid: 60, state: 'Z', ppid: 50 },
      ],
    },
    60,
  );
  expect(causes(diagnosis)[0]).toBe('zombie-parent-stopped');
  expect(diagnosis.findings[0]?.remedies[0]?.command).toBe('echo 0 > /sys/fs/cgroup/batch/cgroup.freeze');
});

it('a child that its terminal stopped is not just continued', async () => {
  const cat = {
    state: 'T',
    exitCode: 21,
    ttyNr: 34819,
    pgrp: 60,
    tpgid: 50,
    call: 'read(0)',
    stack: 'do_signal_stop',
  };
  const shell = { pid: 50, comm: 'sh', call: 'wait4(60, 0, 0)', stack: 'do_wait < kernel_wait4' };
  const found = await commands(50, shell, { pid: 60, ppid: 50, ...cat });
  expect(found?.[0]).toBe('fg');
  expect(found).not.toContain('kill -CONT 60');
});

describe('a zombie', () => {
  const parent: FakeProcess = { pid: 50, comm: 'parent', ...sleeps };
  const dead = (asleep: number): FakeProcess => ({ pid: 60, comm: 'dead', state: 'Z', ppid: 50, asleep });

  it.each([
    [0.2, 'likely', 1000],
    [1.2, 'certain', 800],
    [30, 'certain', 0],
  ])('of %d s is %s its parent’s, and was watched', async (age, confidence, least) => {
    const { findings, timing } = await see(50, parent, dead(age));
    expect(findings[0]).toMatchObject({ rule: { id: 'zombie-parent-not-waiting' } });
    expect(findings[0]?.confidence).toBe(confidence);
    expect(timing.elapsedMs).toBeGreaterThanOrEqual(least);
  });

  it('that its parent comes to within a second is none', async () => {
    const host: FakeHost = { processes: [parent, dead(1.2)], looks: [{}, {}, { 60: { gone: true } }] };
    expect(told(await diagnosed(host, 50))).toEqual([]);
  });

  it('of a parent with one of several threads in D is likely that thread’s', async () => {
    const inD = { tid: 51, state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' };
    const { findings } = await see(60, { ...parent, threads: [inD] }, dead(30));
    expect(findings.find(({ rule }) => rule.id === 'zombie-parent-dstate')?.confidence).toBe('likely');
  });
});

it('an init of a namespace that is stopped is told as that, not for its zombies', async () => {
  const init: FakeProcess = { pid: 50, nsPid: [50, 1], state: 'T', exitCode: 19, stack: 'do_signal_stop' };
  const dead: FakeProcess = { pid: 60, ppid: 50, nsPid: [60, 2], state: 'Z' };
  expect(told(await see(50, init, dead))).toEqual(['stopped → process:50']);
  expect(told(await see(60, init, dead))).toEqual([
    'zombie-parent-stopped → process:50',
    'stopped → process:50',
  ]);
});
