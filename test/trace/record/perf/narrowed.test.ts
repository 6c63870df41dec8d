import { expect, test } from 'vitest';
import { filterOf, narrowedBy } from '../../../../src/trace/record/perf/narrowed.ts';
import { perfArguments } from '../../../../src/trace/record/perf/recorder.ts';
import type { RecordingMeta } from '../../../../src/trace/recording.ts';

const meta = (syscalls: string, strace: boolean): RecordingMeta =>
  ({ syscalls, host: { arch: 'x64' }, perf: {}, ...(strace ? { strace: {} } : {}) }) as RecordingMeta;

test('perf’s filter has the numbers of all tables of the host, and the calls of births and ends', () => {
  const filter = filterOf('openat', 'x64', false)?.split('||') ?? [];
  // openat of x86_64 and of i386; fork, execve, exit_group, wait4, close of x86_64; restart_syscall of i386.
  expect(filter).toEqual(
    expect.arrayContaining(['id==257', 'id==295', 'id==57', 'id==59', 'id==231', 'id==61', 'id==3', 'id==0']),
  );
  expect(filter).not.toContain('id==39');
  expect(filterOf('%file', 'x64', false)?.length).toBeLessThan(4000);
  expect(filterOf('!read', 'x64', false)).toBeUndefined();
  // Versions of strace differ in their classes: beside it, perf takes all and is sifted afterwards.
  expect(
    ['%file', 'network', '?%ipc', '/^open'].map((set) => filterOf(set, 'x64', true) === undefined),
  ).toEqual([true, true, true, false]);
  expect(filterOf('read@32', 'x64', false)).toBeUndefined();
  const options = { role: 'tree', ids: [1], follow: true, threads: 1, sight: 'tracepoints' } as const;
  const words = perfArguments({ ...options, filter: 'id==1' }, 'FILE', 2).join(' ');
  expect(words).toMatch(
    /-e raw_syscalls:sys_enter --filter id==1 -e raw_syscalls:sys_exit --filter id==1 -e sched:/,
  );
});

test('what perf has beside the set is not shown; where strace alone knows it, none of perf’s own', () => {
  const known = narrowedBy(meta('%file,pread', true));
  expect(['openat', 'pread64', 'read'].map((name) => known.shows?.(name))).toEqual([true, true, false]);
  expect(narrowedBy(meta('read@32', true)).shows?.('read')).toBe(false);
  const perfAlone = narrowedBy(meta('read@32', false));
  expect(perfAlone.shows).toBeUndefined();
  expect(perfAlone.notes.join()).toMatch(/strace alone knows which these are: perf shows all calls/);
});
