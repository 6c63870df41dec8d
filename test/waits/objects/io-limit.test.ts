import { describe, expect, it } from 'vitest';
import type { FakeHost } from '../../support/fake-host.ts';
import { paths, waitOf } from '../../support/looks.ts';

const BUSY = '       1        0\n';
const IDLE = '       0        0\n';

/** A reader of a disk, in the cgroup /a/b. */
const host = (inflight: string, limits: Record<string, string>): FakeHost => ({
  devices: { '8:0': 'sda' },
  files: {
    '/sys/class/block/': 'sda',
    '/sys/class/block/sda/dev': '8:0\n',
    '/sys/class/block/sda/inflight': inflight,
    ...Object.fromEntries(
      Object.entries(limits).map(([cgroup, text]) => [`/sys/fs/cgroup${cgroup}/io.max`, text]),
    ),
  },
  processes: [
    { pid: 1, comm: 'init' },
    {
      pid: 60,
      state: 'D',
      call: 'read(3)',
      stack: 'submit_bio_wait < __blkdev_direct_IO_simple < blkdev_read_iter',
      fds: { 3: 'r /dev/sda' },
      cgroup: '/a/b',
    },
  ],
});
const LIMIT = '8:0 rbps=1024 wbps=max riops=max wiops=max\n';

describe('an io.max', () => {
  it.each([
    ['of its own cgroup', { '/a/b': LIMIT }, '/a/b'],
    ['of an ancestor', { '/a/b': '', '/a': `8:16 rbps=1 wbps=max\n${LIMIT}` }, '/a'],
  ])('%s holds back the requests to an idle device', async (_, limits, cgroup) => {
    const wait = await waitOf(host(IDLE, limits), 60);
    expect(paths(wait)[0]).toMatch(new RegExp(`device:sda > cgroup:/sys/fs/cgroup${cgroup}$`));
  });

  it('is not outweighed by the file below a loop device', async () => {
    const { files, ...rest } = host(IDLE, { '/a/b': LIMIT });
    const wait = await waitOf(
      { ...rest, files: { ...files, '/sys/class/block/sda/loop/backing_file': '/images/disk\n' } },
      60,
    );
    expect(paths(wait)[0]).toMatch(/device:sda > cgroup:/);
  });

  it.each([
    ['the device is suspended', IDLE, { '/a/b': LIMIT }, '1', /:suspended$/],
    ['the device is busy', BUSY, { '/a/b': LIMIT }, '0', /device:sda$/],
    ['it limits another device', IDLE, { '/a/b': '8:16 rbps=1024 wbps=max\n' }, '0', /device:sda$/],
    ['there is none', IDLE, {}, '0', /device:sda$/],
  ])('is not blamed when %s', async (_, inflight, limits, suspended, end) => {
    const { files, ...rest } = host(inflight, limits);
    const dm = { '/sys/class/block/sda/dm/suspended': `${suspended}\n` };
    const wait = await waitOf({ ...rest, files: { ...files, ...dm } }, 60);
    expect(paths(wait)[0]).toMatch(end);
  });
});

describe('a throttle of cgroup v1', () => {
  const throttled = (call: string, files: Record<string, string>): FakeHost => {
    const { files: own, processes, ...rest } = host(IDLE, {});
    const limits = Object.entries(files).map(([file, text]) => [`/sys/fs/cgroup/blkio${file}`, text]);
    return {
      ...rest,
      mounts: [{ at: '/sys/fs/cgroup/blkio', fs: 'cgroup', dev: '0:30', options: 'rw,blkio' }],
      files: { ...own, ...Object.fromEntries(limits) },
      processes: [processes[0]!, { ...processes[1]!, call, controllers: { blkio: '/a/b' } }],
    };
  };
  const READS = { '/a/b/blkio.throttle.read_bps_device': '8:0 1024\n' };

  it.each([
    ['holds back reads', 'read(3)', READS, /cgroup:\/sys\/fs\/cgroup\/blkio\/a\/b$/],
    ['of reads does not hold back writes', 'pwrite64(3)', READS, /device:sda$/],
    [
      'of an ancestor counts for nothing',
      'read(3)',
      { '/a/blkio.throttle.read_bps_device': '8:0 1\n' },
      /device:sda$/,
    ],
  ])('%s', async (_, call, files, end) => {
    const wait = await waitOf(throttled(call, files), 60);
    expect(paths(wait)[0]).toMatch(end);
  });
});
