import { describe, expect, it } from 'vitest';
import type { StackReport } from '../../src/diagnosis/stack-types.ts';
import { interpretStacks } from '../../src/diagnosis/stacks.ts';

const LOCK = ['__schedule', 'schedule', 'schedule_preempt_disabled', '__mutex_lock'];

/** khungtaskd's report of one task, and the owner that it names. */
function report(comm: string, pid: number, frames: readonly string[], owner?: string): string {
  return [
    `INFO: task ${comm}:${pid} blocked for more than 120 seconds.`,
    block(comm, pid, 'D', frames),
    ...(owner === undefined
      ? []
      : [`INFO: task ${comm}:${pid} is blocked on a mutex likely owned by task ${owner}.`]),
    '',
  ].join('\n');
}

function block(comm: string, pid: number, state: string, frames: readonly string[]): string {
  return [
    `task:${comm} state:${state} stack:0 pid:${pid} tgid:${pid} ppid:1 task_flags:0x400000 flags:0x0`,
    'Call Trace:',
    ...frames.map((name) => ` ${name}+0x1/0x2`),
    '',
  ].join('\n');
}

function read(...parts: string[]): StackReport {
  const result = interpretStacks(parts.join(''));
  if ('error' in result) throw new Error(result.error);
  return result;
}

describe('chains of owners', () => {
  it('follows them to the end, and puts the end first', () => {
    const { tasks, groups } = read(
      report('a', 1, [...LOCK, 'foo_get'], 'b:2'),
      report('b', 2, [...LOCK, 'foo_put'], 'c:3'),
      block('c', 3, 'S', ['__schedule', 'schedule', 'request_wait_answer', 'fuse_lookup_name']),
    );
    expect(tasks[0]?.chain).toMatchObject([
      { pid: 1, comm: 'a', lock: 'mutex' },
      { pid: 2, comm: 'b', lock: 'mutex' },
      { pid: 3, comm: 'c', waitsFor: 'the answer of a FUSE daemon' },
    ]);
    expect(tasks[0]?.cycle).toBeUndefined();
    expect(groups[0]).toMatchObject({ subsystem: 'fuse', root: true, tasks: [{ pid: 3, comm: 'c' }] });
  });

  it('puts the victims of one owner together, whatever they do', () => {
    const { groups } = read(
      report('a', 1, [...LOCK, 'foo_get'], 'c:3'),
      report('b', 2, [...LOCK, 'bar_put'], 'c:3'),
      report('d', 4, ['__schedule', 'schedule', 'io_schedule', 'bit_wait_io']),
    );
    expect(groups.map(({ tasks, owner }) => [tasks.length, owner])).toEqual([
      [2, { pid: 3, comm: 'c' }],
      [1, undefined],
    ]);
    expect(groups[0]?.waitsFor).toBe('a mutex held by c:3');
  });

  it('names a deadlock', () => {
    const { tasks } = read(report('a', 1, LOCK, 'b:2'), report('b', 2, LOCK, 'a:1'));
    expect(tasks.map(({ cycle, chain }) => [cycle, chain?.length])).toEqual([
      [true, 2],
      [true, 2],
    ]);
  });

  it('ends at an owner whose stack is not there', () => {
    const { tasks } = read(report('a', 1, LOCK, 'gone:9'));
    expect(tasks[0]?.chain?.at(-1)).toEqual({ pid: 9, comm: 'gone', waitsFor: null });
  });
});

describe('what is benign', () => {
  it('never holds of a reported task', () => {
    const { tasks } = read(report('a', 1, ['__schedule', 'schedule', 'do_epoll_wait']));
    expect(tasks[0]).toMatchObject({ benign: false, reported: true, seconds: 120, killable: false });
  });

  it('is open for an idle-looking owner of a lock', () => {
    const { tasks } = read(
      report('a', 1, [...LOCK, 'foo'], 'c:3'),
      block('c', 3, 'S', ['__schedule', 'schedule', 'hrtimer_nanosleep']),
    );
    expect(tasks[1]).toMatchObject({ benign: null, owner: true });
  });

  it('is open for a stack of which nobody says whose it is', () => {
    const stack = '[<0>] ep_poll+0x1/0x2\n[<0>] do_epoll_wait+0x1/0x2\n';
    expect(read(stack).tasks[0]).toMatchObject({ subsystem: 'epoll', benign: null });
    expect(read(`# cat /proc/7/stack\n${stack}`).tasks[0]).toMatchObject({ pid: 7, benign: true });
  });

  it('holds of idle threads, which are grouped last', () => {
    const { groups } = read(
      block('idle', 1, 'S', ['__schedule', 'schedule', 'ep_poll', 'do_epoll_wait']),
      block('idle', 2, 'S', ['__schedule', 'schedule', 'ep_poll', 'do_epoll_wait']),
      block('stuck', 3, 'D', ['__schedule', 'schedule', 'rpc_wait_bit_killable', 'nfs4_proc_getattr']),
    );
    expect(groups.map(({ subsystem, benign, tasks }) => [subsystem, benign, tasks.length])).toEqual([
      ['nfs', false, 1],
      ['epoll', true, 2],
    ]);
  });
});

it('goes by uncertain frames when there are no others', () => {
  const { tasks } = read(
    'INFO: task a:1 blocked for more than 9 seconds.\n ? rpc_wait_bit_killable+0x1/0x2\n',
  );
  expect(tasks[0]).toMatchObject({ subsystem: 'nfs', frames: [{ uncertain: true }] });
});

describe('refusals', () => {
  it.each([
    ['', /empty/],
    ['a\0b', /binary/],
    ['goroutine 1 [running]:\nmain.main()\n', /Go goroutine/],
    ['1234 10:00:00.1 read(3, "x", 1) = 1\n', /strace/],
    ['nothing of interest\n', /expected frames/],
  ])('%j', (text, error) => {
    const result = interpretStacks(text);
    expect('error' in result && result.error).toMatch(error);
  });
});
