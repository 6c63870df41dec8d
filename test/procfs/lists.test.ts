import { expect, it } from 'vitest';
import { parseCgroup } from '../../src/procfs/cgroup.ts';
import { parseChildren } from '../../src/procfs/children.ts';
import { parseCmdline } from '../../src/procfs/cmdline.ts';
import { recorded } from './recorded.ts';

it('children: pids in their order, none for an empty file', () => {
  expect(parseChildren(recorded('children'))).toEqual([26260, 26261, 26262]);
  expect(parseChildren('')).toEqual([]);
  expect(parseChildren('12 x 13')).toEqual([12, 13]);
});

it('cmdline: arguments, empty ones too', () => {
  expect(parseCmdline(recorded('cmdline'))).toEqual([
    '/usr/bin/python3',
    '/tmp/demo/record.py',
    '/tmp/demo/out',
  ]);
  expect(parseCmdline('a\0\0b c\0')).toEqual(['a', '', 'b c']);
  expect(parseCmdline('nginx: worker process')).toEqual(['nginx: worker process']);
  expect(parseCmdline('')).toEqual([]);
  expect(parseCmdline('\0')).toEqual(['']);
});

it('cgroup: v1 hierarchies and v2, colons and (deleted) in paths', () => {
  const memberships = parseCgroup(recorded('cgroup'));
  expect(memberships).toHaveLength(10);
  expect(memberships).toContainEqual({
    hierarchy: 4,
    controllers: ['memory'],
    path: '/batch',
    deleted: false,
  });
  expect(memberships[0]?.controllers).toEqual(['name=systemd']);
  expect(memberships.at(-1)).toEqual({ hierarchy: 0, controllers: [], path: '/', deleted: false });
  expect(parseCgroup('3:cpu,cpuacct:/a:b c (deleted)\nnonsense\n0::rel\n')).toEqual([
    { hierarchy: 3, controllers: ['cpu', 'cpuacct'], path: '/a:b c', deleted: true },
  ]);
});
