import { expect, it } from 'vitest';
import { path, waitOf } from '../../support/looks.ts';

it('follows a file system that waits in a function of its own to the device below', async () => {
  const wait = await waitOf(
    {
      mounts: [{ at: '/lv', fs: 'ext4', dev: '253:0', source: '/dev/mapper/vg-lv' }],
      devices: { '253:0': 'dm-0' },
      files: { '/sys/class/block/dm-0/dm/suspended': '1\n', '/sys/class/block/dm-0/dm/name': 'vg-lv\n' },
      processes: [
        { pid: 1, comm: 'init' },
        {
          pid: 60,
          state: 'D',
          call: 'fsync(3)',
          stack:
            'ext4_wait_block_bitmap < ext4_mb_init_cache < ext4_mb_init_group < ext4_mb_scan_group < ext4_mb_new_blocks',
          fds: { 3: 'rw /lv/data' },
        },
      ],
    },
    60,
  );
  expect(wait.kind).toBe('block-io');
  expect(path(wait.hops[0]?.edges)).toBe('process:60 > mount:253:0 > device:dm-0 > device:dm-0:suspended');
});
