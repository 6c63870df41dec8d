import type { Node } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { chainOf, culpritOf, named } from './blame.ts';
import { findingAt, stateClause, who } from './build.ts';
import { remediesFor, shellWord, sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-block-io',
  family: 'd-state',
  title: 'Waits for block I/O that does not complete',
  absorbs: ['stopped', 'stopped-tty', 'fuse-wait', 'd-driver'],
  find: (blame) =>
    blame.stepsOf('block-io').map((step) => {
      const device = step.wait.detail?.device;
      const culprit = serving(step, culpritOf(step));
      const behind =
        culprit.kind === 'cgroup'
          ? `, which is idle: the ${limitOf(step)?.on} of ${named(culprit)} limits the I/O to it`
          : culprit.pid === undefined
            ? ''
            : `; it is served by ${named(culprit)}${stateClause(blame, culprit)}`;
      return findingAt(blame, step, {
        severity: 'critical',
        title: `block I/O${device === undefined ? '' : ` on ${device}`} does not come back`,
        summary: `${who(step)} waits in ${step.wait.point}${behind}.`,
        culprit,
        ...(step.wait.hops.length === 0
          ? {
              confidence: 'likely' as const,
              because: `${blame.steadiness(step)}; of which device or file system could not be told`,
            }
          : {}),
        remedies: [
          ...remediesFor(blame, culprit),
          ...limitRemedies(step, culprit),
          ...deviceRemedies(device),
          ...(step.wait.killable === true ? [] : [sigkillDoesNot()]),
        ],
      });
    }),
  explanation: {
    meaning:
      'The thread sleeps until a block request completes: a read, a write, an fsync, or its own exit ' +
      'with I/O in flight. The frames are the same for ' +
      'every disk driver and for an `io.max` throttle: `submit_bio_wait` (7.2: `bio_await` above ' +
      'it; 5.10: `__blkdev_direct_IO_simple`) or `__iomap_dio_rw` for O_DIRECT, ' +
      '`folio_wait_bit_common` (5.10: `wait_on_page_bit_common`) for cached reads and, with ' +
      '`folio_wait_writeback`, for fsync, `exit_aio` in exit. So the culprit is not on the stack: ' +
      'it is the device behind the descriptor, mount or swap area, and behind a loop device ' +
      'whatever serves its backing file. SIGKILL ends a cached read, but exit may then wait for the ' +
      'same device (`truncate_inode_pages_range`); it does not end O_DIRECT I/O, fsync or ' +
      '`exit_aio`. An AIO waiter is S in `read_events`, and SIGKILL turns it into an unkillable D; ' +
      'an io_uring waiter (`io_cqring_wait`) dies.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): one of the frames above. `grep ' +
        'procs_blocked /proc/stat` is above 0 while somebody waits for I/O, and stays 0 for locks, ' +
        'freezes and vfork.',
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: the second word is the descriptor N in ' +
        'hex (read, write, fsync); then `timeout -s KILL 2 readlink /proc/PID/fd/N`. Not `stat` or ' +
        '`ls -L`: they can join the wait.',
      '`grep mnt_id /proc/PID/fdinfo/N`, and the line of `/proc/PID/mountinfo` that begins with ' +
        'that number: its third word is the device MAJ:MIN (a page fault has syscall -1: look at ' +
        '`/proc/PID/maps` and `/proc/swaps`).',
      '`cat /sys/dev/block/MAJ:MIN/inflight` twice: reads and writes in flight that do not fall, ' +
        'while `/sys/dev/block/MAJ:MIN/stat` does not grow: the device does not answer.',
      '`cat /sys/block/loopN/loop/backing_file`, `cat /sys/block/dm-N/dm/suspended`, `ls ' +
        '/sys/block/dm-N/slaves`: the layer below; go on there until the last one.',
    ],
    resolves: [
      'Bring back what serves the device: `dmsetup resume NAME` for a suspended one, `kill -CONT ' +
        "DAEMON` for a stopped FUSE or nbd server, the path, the cable, the hypervisor's disk. All " +
        'waiters go on, nothing is lost.',
      "Lift a throttle: an `io.max` of the process's cgroup or of an ancestor (v1: `blkio.throttle.*` of its " +
        'own) holds it while the device is idle.',
      'Let the requests fail: `dmsetup message NAME 0 fail_if_no_path` for a multipath map that ' +
        'queues. Programs see EIO, written data can be lost.',
      'Reboot, when the device cannot be brought back: `echo b > /proc/sysrq-trigger` does not sync ' +
        '(a clean shutdown would hang on the same device).',
    ],
    doesNot: [
      '`kill -9` of the waiter: it stays pending (`SigPnd` bit 0x100). Of an AIO waiter it makes ' +
        'things worse.',
      '`strace -p` or `gdb -p`: they attach and hang; strace then ignores SIGTERM and needs ' + 'SIGKILL.',
      '`sync`, `umount` and further reads of the device: they join the wait.',
      'Blaming jbd2, kworkers or flush threads in D: they are victims of the same device.',
    ],
    lookAlikes: [
      'A busy disk program (O_DIRECT above all) is in D in half of all looks, too: its context ' +
        'switches and `/proc/PID/io` grow from look to look. But an O_DIRECT waiter of a dead device ' +
        'wakes once in half of `hung_task_timeout_secs`: one switch a minute is no progress.',
      "Page waits on NFS or FUSE have the same top frames: the file's mount tells.",
      'Other D: with `procs_blocked` 0 it is a lock, a frozen file system or cgroup, or a vfork, ' +
        'and no disk.',
      'A killed process that frees much memory (PF_EXITING, R or D): it gets on.',
    ],
    sources: [
      'proc(5)',
      'block/bio.c, mm/filemap.c, fs/aio.c',
      'Documentation/block/stat.rst, Documentation/ABI/stable/sysfs-block (inflight)',
      'Documentation/admin-guide/sysrq.rst',
    ],
  },
});

