import { describe, expect, it } from 'vitest';
import type { FakeHost, FakeProcess } from '../../support/fake-host.ts';
import { path, waitOf } from '../../support/looks.ts';

const sys = (device: string, files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`/sys/class/block/${device}/${name}`, text]),
  );
const BUSY = '       1        0\n';
const IDLE = '       0        0\n';

const mounts: FakeHost['mounts'] = [
  { at: '/data', fs: 'ext4', dev: '8:1', source: '/dev/sda1' },
  { at: '/lv', fs: 'xfs', dev: '253:0', source: '/dev/mapper/vg-lv' },
  { at: '/img', fs: 'ext4', dev: '7:0', source: '/dev/loop0' },
  { at: '/mnt/x', fs: 'fuse.sshfs', dev: '0:39' },
  { at: '/nfs', fs: 'nfs4', dev: '0:50', source: 'server:/export' },
];
const devices = { '8:1': 'sda1', '253:0': 'dm-0', '7:0': 'loop0', '43:0': 'nbd0' };
const daemon: FakeProcess = {
  pid: 70,
  comm: 'sshfs',
  fds: { 5: 'rw /dev/fuse' },
  fdinfo: { 5: ['fuse_connection: 39'] },
};
const stuck = (file: string, changes: Partial<FakeProcess> = {}): FakeProcess => ({
  pid: 60,
  state: 'D',
  call: 'fsync(3)',
  stack: 'folio_wait_bit_common < folio_wait_writeback < __filemap_fdatawait_range < ext4_sync_file',
  fds: { 3: `rw ${file}` },
  ...changes,
});
const host = (process: FakeProcess, files: FakeHost['files'] = {}): FakeHost => ({
  mounts,
  devices,
  files: { '/sys/class/block/': 'sda1\ndm-0\nloop0\nnbd0', ...files },
  processes: [{ pid: 1, comm: 'init' }, daemon, process],
});

describe('what serves the device', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['a disk', '/data/f', sys('sda1', { inflight: BUSY }), 'mount:8:1 > device:sda1'],
    [
      'a suspended device mapper device',
      '/lv/f',
      sys('dm-0', { 'dm/suspended': '1\n', 'dm/name': 'vg-lv\n' }),
      'mount:253:0 > device:dm-0 > device:dm-0:suspended',
    ],
    [
      'the busy one of its lower devices',
      '/lv/f',
      {
        ...sys('dm-0', { 'dm/suspended': '0\n', 'slaves/': 'sda1\nnbd0' }),
        ...sys('sda1', { inflight: IDLE }),
        ...sys('nbd0', { inflight: BUSY }),
      },
      'mount:253:0 > device:dm-0 > device:nbd0',
    ],
    [
      'the daemon below a loop device’s file',
      '/img/f',
      sys('loop0', { 'loop/backing_file': '/mnt/x/disk.img\n' }),
      'mount:7:0 > device:loop0 > file:/mnt/x/disk.img > mount:0:39 > fuse-connection:39 > process:70',
    ],
    [
      'the server below a loop device’s file',
      '/img/f',
      sys('loop0', { 'loop/backing_file': '/nfs/disk.img\n' }),
      'mount:7:0 > device:loop0 > file:/nfs/disk.img > mount:0:50',
    ],
    [
      'the disk below a loop device’s file, when it is busy',
      '/img/f',
      { ...sys('loop0', { 'loop/backing_file': '/data/disk.img\n' }), ...sys('sda1', { inflight: BUSY }) },
      'mount:7:0 > device:loop0 > file:/data/disk.img > mount:8:1 > device:sda1',
    ],
    [
      'the client of a network block device',
      '/dev/nbd0',
      sys('nbd0', { dev: '43:0\n', pid: '70\n' }),
      'device:nbd0 > process:70',
    ],
  ])('is %s', async (_, file, files, expected) => {
    const wait = await waitOf(host(stuck(file), files), 60);
    expect(wait.kind).toBe('block-io');
    expect(path(wait.hops[0]?.edges)).toBe(`process:60 > ${expected}`);
  });

  it('a ring of devices ends', async () => {
    const ring = { ...sys('dm-0', { 'slaves/': 'sda1' }), ...sys('sda1', { 'slaves/': 'dm-0' }) };
    expect((await waitOf(host(stuck('/lv/f'), ring), 60)).hops[0]?.edges.length).toBeLessThan(12);
  });
});

