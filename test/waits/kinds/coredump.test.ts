import { expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { path, paths, waitOf } from '../../support/looks.ts';

const PATTERN = '/proc/sys/kernel/core_pattern';
const init = { pid: 1, comm: 'init' };
const mounts: FakeHost['mounts'] = [
  { at: '/cores', fs: 'ext4', dev: '8:1' },
  { at: '/work', fs: 'ext4', dev: '8:2' },
];

it.each([
  ['/cores/core.%p', 'mount:8:1'],
  ['core', 'mount:8:2'],
])('a dump into the file %s waits for its mount', async (pattern, mount) => {
  const dumper: FakeProcess = {
    pid: 60,
    state: 'D',
    call: 'kill(60, 6)',
    stack:
      'percpu_rwsem_wait < mnt_want_write < path_openat < do_filp_open < filp_open < vfs_coredump < get_signal',
    coreDumping: true,
    cwd: '/work',
  };
  const host = { mounts, files: { [PATTERN]: `${pattern}\n` }, processes: [init, dumper] };
  const wait = await waitOf(host, 60);
  expect(wait.kind).toBe('fs-frozen');
  expect(path(wait.hops[0]?.edges)).toBe(`process:60 > ${mount}`);
  expect(wait.facts).toContainEqual(expect.objectContaining({ path: PATTERN, line: pattern }));
});

it('each of two dumps waits for the handler that was told its PID', async () => {
  const dumper = (pid: number, nsPid: number[]): FakeProcess => ({
    pid,
    nsPid,
    call: 'kill(60, 6)',
    stack: 'anon_pipe_write < __kernel_write < dump_emit < elf_core_dump < vfs_coredump',
    coreDumping: true,
  });
  const handler = (pid: number, of: number, stdin: string): FakeProcess => ({
    pid,
    ppid: 2,
    comm: 'handler',
    cmdline: ['/lib/handler', String(of), '6'],
    fds: { 0: `r ${stdin}` },
  });
  const kthreadd = { pid: 2, comm: 'kthreadd', kthread: true };
  const processes = [
    init,
    kthreadd,
    dumper(60, [60]),
    dumper(61, [61, 7]),
    handler(70, 60, 'pipe:[5]'),
    handler(71, 7, 'pipe:[6]'),
    handler(72, 61, '/dev/null'),
  ];
  const files = { [PATTERN]: '|/lib/handler %p %s\n' };
  expect(paths(await waitOf({ files, processes }, 60))).toEqual(['process:60 > pipe:core:60 > process:70']);
  expect(paths(await waitOf({ files, processes }, 61))).toEqual(['process:61 > pipe:core:61 > process:71']);
});