/** A chain that ends in a thing (a device, a mount) ends in the device that is waited for. */
function serving(step: Step, end: Node): Node {
  if (end.pid !== undefined && end.id !== step.wait.node.id) return end;
  if (end.kind === 'cgroup') return end;
  return chainOf(step).findLast(({ to }) => to.kind === 'device')?.to ?? end;
}

/** A cgroup at the end holds the requests back: the edge to it. */
const limitOf = (step: Step) => chainOf(step).findLast(({ to }) => to.kind === 'cgroup');

function limitRemedies(step: Step, culprit: Node) {
  const limit = limitOf(step);
  if (limit === undefined || culprit.kind !== 'cgroup') return [];
  const file = shellWord(`${culprit.id.slice('cgroup:'.length)}/${limit.on}`);
  const disk = /^\d+:\d+/.exec(limit.facts[0]?.line ?? '')?.[0] ?? 'MAJ:MIN';
  const none = limit.on === 'io.max' ? 'rbps=max wbps=max riops=max wiops=max' : '0';
  return [
    {
      command: `cat ${file}; echo '${disk} ${none}' > ${file}`,
      effect: 'shows the limits, and lifts those of this device: the requests go on at once',
      risk: 'what the limit protects others from',
    },
  ];
}

function deviceRemedies(device: string | number | boolean | undefined) {
  if (device === undefined) {
    return [
      {
        command: "grep -H . /sys/class/block/*/inflight | grep -v '0 *0$'",
        effect: 'lists the devices that hold requests',
        risk: 'none: reads only',
      },
    ];
  }
  return [
    {
      command: `cat /sys/class/block/${device}/inflight; dmesg | grep -w ${device} | tail`,
      effect: 'shows whether its requests ever finish, and what the driver says',
      risk: 'none: reads only',
    },
  ];
}
