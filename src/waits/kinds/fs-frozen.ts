import type { Mount } from '../../procfs/mountinfo.ts';
import { lineFact, pointFacts } from '../facts.ts';
import type { Confidence, Edge } from '../graph.ts';
import { edge } from '../nodes.ts';
import { deviceHops, deviceOfMount } from '../objects/block-device.ts';
import { type CallTarget, callTarget, directoryPlace } from '../objects/call-target.ts';
import { hostMountPoint, mountFact, mountNode } from '../objects/mount.ts';
import { upperMount } from '../objects/overlay.ts';
import { isFaulting, writableMappedMounts } from '../objects/page-fault.ts';
import { inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Other users of per-CPU rwsems: not the freeze level of a file system. */
const NOT_FREEZE =
  /^(?:cgroup_|cpus_read_lock|cpu_hotplug|copy_process|cgroup_can_fork|exit_signals|jbd2_|ext4_writepages|dquot_|bdev_|uprobe|register_)/;

/** A write to a frozen file system: sleeps on the superblock's freeze level (fs/super.c, sb_start_write). */
export const fsFrozen: Resolver = (context) => {
  const { evidence, process, thread } = context;
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
  const call = callTarget(context, 'to');
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  const name = thread.syscallName ?? 'page fault';
  const place = placeOf(context, call);
  if (place === undefined) {
    return waitOf(context, {
      kind: 'fs-frozen',
      point: `${name}: a file system is frozen`,
      subsystem: 'fsfreeze',
      killable: false,
      facts,
    });
  }
  const { mount, edges } = edgesTo(context, place);
  const device = deviceOfMount(evidence, mount)?.device;
  const suspended =
    device === undefined
      ? []
      : lineFact(evidence, `/sys/class/block/${device}/dm/suspended`, '1', 'suspended with its file system');
  const at = mountNode(mount);
  if (device !== undefined && suspended.length > 0) {
    const on = { id: `device:${device}`, kind: 'device' as const, name: device };
    const below = edge(at, on, 'lies on', device, 'device of the mount', mountFact(evidence, process, mount));
    return waitOf(context, {
      kind: 'block-io',
      point: `${name}: ${at.name}, device suspended`,
      subsystem: 'dm',
      killable: false,
      facts,
      hops: deviceHops(evidence, process, [...edges, below], device),
    });
  }
  const reached = hostMountPoint(evidence, mount);
  return waitOf(context, {
    kind: 'fs-frozen',
    point: `${name}: ${at.name} is frozen`,
    subsystem: 'fsfreeze',
    killable: false,
    facts,
    detail: {
      mountPoint: reached ?? mount.mountPoint,
      fsType: mount.fsType,
      ...(reached === undefined ? { elsewhere: true } : {}),
    },
    hops: [{ edges }],
  });
};

interface Place {
  readonly mount: Mount;
  readonly how: string;
  readonly confidence: Confidence;
}

/** The mount that is written to: of the call's file, of the mapped one in a page fault, or as far as it can be guessed. */
function placeOf(context: WaitContext, { mount, guess }: CallTarget): Place | undefined {
  const { evidence, process, thread } = context;
  const how = 'writers of a frozen file system sleep there';
  if (isFaulting(thread)) {
    const [mapped, another] = writableMappedMounts(evidence, process);
    return mapped === undefined || another !== undefined
      ? undefined
      : { mount: mapped, how, confidence: 'certain' };
  }
  if (mount !== undefined) return { mount, ...(guess ?? { how, confidence: 'certain' }) };
  return directoryPlace(context);
}

/** The edges to the mount that is frozen: behind an overlay that of its upper layer. */
function edgesTo({ evidence, process, node }: WaitContext, place: Place): { mount: Mount; edges: Edge[] } {
  const { mount, how, confidence } = place;
  const at = mountNode(mount);
  const proof = mountFact(evidence, process, mount);
  const upper = mount.fsType === 'overlay' ? upperMount(evidence, process, mount) : undefined;
  if (upper === undefined)
    return { mount, edges: [edge(node, at, 'waits for the thaw of', at.name, how, proof, confidence)] };
  const below = mountNode(upper);
  return {
    mount: upper,
    edges: [
      edge(node, at, 'writes to', at.name, 'the file of its system call', proof, confidence),
      edge(
        at,
        below,
        'waits for the thaw of',
        below.name,
        'an overlay keeps what is written in its upperdir, and cannot be frozen itself',
        [],
        confidence,
      ),
    ],
  };
}
