import { lineFact, pointFacts } from '../facts.ts';
import { edge } from '../nodes.ts';
import { deviceHops, deviceName } from '../objects/block-device.ts';
import { callTarget } from '../objects/call-target.ts';
import { mountFact, mountNode } from '../objects/mount.ts';
import { isFaulting, writableMappedMounts } from '../objects/page-fault.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** Other users of per-CPU rwsems: not the freeze level of a file system. */
const NOT_FREEZE =
  /^(?:cgroup_|cpus_read_lock|cpu_hotplug|copy_process|cgroup_can_fork|exit_signals|jbd2_|ext4_writepages|dquot_|bdev_|uprobe|register_)/;

/** A write to a frozen file system: sleeps on the superblock's freeze level (fs/super.c, sb_start_write). */
export const fsFrozen: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (
    thread.state !== 'D' ||
    !inFrames(
      thread,
      /^(?:percpu_rwsem_wait|__percpu_down_read|__sb_start_write|sb_wait_write|__sb_start_pagefault)$/,
      2,
    )
  ) {
    return undefined;
  }
  if (inFrames(thread, NOT_FREEZE)) return undefined;
  const call = callTarget(context);
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  const mapped = isFaulting(thread) ? writableMappedMounts(evidence, process) : [];
  const mount = isFaulting(thread) ? (mapped.length === 1 ? mapped[0] : undefined) : call.mount;
  const name = thread.syscallName ?? 'page fault';
  if (mount === undefined) {
    return waitOf(context, {
      kind: 'fs-frozen',
      point: `${name}: a file system is frozen`,
      subsystem: 'fsfreeze',
      killable: false,
      facts,
    });
  }
  const device = deviceName(evidence, mount.major, mount.minor);
  const suspended =
    device === undefined
      ? []
      : lineFact(evidence, `/sys/class/block/${device}/dm/suspended`, '1', 'suspended with its file system');
  const at = mountNode(mount);
  const proof = mountFact(evidence, process, mount);
  const toMount = edge(
    node,
    at,
    'waits for the thaw of',
    at.name,
    'writers of a frozen file system sleep there',
    proof,
  );
  if (device !== undefined && suspended.length > 0) {
    const on = { id: `device:${device}`, kind: 'device' as const, name: device };
    const edges = [toMount, edge(at, on, 'lies on', device, 'device of the mount', proof)];
    return waitOf(context, {
      kind: 'block-io',
      point: `${name}: ${at.name}, device suspended`,
      subsystem: 'dm',
      killable: false,
      facts,
      hops: deviceHops(evidence, process, edges, device),
    });
  }
  return waitOf(context, {
    kind: 'fs-frozen',
    point: `${name}: ${at.name} is frozen`,
    subsystem: 'fsfreeze',
    killable: false,
    facts,
    detail: { mountPoint: mount.mountPoint, fsType: mount.fsType },
    hops: [{ edges: [toMount] }],
  });
};
