import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { lineFact, pointFacts } from '../facts.ts';
import { classifyFrames } from '../frames/index.ts';
import type { Edge, Node } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import { callTarget } from '../objects/call-target.ts';
import { fuseHops } from '../objects/fuse-daemon.ts';
import { suspects } from '../objects/fuse-mounts.ts';
import { kernelHelpers } from '../objects/kernel-helpers.ts';
import { isNetwork, mountFact, mountNode } from '../objects/mount.ts';
import { type Resolver, waitOf } from '../wait.ts';
import { whereTo } from './block-io.ts';

const NETWORK = new Set(['nfs', 'smb', 'ceph', '9p', 'netfs']);
const DRIVER = new Set([
  'gpu',
  'usb',
  'scsi',
  'nvme',
  'md',
  'dm',
  'nbd',
  'ublk',
  'mmc',
  'virtio',
  'bcache',
  'rdma',
  'iscsi',
  'ipmi',
  'zram',
  'pci',
  'wifi',
  'rbd',
  'kvm',
]);
const LOCKS = new Set(['mutex', 'rwsem', 'percpu-rwsem', 'inode-lock', 'mmap-lock', 'rtnl', 'socket-lock']);
const BLOCK = new Set([
  'block-io',
  'blk-tag',
  'blk-freeze',
  'page-lock',
  'page-writeback',
  'wbt',
  'loop',
  'aio',
  'jbd2',
  'ext4',
  'xfs',
  'xfs-log',
  'btrfs',
  'f2fs',
  'writeback-throttle',
]);

/** All other uninterruptible sleeps, by what their frames are called; nothing is guessed beyond the subsystem. */
export const dOther: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 'D') return undefined;
  const call = callTarget(context);
  const named = classifyFrames(thread.frames, {
    state: 'D',
    comm: thread.comm,
    kthread: process.isKernelThread,
    modules: thread.modules,
    ...(thread.syscallName === undefined ? {} : { syscall: thread.syscallName }),
  });
  if (named.subsystem === 'fuse') {
    const how = 'its frames are FUSE, and this is a FUSE mount that it can see';
    const mounts = suspects(context);
    const hops = mounts.flatMap((mount) =>
      fuseHops(evidence, process, node, mount, how, mounts.length === 1 ? 'likely' : 'possible'),
    );
    return waitOf(context, {
      kind: 'fuse',
      point: `${thread.syscallName ?? 'kernel'}: ${named.waitsFor}`,
      subsystem: 'fuse',
      facts: pointFacts(evidence, thread),
      hops,
    });
  }
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  const name = thread.syscallName ?? 'kernel';
  const { subsystem } = named;
  const onNetwork = call.mount !== undefined && isNetwork(call.mount);
  const kind =
    NETWORK.has(subsystem) || onNetwork
      ? 'network-fs'
      : DRIVER.has(subsystem)
        ? 'driver'
        : LOCKS.has(subsystem)
          ? 'kernel-lock'
          : BLOCK.has(subsystem)
            ? 'block-io'
            : 'd-other';
  // A device node is the device, not the devtmpfs it lies on.
  const device = call.path?.startsWith('/dev/') === true ? call.path : undefined;
  const mount = device === undefined ? call.mount : undefined;
  const unnamed = subsystem === 'unknown' ? 'the kernel' : `kernel: ${subsystem}`;
  const target =
    device !== undefined
      ? thing('device', device, device)
      : mount === undefined
        ? thing('kernel', `${subsystem}:${thread.tid}`, unnamed)
        : mountNode(mount);
  const proof = mount === undefined ? [] : mountFact(evidence, process, mount);
  // A local file system waits for its device, whatever function of its own it does that in.
  const hasFile = call.mount !== undefined || device !== undefined;
  const below = kind === 'block-io' && hasFile ? whereTo(context, call) : undefined;
  if (below !== undefined && below.device !== undefined && below.hops.length > 0) {
    return waitOf(context, {
      kind,
      point: `${name}: ${named.waitsFor}, block I/O on ${below.device}`,
      subsystem,
      facts,
      ...(typeof named.killable === 'boolean' ? { killable: named.killable } : {}),
      detail: { device: below.device },
      hops: below.hops,
    });
  }
  const onward = edge(
    node,
    target,
    'waits for',
    named.waitsFor,
    named.frame === undefined ? 'state D' : `its frame ${named.frame}`,
    proof,
    call.mount === undefined ? 'likely' : 'certain',
  );
  const helpers = subsystem === 'usermode-helper' ? kernelHelpers(evidence) : [];
  return waitOf(context, {
    kind,
    point: `${name}: ${named.waitsFor}`,
    subsystem,
    facts,
    ...(typeof named.killable === 'boolean' ? { killable: named.killable } : {}),
    ...(named.benign === true ? { idle: 'idle-kthread' } : {}),
    detail: { ...(call.mount === undefined ? {} : { source: call.mount.source, fsType: call.mount.fsType }) },
    hops:
      helpers.length === 0
        ? [{ edges: [onward] }]
        : helpers.slice(0, HELPERS_FOLLOWED).map((helper) => ({
            next: { pid: helper.pid },
            edges: [onward, helperEdge(evidence, target, helper, helpers.length)],
          })),
  });
};

const HELPERS_FOLLOWED = 4;

/** Which of the programs that the kernel has started just now it waits for is told when there is one. */
function helperEdge(evidence: Evidence, from: Node, helper: ProcessEvidence, count: number): Edge {
  const how =
    count === 1
      ? 'the only program that the kernel has started'
      : `one of ${count} that the kernel has started`;
  return edge(
    from,
    processNode(helper),
    'run by',
    'a child of a kernel thread that is none itself',
    how,
    lineFact(evidence, `${helper.dir}/status`, 'PPid:'),
    count === 1 ? 'likely' : 'possible',
  );
}
