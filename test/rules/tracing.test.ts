import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../support/fake-host.ts';
import { causes, diagnosed, path, told } from '../support/looks.ts';

const init: FakeProcess = { pid: 1, comm: 'init', call: 'epoll_wait(4)', stack: 'do_epoll_wait' };
const traced: FakeProcess = {
  pid: 60,
  comm: 'app',
  state: 't',
  tracerPid: 70,
  stack: 'ptrace_stop < get_signal',
};
const sleeps = { call: 'nanosleep(0x7f0000000000, 0)', stack: 'hrtimer_nanosleep < common_nsleep' };
const waits = { call: 'wait4(-1, 0, 0x40000000)', stack: 'do_wait < kernel_wait4' };
const gdb: FakeProcess = { pid: 70, comm: 'gdb', ...sleeps };
const see = (ask: number, ...processes: FakeProcess[]) => diagnosed({ processes: [init, ...processes] }, ask);
const commands = async (...processes: FakeProcess[]) =>
  (await see(60, ...processes)).findings[0]?.remedies.map(({ command }) => command);

describe('a tracer that is no main thread', () => {
  // TracerPid names the thread.
  const threaded: FakeProcess = { pid: 70, comm: 'ide', ...sleeps, threads: [{ tid: 71, ...sleeps }] };

  it('is named by its process, which a person can end', async () => {
    const diagnosis = await see(60, threaded, { ...traced, tracerPid: 71 });
    expect(told(diagnosis)).toEqual(['ptrace-stopped → process:70']);
    expect(diagnosis.findings[0]?.remedies[0]?.command).toBe('kill -TERM 70');
    expect(diagnosis.findings[0]?.facts).toContainEqual({
      path: '/proc/71/status',
      line: 'Tgid:\t70',
      says: 'thread 71 of 70',
    });
  });

  it('is the one of its threads that matters', async () => {
    const vfork = { state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' };
    const busy = {
      ...threaded,
      threads: [
        { tid: 71, ...sleeps },
        { tid: 72, ...vfork },
      ],
    };
    expect(told(await see(60, busy, { ...traced, tracerPid: 71 }))).toEqual(['ptrace-stopped → process:70']);
    expect(told(await see(60, busy, { ...traced, tracerPid: 72 }))[0]).toMatch(/^ptrace-tracer-stopped/);
  });

  it('lives when its main thread is gone', async () => {
    const ghost = { ...threaded, state: 'Z' };
    expect(told(await see(60, ghost, { ...traced, tracerPid: 71 }))).toEqual(['ptrace-stopped → process:70']);
  });

  it('withholds no death from its own process', async () => {
    const dead = { pid: 60, comm: 'dead', state: 'Z', ppid: 70, tracerPid: 71 };
    expect(told(await see(60, threaded, dead))).toEqual(['zombie-parent-not-waiting → process:70']);
  });

  it('is told to slow down a process that is in one stop after the other', async () => {
    const host = {
      processes: [init, threaded, { ...traced, tracerPid: 71 }],
      looks: [{ 60: { switches: 99 } }],
    };
    const diagnosis = await diagnosed(host, 60);
    expect(told(diagnosis)).toEqual([]);
    expect(causes(diagnosis)).toContain('ptrace-traced-running');
  });

  it('is told to slow down a process that runs', async () => {
    const diagnosis = await see(60, threaded, { pid: 60, comm: 'app', tracerPid: 71, ...sleeps });
    expect(diagnosis.findings.find(({ rule }) => rule.id === 'ptrace-traced-running')?.culprit?.pid).toBe(70);
  });
});

describe('a tracer that is held up', () => {
  const child: FakeProcess = {
    pid: 80,
    comm: 'child',
    ppid: 70,
    state: 'T',
    exitCode: 19,
    flags: 0x40,
    stack: 'do_signal_stop < get_signal',
  };

  it('in D, by a child that is stopped itself, is told as one story', async () => {
    const tracer = { ...gdb, state: 'D', call: 'vfork()', stack: 'kernel_clone < __do_sys_vfork' };
    expect(told(await see(60, tracer, child, traced))).toEqual([
      'ptrace-tracer-stopped → process:80',
      'd-vfork-wait → process:80',
      'stopped → process:80',
    ]);
  });

  it('and keeps a zombie is continued before it is ended: it takes no SIGTERM', async () => {
    const boss: FakeProcess = { pid: 50, comm: 'boss', call: 'wait4(60, 0, 0)', stack: 'do_wait' };
    const dead = { pid: 60, comm: 'dead', state: 'Z', ppid: 50, tracerPid: 70 };
    const stopped = { ...gdb, state: 'T', exitCode: 19, stack: 'do_signal_stop' };
    expect(await commands(boss, dead, stopped)).toEqual(['kill -CONT 70', 'kill -KILL 70', '']);
    expect(await commands(boss, dead, gdb)).toEqual(['kill 70', '']);
  });
});

describe('what becomes of a tracee when its tracer ends', () => {
  const risk = async (exitCode: number, changes: Partial<FakeProcess> = {}) => {
    const { findings } = await see(60, gdb, { ...traced, exitCode, ...changes });
    const remedy = findings[0]?.remedies.find(({ command }) => command.startsWith('kill -TERM'));
    return `${remedy?.effect}. ${remedy?.risk}`;
  };

  it.each<[string, number, RegExp]>([
    ['a stop that was collected', 0, /runs on/],
    ['of a system call, with PTRACE_O_TRACESYSGOOD', 133, /runs on/],
    ['of an event', 0x8005, /runs on/],
    ['of an attach', 19, /is in T; then: kill -CONT 60/],
    ['of an execve after PTRACE_TRACEME', 5, /kills 60/],
    ['of a signal', 10, /\(10\).*may end 60/],
  ])('%s', async (_, exitCode, expected) => {
    expect(await risk(exitCode)).toMatch(expected);
  });

  it('what its tracer has not waited for, but has to', async () => {
    expect(await commands(gdb, { ...traced, exitCode: 5 })).toEqual(['', 'kill -TERM 70', '']);
  });
});

describe('stopped in the middle of its exit', () => {
  const exiting = { ...traced, stack: 'ptrace_stop < ptrace_do_notify < do_exit < do_group_exit' };

  it('no further SIGKILL ends it', async () => {
    const { findings, verdict } = await see(60, gdb, exiting);
    expect(verdict.killable).toBe(false);
    expect(findings[0]?.summary).toContain('in the middle of its exit');
    expect(findings[0]?.remedies.at(-1)?.effect).toMatch(/^SIGKILL does nothing/);
  });

  it('the exit code of the process is none of the stop', async () => {
    // As after SIGKILL: 9 in the stat of the process, 0 (collected) in that of its task.
    const { findings } = await see(60, gdb, { ...exiting, groupStop: 9 });
    expect(findings[0]?.summary).toContain('has collected the stop');
  });
});

describe('what is not told to everybody', () => {
  const as = (uid: number, ...processes: FakeProcess[]) =>
    diagnosed({ uid, processes: [init, ...processes] }, 60);

  it('makes a tracing stop likely: it may be a SIGSTOP that the tracer leaves alone', async () => {
    const told = async (uid: number) => (await as(uid, gdb, traced)).findings[0];
    expect(await told(0)).toMatchObject({ rule: { id: 'ptrace-stopped' }, confidence: 'certain' });
    expect(await told(1000)).toMatchObject({ rule: { id: 'ptrace-stopped' }, confidence: 'likely' });
  });

  it('makes a stop in the background of a terminal likely: it may be the terminal’s', async () => {
    const job = { pid: 60, state: 'T', exitCode: 19, stack: 'do_signal_stop', ttyNr: 34819, pgrp: 60 };
    const found = async (uid: number, tpgid: number) => (await as(uid, { ...job, tpgid })).findings[0];
    expect(await found(0, 50)).toMatchObject({ rule: { id: 'stopped' }, confidence: 'certain' });
    expect(await found(1000, 60)).toMatchObject({ rule: { id: 'stopped' }, confidence: 'certain' });
    expect(await found(1000, 50)).toMatchObject({ rule: { id: 'stopped' }, confidence: 'likely' });
  });

  it('promises no SIGKILL to one that may stand in its exit', async () => {
    const exits = { ...traced, stack: undefined, call: 'exit_group(0)', denied: ['stack'] };
    expect((await see(60, gdb, exits)).verdict.killable).toBeUndefined();
    expect((await see(60, gdb, { ...traced, denied: ['stack'] })).verdict.killable).toBe(true);
  });
});

describe('SIGSTOP under a tracer that knows of it', () => {
  const held = { ...traced, groupStop: 19 };

  it('is a stop, likely, while the tracer waits for what comes next', async () => {
    const diagnosis = await see(60, { ...gdb, ...waits }, held);
    expect(told(diagnosis)).toEqual(['stopped → process:60']);
    expect(diagnosis.findings[0]?.confidence).toBe('likely');
  });

  it('is the tracer’s, likely, when it sleeps elsewhere; SIGCONT is tried first', async () => {
    const diagnosis = await see(60, gdb, held);
    expect(told(diagnosis)).toEqual(['ptrace-stopped → process:70']);
    expect(diagnosis.findings[0]?.confidence).toBe('likely');
    expect(diagnosis.findings[0]?.remedies.map(({ command }) => command)).toEqual([
      'kill -CONT 60',
      'kill -TERM 70',
    ]);
  });
});

describe('a death that is withheld', () => {
  const dead: FakeProcess = { pid: 60, comm: 'dead', state: 'Z', ppid: 50, tracerPid: 70 };

  it('is told to a parent that only looks now and then', async () => {
    const diagnosis = await see(50, { pid: 50, comm: 'poller', ...sleeps }, dead, gdb);
    expect(told(diagnosis)).toEqual(['ptrace-zombie-held → process:70']);
    expect(path(diagnosis.findings[0]?.chain)).toBe('process:60 > process:70');
    expect(diagnosis.verdict.state).toBe('degraded');
  });

  it('comes after what the parent hangs in itself', async () => {
    const stopped = { pid: 50, comm: 'boss', state: 'T', exitCode: 19, stack: 'do_signal_stop' };
    expect(told(await see(50, stopped, dead, gdb))).toEqual([
      'stopped → process:50',
      'ptrace-zombie-held → process:70',
    ]);
  });

  describe('by a tracer outside of the PID namespace', () => {
    const hidden = { ...dead, ppid: 1, tracerPid: 0 };
    const inside = (call: string, zombie: Partial<FakeProcess> = {}, pid = 4026539999) =>
      diagnosed(
        {
          processes: [
            {
              pid: 1,
              comm: 'app',
              call,
              stack: 'do_wait < kernel_wait4',
              ns: { pid, pid_for_children: pid },
            },
            { ...hidden, ...zombie },
          ],
        },
        60,
      );

    it('shows by a parent that waits for just this one, and is not told', async () => {
      const diagnosis = await inside('wait4(60, 0, 0)');
      expect(told(diagnosis)).toEqual(['ptrace-zombie-held → process:0']);
      expect(diagnosis.findings[0]?.confidence).toBe('likely');
    });

    it.each([
      ['another child', 'wait4(61, 0, 0)'],
      ['those of another thread not', 'wait4(60, 0, 0x20000000)'],
      ['no deaths', 'waitid(1, 60, 0, 2)'],
    ])('does not, when it waits for %s', async (_, call) => {
      expect(told(await inside(call))).toEqual(['pidns-init-not-reaping → process:1']);
    });

    it('cannot be when the whole host is seen', async () => {
      expect(told(await inside('wait4(60, 0, 0)', {}, 4026531836))).toEqual([
        'zombie-parent-not-waiting → process:1',
      ]);
    });
  });
});

it('a task that is frozen and stopped needs both ended; all cgroups that are frozen are thawed', async () => {
  const diagnosis = await diagnosed(
    {
      files: {
        '/sys/fs/cgroup/a/b/cgroup.events': 'populated 1\nfrozen 1\n',
        '/sys/fs/cgroup/a/b/cgroup.freeze': '1\n',
        '/sys/fs/cgroup/a/cgroup.freeze': '1\n',
      },
      processes: [init, { pid: 60, state: 'T', exitCode: 19, stack: 'do_signal_stop', cgroup: '/a/b' }],
    },
    60,
  );
  expect(causes(diagnosis)[0]).toBe('cgroup-frozen');
  expect(diagnosis.findings[0]?.remedies.map(({ command }) => command)).toEqual([
    'echo 0 > /sys/fs/cgroup/a/cgroup.freeze',
    'echo 0 > /sys/fs/cgroup/a/b/cgroup.freeze',
    'kill -CONT 60',
  ]);
});
