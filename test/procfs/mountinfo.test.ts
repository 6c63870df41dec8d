import { expect, it } from 'vitest';
import { hidesProcesses, parseMountinfo } from '../../src/procfs/mountinfo.ts';
import { recorded } from './recorded.ts';

it('reads every recorded mount', () => {
  const text = recorded('mountinfo');
  const mounts = parseMountinfo(text);
  expect(mounts).toHaveLength(text.trim().split('\n').length);
  expect(mounts).toContainEqual({
    id: 27,
    parentId: 1,
    major: 254,
    minor: 0,
    root: '/',
    mountPoint: '/',
    options: ['rw', 'relatime'],
    propagation: [],
    fsType: 'ext4',
    source: '/dev/vda',
    superOptions: ['rw', 'discard', 'resv_strict', 'resuid=65534', 'resgid=65534'],
  });
});

it.each([
  ['rw', false],
  ['rw,hidepid=1', false],
  ['rw,hidepid=noaccess', false],
  ['rw,hidepid=2', true],
  ['rw,gid=4,hidepid=invisible', true],
  ['rw,hidepid=ptraceable', true],
])('/proc with %s hides processes: %s', (options, hides) => {
  const mounts = `24 30 0:22 / /proc rw,relatime shared:13 - proc proc ${options}\n25 30 0:23 / /x rw - tmpfs hidepid=2 rw\n`;
  expect(hidesProcesses(mounts)).toBe(hides);
});

// Lines in the form of proc_pid_mountinfo(5): what the recorder had no mount for.
it('undoes escapes, takes any number of optional fields, and splits options before unescaping commas', () => {
  const line = String.raw`90 27 0:39 /sub\040dir /mnt/a\011b\012c\134d rw shared:7 master:2 - fuse.sshfs host:/x\040y rw,user_id=0,lowerdir=/a\054b`;
  expect(parseMountinfo(line)).toEqual([
    {
      id: 90,
      parentId: 27,
      major: 0,
      minor: 39,
      root: '/sub dir',
      mountPoint: '/mnt/a\tb\nc\\d',
      options: ['rw'],
      propagation: ['shared:7', 'master:2'],
      fsType: 'fuse.sshfs',
      source: 'host:/x y',
      superOptions: ['rw', 'user_id=0', 'lowerdir=/a,b'],
    },
  ]);
});

it('takes an empty source, and a mount point called -', () => {
  expect(parseMountinfo('9 1 0:4 / /- rw - tmpfs  rw\n')[0]).toMatchObject({
    mountPoint: '/-',
    source: '',
    superOptions: ['rw'],
  });
});

it('leaves out lines that were cut', () => {
  expect(parseMountinfo('22 27 0:21 / /proc rw,relatime - pro')).toEqual([]);
  expect(parseMountinfo('22 27 0:21 / /pr\n23 27 0:22 / /sys rw - sysfs sysfs rw')).toHaveLength(1);
});
