import { expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { diagnosed, told, waitOf } from '../../support/looks.ts';

const ROOT = '/sys/fs/cgroup';
/** What cgroup2 shows of these groups; the first of them is the one that is set to frozen. */
const v2 = (set: string, ...below: string[]) => ({
  [`${ROOT}${set}/cgroup.freeze`]: '1\n',
  [`${ROOT}${set}/cgroup.events`]: 'populated 1\nfrozen 1\n',
  ...Object.fromEntries(
    below.flatMap((path) => [
      [`${ROOT}${path}/cgroup.freeze`, '0\n'],
      [`${ROOT}${path}/cgroup.events`, 'populated 1\nfrozen 1\n'],
    ]),
  ),
});
const task: FakeProcess = {
  pid: 60,
  comm: 'job',
  stack: 'get_signal < arch_do_signal_or_restart',
  cgroup: '/a/b/c',
};
const V1: FakeHost['mounts'] = [
  { at: '/sys/fs/cgroup/freezer', fs: 'cgroup', dev: '0:30', options: 'rw,freezer' },
];
const v1Task: FakeProcess = {
  pid: 60,
  comm: 'job',
  state: 'D',
  stack: '__refrigerator < get_signal',
  freezer: '/x/y',
};

it.each<[string, Record<string, string>, string, boolean]>([
  ['its own', v2('/a/b/c'), `${ROOT}/a/b/c`, true],
  ['its parent', v2('/a/b', '/a/b/c'), `${ROOT}/a/b`, false],
  ['an ancestor', v2('/a', '/a/b', '/a/b/c'), `${ROOT}/a`, false],
])('v2: the cgroup that is set to frozen is %s', async (_, files, cgroup, own) => {
  const wait = await waitOf({ files, processes: [task] }, 60);
  expect(wait).toMatchObject({ kind: 'frozen', killable: true, detail: { version: 2, cgroup, own } });
  expect(wait.hops[0]?.edges[0]?.to).toMatchObject({ kind: 'cgroup', name: `cgroup ${cgroup}` });
});

it('v2: a task in the signal code whose cgroup is not frozen is not called so', async () => {
  const files = { [`${ROOT}/a/b/c/cgroup.events`]: 'populated 1\nfrozen 0\n' };
  expect((await waitOf({ files, processes: [task] }, 60)).kind).not.toBe('frozen');
});

it.each([
  ['its own', { '/x/y/freezer.self_freezing': '1\n' }, '/x/y', true],
  ['its parent', { '/x/y/freezer.self_freezing': '0\n', '/x/freezer.self_freezing': '1\n' }, '/x', false],
] as const)('v1: the cgroup that is set to frozen is %s, and SIGKILL waits', async (_, set, cgroup, own) => {
  const at = '/sys/fs/cgroup/freezer';
  const files = Object.fromEntries(
    Object.entries({ '/x/y/freezer.state': 'FROZEN\n', ...set }).map(([path, text]) => [
      `${at}${path}`,
      text,
    ]),
  );
  const wait = await waitOf({ mounts: V1, files, processes: [v1Task] }, 60);
  expect(wait).toMatchObject({
    kind: 'frozen',
    killable: false,
    detail: { version: 1, cgroup: `${at}${cgroup}`, own },
  });
});

it('v1: a frozen task that keeps the frames of its sleep is frozen all the same', async () => {
  const files = { '/sys/fs/cgroup/freezer/x/y/freezer.state': 'FROZEN\n' };
  const processes = [{ ...v1Task, stack: 'hrtimer_nanosleep < common_nsleep', call: 'nanosleep()' }];
  expect((await waitOf({ mounts: V1, files, processes }, 60)).kind).toBe('frozen');
});

it('a D of a thawed v1 cgroup is told by its frames', async () => {
  const files = { '/sys/fs/cgroup/freezer/x/y/freezer.state': 'THAWED\n' };
  const processes = [
    { ...v1Task, stack: 'kernel_clone < __do_sys_vfork', call: 'vfork()' },
    { pid: 61, ppid: 60, flags: 0x40 },
  ];
  expect((await waitOf({ mounts: V1, files, processes }, 60)).kind).toBe('vfork');
});

it('v2: a task in the trap is frozen while another one keeps the freeze from its end', async () => {
  const files = {
    [`${ROOT}/a/b/c/cgroup.events`]: 'populated 1\nfrozen 0\n',
    [`${ROOT}/a/cgroup.freeze`]: '1\n',
  };
  const wait = await waitOf({ files, processes: [task] }, 60);
  expect(wait).toMatchObject({ kind: 'frozen', detail: { cgroup: `${ROOT}/a` } });
  expect(wait.facts.find(({ line }) => line === 'frozen 0')?.says).toMatch(/another of its tasks/);
});

it.each([
  [
    'sleeps in the kernel, which keeps the freeze from its end, is not',
    'filename_create < do_mkdirat',
    false,
  ],
  ['sleeps as it did before', 'hrtimer_nanosleep < common_nsleep', true],
  ['is in the freezer', '__refrigerator < get_signal', true],
])('v1: of a cgroup that is only freezing one that %s', async (_, stack, is) => {
  const files = { '/sys/fs/cgroup/freezer/x/y/freezer.state': 'FREEZING\n' };
  const wait = await waitOf({ mounts: V1, files, processes: [{ ...v1Task, stack }] }, 60);
  expect(wait.kind === 'frozen').toBe(is);
});

it('v2: a task in the trap is frozen, likely, by a cgroup that cannot be seen from another cgroup namespace', async () => {
  const elsewhere = { ...task, cgroup: '/../other' };
  const diagnosis = await diagnosed({ processes: [elsewhere] }, 60);
  expect(told(diagnosis)).toEqual(['cgroup-frozen → cgroup:/../other']);
  expect(diagnosis.findings[0]?.confidence).toBe('likely');
  expect(diagnosis.findings[0]?.remedies.map(({ command }) => command)).toEqual(['']);
  // Nobody can freeze the root.
  expect((await waitOf({ processes: [{ ...task, cgroup: '/' }] }, 60)).kind).not.toBe('frozen');
});
