import { describe, expect, it } from 'vitest';
import { pack } from '../../../src/evidence/bundle/pack.ts';
import { redactor } from '../../../src/evidence/bundle/redact.ts';
import type { Key } from '../../../src/evidence/keys.ts';
import { World } from '../../../src/evidence/world.ts';
import { fakeHost } from '../../support/fake-host.ts';

/** All of a redacted bundle as one text: manifest, names of files, and their content. */
async function bundled(key: Key, text: string): Promise<string> {
  const world = new World(fakeHost({ files: { [key]: text }, processes: [{ pid: 60 }] }));
  await world.settle(() => world.text(key));
  expect(world.text(key)).toBe(text);
  const bundle = pack(world, {
    version: '0',
    targets: [60],
    options: { depth: 1, sampleMs: 0, readMemory: false },
    redactor: redactor(Buffer.alloc(32, 7)),
  });
  return JSON.stringify([bundle.manifest, ...bundle.files]);
}

const MOUNT = '36 22 8:1 / /srv/HUSH rw,relatime - ext4 /dev/sda1 rw\n';

/** Where a secret word may stand. */
const HIDDEN: readonly (readonly [what: string, key: Key, text: string])[] = [
  ['an argument', '/proc/60/cmdline', '/usr/bin/curl\0-u\0HUSH\0'],
  ['a path among arguments', '/proc/60/cmdline', 'tar\0/home/HUSH/x\0'],
  ['an option’s value', '/proc/60/cmdline', 'app\0--password=HUSH\0'],
  ['the program’s directory', '/proc/60/cmdline', '/opt/HUSH/app\0'],
  ['the environment', '/proc/60/environ', 'HOME=/home/x\0TOKEN=HUSH\0'],
  ['a descriptor’s file', 'links:/proc/60/fd', '3\tlr-x------\t/home/me/HUSH.txt\0'],
  ['a descriptor’s directory', 'links:/proc/60/fd', '3\tlr-x------\t/home/HUSH/x\0'],
  ['a file name with blanks and newlines', 'links:/proc/60/fd', '3\tlr-x------\t/home/a b\nHUSH c\0'],
  ['a deleted file', 'links:/proc/60/fd', '3\tlr-x------\t/tmp/HUSH (deleted)\0'],
  ['shared memory', 'links:/proc/60/fd', '3\tlrwx------\t/dev/shm/HUSH\0'],
  ['the working directory', 'links:/proc/60', 'cwd\tlrwx------\t/home/HUSH\0exe\tlrwx------\t/usr/bin/x\0'],
  ['a mount point', '/proc/60/mountinfo', MOUNT],
  ['a mount’s root', '/proc/60/mountinfo', '36 22 8:1 /HUSH /mnt rw - ext4 /dev/sda1 rw\n'],
  [
    'an overlay’s layer',
    '/proc/60/mountinfo',
    '36 22 0:9 / /mnt rw - overlay overlay rw,lowerdir=/a/HUSH:/b,upperdir=/c\n',
  ],
  ['a mapped file', '/proc/60/maps', '1000-2000 r--p 00000000 08:01 5 /opt/HUSH/lib.so\n'],
  ['a loop device’s file', '/sys/class/block/loop0/loop/backing_file', '/home/HUSH/disk.img\n'],
  ['the core handler', '/proc/sys/kernel/core_pattern', '|/opt/HUSH/handler %p\n'],
  ['a swap file', '/proc/swaps', 'Filename\n/home/HUSH/swap file 1 1 -2\n'],
  ['a socket', '/proc/60/net/unix', '0000: 00000002 00000000 00010000 0001 01 5 /run/HUSH/sock\n'],
  ['a socket of ss', 'ss:unix:0', 'u_str LISTEN 0 5 /run/HUSH/sock 5 * 0\n'],
  ['a path in memory', 'mem:60:7f0000000100:256', '/home/HUSH/x\0'],
  [
    'a title that the program wrote over its command line',
    '/proc/60/cmdline',
    'postgres: HUSH salesdb idle\0',
  ],
  ['a relative path in memory', 'mem:60:7f0000000100:256', 'HUSH/x\0'],
  ['what stands behind a path in memory', 'mem:60:7f0000000100:256', '/home/x\0HUSH\0'],
  ['an NFS export', '/proc/60/mountinfo', '36 22 0:9 / /mnt rw - nfs4 server:/srv/HUSH rw\n'],
  [
    'the subtype’s source of a FUSE mount',
    '/proc/60/mountinfo',
    '36 22 0:9 / /mnt rw - fuse.sshfs me@host:/HUSH rw\n',
  ],
  [
    'a mapped file with a blank in its name',
    '/proc/60/maps',
    '1000-2000 r--p 00000000 08:01 5 /opt/my HUSH.so\n',
  ],
  ['a loop device’s file with a comma', '/sys/class/block/loop0/loop/backing_file', '/home/x,HUSH\n'],
  ['an abstract socket', '/proc/60/net/unix', '0000: 00000002 00000000 00010000 0001 01 5 @HUSH\n'],
  ['a cgroup', '/proc/60/cgroup', '0::/user.slice/HUSH.scope\n'],
  ['a cgroup’s name among the keys', '/sys/fs/cgroup/HUSH/cgroup.events', 'frozen 0\n'],
  ['a logical volume', '/sys/class/block/dm-0/dm/name', 'vg-HUSH\n'],
];

describe('a secret word is not found in a redacted capture', () => {
  it.each(HIDDEN)('as %s', async (_, key, text) => {
    expect(await bundled(key, text)).not.toContain('HUSH');
  });
});

describe('what is left', () => {
  const redact = redactor(Buffer.alloc(32, 7));

  it('has the length it had: columns and offsets stay', () => {
    for (const [, key, text] of HIDDEN) expect(redact(key, text)).toHaveLength(text.length);
  });

  it('puts the same word in place of the same word, so that a file still lies on its mount', () => {
    const mountPoint = redact('/proc/60/mountinfo', MOUNT).split(' ')[4] ?? '';
    const file = redact('links:/proc/60/fd', '3\tlr-x------\t/srv/HUSH/f\0').split('\t')[2] ?? '';
    expect(mountPoint).not.toBe('');
    expect(file.startsWith(`${mountPoint}/`)).toBe(true);
  });

  it.each([
    ['pipes and sockets', 'links:/proc/60/fd', '3\tlr-x------\tpipe:[9]\0' + '4\tlrwx------\tsocket:[8]\0'],
    [
      'terminals and devices',
      'links:/proc/60/fd',
      '0\tlrwx------\t/dev/pts/3\0' + '5\tlrwx------\t/dev/fuse\0',
    ],
    ['what the kernel says of a process', '/proc/60/status', 'Name:\tapp\nState:\tS (sleeping)\n'],
    ['the kernel stack', '/proc/60/stack', '[<0>] do_wait+0x1a/0x2f0\n'],
    ['futex words', 'mem:60:7f0000000100:20', '\x02\0\0\0\x01\0\0\0=\0\0\0\x01\0\0\0\0\0\0\0'],
  ])('is as it was: %s', (_, key, text) => {
    expect(redact(key, text)).toBe(text);
  });

  it('cannot be looked up: another capture has other words', () => {
    const text = '3\tlr-x------\t/home/someone\0';
    expect(redactor()('links:/proc/60/fd', text)).not.toBe(redactor()('links:/proc/60/fd', text));
  });
});
