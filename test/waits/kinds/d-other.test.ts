import { describe, expect, it } from 'vitest';
import type { FakeProcess } from '../../support/fake-host.ts';
import { path, waitOf } from '../../support/looks.ts';

const sleeper = (stack: string, fds: FakeProcess['fds'] = {}): FakeProcess => ({
  pid: 60,
  state: 'D',
  call: 'ioctl(3)',
  stack,
  fds,
});

it.each([
  ['usb_start_wait_urb < usb_control_msg', 'driver', 'usb'],
  ['nfs_wait_bit_killable < nfs4_do_open', 'network-fs', 'nfs'],
  ['some_unknown_function < another_one', 'd-other', 'unknown'],
])('%s is a wait of kind %s', async (stack, kind, subsystem) => {
  expect(await waitOf({ processes: [sleeper(stack)] }, 60)).toMatchObject({ kind, subsystem });
});

it('a driver’s device node is the device that is waited for, not the devtmpfs it lies on', async () => {
  const wait = await waitOf(
    { processes: [sleeper('usb_start_wait_urb < usb_control_msg', { 3: 'rw /dev/bus/usb/001/002' })] },
    60,
  );
  expect(path(wait.hops[0]?.edges)).not.toContain('mount:0:6');
});

it('a kernel thread that waits for work is idle', async () => {
  const kthread = {
    pid: 60,
    comm: 'kworker/0:1',
    kthread: true,
    state: 'I',
    stack: 'worker_thread < kthread',
  };
  expect(await waitOf({ processes: [kthread] }, 60)).toMatchObject({
    kind: 'kernel-thread',
    idle: 'idle-kthread',
  });
});

describe('a program that the kernel has started', () => {
  const asker = {
    pid: 60,
    state: 'D',
    call: 'request_key()',
    stack: 'call_usermodehelper_exec < call_sbin_request_key',
  };
  const kernel = [
    { pid: 2, comm: 'kthreadd', ppid: 0, kthread: true },
    { pid: 9, comm: 'kworker/u8:1', ppid: 2, kthread: true },
  ];

  it('is waited for: the child of a worker, not its own child, nor what else a kernel thread is parent of', async () => {
    const processes = [asker, ...kernel, { pid: 70, ppid: 9, comm: 'request-key' }, { pid: 71, ppid: 70 }];
    expect(path((await waitOf({ processes }, 60)).hops[0]?.edges)).toBe(
      'process:60 > kernel:usermode-helper:60 > process:70',
    );
  });

  it('is only possibly the one when there are several', async () => {
    const processes = [asker, ...kernel, { pid: 70, ppid: 9 }, { pid: 71, ppid: 2 }];
    const wait = await waitOf({ processes }, 60);
    expect(wait.hops.map(({ next, edges }) => [next?.pid, edges.at(-1)?.confidence])).toEqual([
      [70, 'possible'],
      [71, 'possible'],
    ]);
  });
});