describe('a call between two descriptors', () => {
  const fds = { 3: 'rw /data/f', 4: 'r /mnt/x/f' };

  it.each<[string, string, string, string]>([
    [
      'sendfile(3, 4, 0, 9)',
      'folio_wait_bit_common < filemap_get_pages < filemap_splice_read',
      'fuse',
      'mount:0:39',
    ],
    [
      'splice(4, 0, 3, 0, 9)',
      'folio_wait_bit_common < ext4_file_write_iter < iter_file_splice_write',
      'block-io',
      'mount:8:1',
    ],
    [
      'copy_file_range(4, 0, 3, 0, 9)',
      'folio_wait_bit_common < filemap_get_pages < filemap_splice_read',
      'fuse',
      'mount:0:39',
    ],
  ])('%s is at the side at which its frames are: %s', async (call, stack, kind, mount) => {
    const wait = await waitOf(host(stuck('/data/f', { call, stack, fds })), 60);
    expect([wait.kind, wait.hops[0]?.edges[0]?.to.id]).toEqual([kind, mount]);
  });
});

it('a worker of an io_uring likely waits for the file system of all open files: a FUSE page is no block I/O', async () => {
  const stack = 'folio_wait_bit_common < filemap_get_pages < filemap_read < io_read < io_worker_handle_work';
  const wait = await waitOf(
    host(stuck('/mnt/x/f', { call: 'io_uring_enter(5, 1)', stack, fds: { 4: 'r /mnt/x/f' } })),
    60,
  );
  expect(wait.kind).toBe('fuse');
  expect(wait.hops[0]?.edges[0]?.confidence).toBe('likely');
});

describe('the device of a mount', () => {
  const confidences = async (files: FakeHost['files'], file: string) =>
    (await waitOf(host(stuck(file), files), 60)).hops[0]?.edges.map(({ confidence }) => confidence);

  it('that has a number of its own is likely its source', async () => {
    const story = host(stuck('/pool/f'), {
      '/sys/class/block/': 'sda1\ndm-0',
      ...sys('dm-0', { inflight: BUSY, 'dm/name': 'vg-pool\n', 'dm/suspended': '0\n' }),
    });
    const pool = { at: '/pool', fs: 'btrfs', dev: '0:61', source: '/dev/mapper/vg-pool' };
    const wait = await waitOf({ ...story, mounts: [...(mounts ?? []), pool] }, 60);
    expect(path(wait.hops[0]?.edges)).toBe('process:60 > mount:0:61 > device:dm-0');
    expect(wait.hops[0]?.edges.at(-1)?.confidence).toBe('likely');
  });

  it('is no more than possibly waited for while it has nothing to do', async () => {
    expect(await confidences(sys('sda1', { inflight: BUSY }), '/data/f')).toEqual(['certain', 'certain']);
    expect(await confidences(sys('sda1', { inflight: IDLE }), '/data/f')).toEqual(['certain', 'possible']);
  });

  it('that is just unmounted is the busy one which no mount shows, and not the one below its path', async () => {
    const unmounting = stuck('/data/f', {
      call: 'umount2(0x7f0000000100, 0)',
      stack: 'folio_wait_writeback < __filemap_fdatawait_range < sync_filesystem < generic_shutdown_super',
      memory: { '7f0000000100': '/gone' },
    });
    const files = {
      ...sys('sda1', { inflight: BUSY }),
      ...sys('nbd0', { inflight: BUSY, pid: '70\n' }),
    };
    const wait = await waitOf(host(unmounting, files), 60);
    expect(path(wait.hops[0]?.edges)).toBe('process:60 > device:nbd0 > process:70');
    expect(wait.hops[0]?.edges[0]?.confidence).toBe('likely');
  });
});

