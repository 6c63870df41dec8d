import { findingAt, who } from './build.ts';
import { sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-driver',
  family: 'd-state',
  title: 'Waits for a driver or device that does not answer',
  find: (blame) =>
    blame.stepsOf('driver').map((step) =>
      findingAt(blame, step, {
        severity: 'critical',
        title: `waits in the driver: ${step.wait.subsystem ?? 'unknown'}`,
        summary: `${who(step)} sleeps uninterruptibly in ${step.wait.point}.`,
        remedies: [
          {
            command: 'dmesg -T | tail -50',
            effect: 'shows resets, timeouts and errors of the device',
            risk: 'none: reads only',
          },
          ...(step.wait.killable === true ? [] : [sigkillDoesNot()]),
        ],
      }),
    ),
  explanation: {
    meaning:
      'The stack has frames of a driver: GPU fences (`dma_fence_default_wait`), USB ' +
      '(`usb_start_wait_urb`), md, device mapper, NVMe or SCSI control paths. Plain disk I/O never ' +
      'names its driver and is told as `d-block-io`; this cause is for control calls: an ioctl, ' +
      '`dmsetup suspend` (`dm_wait_for_completion`, for a device below it), a write to a queue ' +
      'attribute in sysfs (`blk_mq_freeze_queue_wait`, 7.2: under `elevator_change`, for one stuck ' +
      'request), removal or reset of a device. The culprit is the device, and sysfs or the kernel ' +
      "log says in which state it is. Whether SIGKILL works is the driver's choice: `dmsetup " +
      'suspend` dies of it, most other waits keep it pending (`SigPnd` bit 0x100).',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root), then `grep -w FUNCTION ' +
        '/proc/kallsyms`: the module in brackets.',
      "`dmesg -T | tail -n 200`: timeouts, resets and link losses of that driver, with the device's " +
        'name.',
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall` and `timeout -s KILL 2 readlink ' +
        '/proc/PID/fd/N`: the device node that was called.',
      '`grep . /sys/block/*/inflight /sys/block/dm-*/dm/suspended /sys/block/md*/md/array_state`: ' +
        'requests that never end, suspended or broken arrays.',
    ],
    resolves: [
      'Fix the device below: `dmsetup resume NAME`, the missing path, `cat /proc/mdstat` and the ' +
        'failed member.',
      'Reset the device: `echo 1 > /sys/class/nvme/nvmeN/reset_controller`, `echo 1 > ' +
        '/sys/bus/pci/devices/ADDR/reset`. All I/O in flight on it fails or is repeated.',
      'Reboot; for hardware that does not answer its reset, switch it off and on.',
    ],
    doesNot: [
      '`kill -9`: pending until the driver gives up.',
      '`rmmod -f` or unbinding the driver: waits for the same users, or crashes the kernel.',
      'Tools that ask the same device (`smartctl`, `lsblk`, `nvidia-smi`, `dmsetup` commands that ' +
        'flush): they join the queue.',
    ],
    lookAlikes: [
      'A long GPU job or a disk spinning up: waits in the same function, and gets on.',
      'A kernel thread of the driver in D for ever from boot on: some count as load, and wait for ' +
        'nothing but work.',
      "I/O that waits for a throttle or a loop file's server: `d-block-io`.",
    ],
    sources: [
      'Documentation/ABI/testing/sysfs-block, Documentation/ABI/testing/sysfs-block-dm',
      'drivers/md/dm.c, block/blk-mq.c (blk_mq_freeze_queue_wait), drivers/dma-buf/dma-fence.c',
      'dmsetup(8)',
    ],
  },
});