describe('where no descriptor tells the file', () => {
  const exiting = {
    call: 'exit_group()',
    stack: 'folio_wait_bit_common < truncate_inode_pages_range < do_exit',
    flags: 4,
  };

  it('a device that it has open is likely meant', async () => {
    const wait = await waitOf(host(stuck('/dev/sda1', exiting), sys('sda1', { dev: '8:1\n' })), 60);
    expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: 'device:sda1' }, confidence: 'likely' });
  });

  it('the only device with requests in flight is possible', async () => {
    const files = { ...sys('sda1', { inflight: BUSY }), ...sys('nbd0', { inflight: IDLE }) };
    const wait = await waitOf(host(stuck('/tmp/f', exiting), files), 60);
    expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: 'device:sda1' }, confidence: 'possible' });
  });

  it('of two busy devices none is named', async () => {
    const files = { ...sys('sda1', { inflight: BUSY }), ...sys('nbd0', { inflight: BUSY }) };
    expect((await waitOf(host(stuck('/tmp/f', exiting), files), 60)).hops).toEqual([]);
  });

  it('a page of swap lies on the swap device', async () => {
    const files = {
      '/proc/swaps':
        'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/nbd0                               partition\t1000\t\t10\t\t-2\n',
      ...sys('nbd0', { dev: '43:0\n', inflight: BUSY }),
    };
    const swapping = stuck('/tmp/f', {
      call: 'page fault',
      stack: 'folio_wait_bit_common < do_swap_page < __handle_mm_fault',
    });
    const wait = await waitOf(host(swapping, files), 60);
    expect(wait).toMatchObject({
      point: 'page fault: memory that was swapped out on nbd0',
      detail: { device: 'nbd0' },
    });
    expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: 'device:nbd0' }, confidence: 'certain' });
    expect(wait.facts.at(-1)).toEqual({
      path: '/proc/swaps',
      line: '/dev/nbd0                               partition',
      says: 'swap in use',
    });
  });
});

describe('a page of swap', () => {
  const AREAS =
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' +
    '/dev/sda1 partition\t1000\t\t10\t\t-2\n/data/swap\\040file file\t1000\t\t10\t\t-3\n/dev/nbd0 partition\t1000\t0\t-4\n';
  const swapping = (stack: string, changes: Partial<FakeProcess> = {}) =>
    stuck('/tmp/f', { call: 'page fault', stack, ...changes });
  const areas = (busy: string) => ({
    '/proc/swaps': AREAS,
    ...sys('sda1', { dev: '8:1\n', inflight: busy === 'sda1' ? BUSY : IDLE }),
    ...sys('dm-0', { dev: '253:0\n', inflight: busy === 'dm-0' ? BUSY : IDLE }),
    ...sys('nbd0', { dev: '43:0\n', inflight: BUSY }),
  });
  const SWAP_IN = 'folio_wait_bit_common < __folio_lock_or_retry < do_swap_page < __handle_mm_fault';

  it('lies on one of the areas in use: on the stuck one, possibly', async () => {
    const wait = await waitOf(host(swapping(SWAP_IN), areas('sda1')), 60);
    expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: 'device:sda1' }, confidence: 'possible' });
  });

  it('lies on the disk of a swap file', async () => {
    const data = mounts!.map((mount) => (mount.at === '/data' ? { ...mount, dev: '253:0' } : mount));
    const wait = await waitOf({ ...host(swapping(SWAP_IN), areas('dm-0')), mounts: data }, 60);
    expect(wait.hops[0]?.edges[0]?.to.id).toBe('device:dm-0');
    expect(wait.facts.at(-1)?.line).toBe('/data/swap\\040file file');
  });

  it('is what a program waits for that maps files of a network mount, too', async () => {
    const maps = ['7f0000000000-7f0000001000 r--p 00000000 00:32 7 /nfs/lib.so'];
    expect((await waitOf(host(swapping(SWAP_IN, { maps }), areas('sda1')), 60)).kind).toBe('block-io');
  });

  it('is not waited for where a page is only being moved', async () => {
    const wait = await waitOf(
      host(swapping('migration_entry_wait_on_locked < do_swap_page < __handle_mm_fault'), areas('sda1')),
      60,
    );
    expect(wait.point).not.toContain('swapped out');
  });

  it.each([
    [true, SWAP_IN],
    [true, 'folio_wait_bit_common < filemap_fault < __do_fault < do_fault < exc_page_fault'],
    [false, 'folio_wait_bit_common < filemap_fault < __do_fault < __get_user_pages < __access_remote_vm'],
    [false, 'folio_wait_bit_common < swap_read_folio < do_swap_page < __handle_mm_fault'],
  ])('can be killed: %s, in %s', async (killable, stack) => {
    expect(await waitOf(host(swapping(stack), areas('sda1')), 60)).toMatchObject({ killable });
  });
});

it('a page of a mapped file lies on the stuck device among those that are mapped', async () => {
  const faulting = stuck('/tmp/f', {
    call: 'page fault',
    stack: 'folio_wait_bit_common < filemap_fault < __do_fault < do_fault',
    maps: [
      '7f0000000000-7f0000001000 r--p 00000000 08:01 7 /data/lib.so',
      '7f0000001000-7f0000002000 r--p 00000000 fd:00 7 /lv/data',
    ],
  });
  const files = {
    ...sys('sda1', { inflight: IDLE }),
    ...sys('dm-0', { inflight: BUSY }),
    ...sys('nbd0', { inflight: BUSY }),
  };
  const wait = await waitOf(host(faulting, files), 60);
  expect(wait.hops[0]?.edges[0]).toMatchObject({ to: { id: 'device:dm-0' }, confidence: 'likely' });
});

it.each([
  ['/nfs/f', 'network-fs'],
  ['/mnt/x/f', 'fuse'],
  ['/data/f', 'block-io'],
])('a page of %s is a wait of kind %s', async (file, kind) => {
  expect((await waitOf(host(stuck(file)), 60)).kind).toBe(kind);
});

it.each([
  ['busy', BUSY, 'block-io', undefined],
  ['idle', IDLE, 'sleep', 'idle-aio'],
])('asynchronous I/O on a device that is %s', async (_, inflight, kind, idle) => {
  const process = stuck('/dev/sda1', {
    state: 'S',
    call: 'io_getevents(1)',
    stack: 'read_events < do_io_getevents',
  });
  const wait = await waitOf(host(process, sys('sda1', { dev: '8:1\n', inflight })), 60);
  expect([wait.kind, wait.idle]).toEqual([kind, idle]);
});

describe('a frozen file system', () => {
  const writer = stuck('/lv/f', { call: 'write(3)', stack: 'percpu_rwsem_wait < vfs_write < ksys_write' });

  it('is the mount’s doing', async () => {
    const wait = await waitOf(host(writer), 60);
    expect(wait).toMatchObject({
      kind: 'fs-frozen',
      killable: false,
      detail: { mountPoint: '/lv', fsType: 'xfs' },
    });
    expect(path(wait.hops[0]?.edges)).toBe('process:60 > mount:253:0');
  });

  it('is the device’s doing when that is suspended', async () => {
    const wait = await waitOf(host(writer, sys('dm-0', { 'dm/suspended': '1\n' })), 60);
    expect(wait.kind).toBe('block-io');
    expect(path(wait.hops[0]?.edges)).toContain('device:dm-0:suspended');
  });

  it('is none where another per-CPU lock is waited for', async () => {
    const forking = {
      ...writer,
      call: 'clone()',
      stack: 'percpu_rwsem_wait < cgroup_can_fork < copy_process',
    };
    expect((await waitOf(host(forking), 60)).kind).not.toBe('fs-frozen');
  });
});
