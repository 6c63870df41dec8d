import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { parseSwaps } from '../../procfs/swaps.ts';
import { fact, pointFacts } from '../facts.ts';
import type { Edge, Fact } from '../graph.ts';
import { edge, thing } from '../nodes.ts';
import {
  busyDevices,
  deviceHops,
  deviceNode,
  deviceOfMount,
  deviceOfPath,
  inflight,
  isStuck,
} from '../objects/block-device.ts';
import { type CallTarget, callTarget } from '../objects/call-target.ts';
import { fuseHops } from '../objects/fuse-daemon.ts';
import { ioLimit } from '../objects/io-limit.ts';
import {
  hostMounts,
  isFuse,
  isNetwork,
  mountFact,
  mountNode,
  mountOfHostPath,
  mountOfPath,
} from '../objects/mount.ts';
import { faultedProcess, isFaulting, mappedMounts, mappedPaths } from '../objects/page-fault.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Functions in which a task sleeps for a page or a block request, whatever driver is below (they never name it). */
const PAGE_OR_BLOCK =
  /^(?:submit_bio_wait|bio_await|__blkdev_direct_IO\w*|blkdev_direct_IO\w*|__iomap_dio_rw|iomap_dio_\w+|dio_await_one|do_blockdev_direct_IO|__blockdev_direct_IO|folio_wait_\w+|wait_on_page_\w+|__wait_on_page_\w+|__folio_lock\w*|__lock_page\w*|folio_lock\w*|filemap_fault|filemap_get_pages|filemap_update_page|do_swap_page|swap_read\w*|wait_on_buffer|__wait_on_buffer|__bread_gfp|blk_mq_get_tag|blk_mq_freeze_queue_wait|blk_execute_rq|wbt_wait|rq_qos_wait|blk_throtl_\w+|exit_aio|blkdev_issue_flush|submit_bio_noacct|sync_inode\w*|writeback_\w+|wb_wait_for_completion|jbd2_log_wait_commit|wait_transaction_locked|jbd2_journal_commit_transaction|add_transaction_credits|balance_dirty_pages\w*)$/;

/** Here for a page in swap; a page that is only being moved is waited for in the same function. */
const SWAP_IN = /^(?:do_swap_page|swap_read\w*|swapin_\w+|swap_cluster_readahead|swap_vma_readahead)$/;
const MIGRATION = /^(?:migration_entry_wait\w*|softleaf_entry_wait\w*)$/;

/** Waits for a page that SIGKILL ends: of a buffered read, and of a page fault of the thread's own (FAULT_FLAG_KILLABLE). */
const KILLABLE =
  /^(?:filemap_read|filemap_get_pages|filemap_update_page|filemap_fault|__folio_lock_or_retry|folio_lock_or_retry|__lock_page_or_retry)$/;
const NOT_KILLABLE =
  /^(?:do_exit|__access_remote_vm|access_remote_vm|get_user_pages_remote|__get_user_pages\w*)$/;

/** Asynchronous I/O: sleeps interruptibly, also when the device is dead. */
const ASYNC = /^(?:read_events|wait_for_kiocb|io_cqring_wait\w*|__do_sys_io_uring_enter)$/;

/** Block I/O, page and writeback waits: from the file of the call to the mount, the device, and who serves it. */
export const blockIo: Resolver = (context) => {
  const { evidence, thread } = context;
  const asynchronous = inFrames(thread, ASYNC, 1);
  if (!asynchronous && (thread.state !== 'D' || !inFrames(thread, PAGE_OR_BLOCK, 4))) return undefined;
  const faulting = isFaulting(thread);
  // Inside a page fault the system call's file is not the one that is waited for: the mapped one is.
  const call = faulting || asynchronous ? { facts: [] } : callTarget(context);
  const at = asynchronous
    ? whereAsynchronous(context)
    : faulting
      ? whereFaulting(context)
      : whereTo(context, call);
  // A ring or a set of requests at rest: other resolvers tell what it is.
  if (at === undefined) return undefined;
  const name = thread.syscallName ?? 'page fault';
  const facts = [...pointFacts(evidence, thread), ...call.facts];
  if (at.mount !== undefined && isNetwork(at.mount)) {
    return waitOf(context, {
      kind: 'network-fs',
      point: `${name}: ${mountNode(at.mount).name}`,
      facts,
      hops: at.hops,
      detail: { fsType: at.mount.fsType, source: at.mount.source },
    });
  }
  if (at.mount !== undefined && isFuse(at.mount)) {
    return waitOf(context, {
      kind: 'fuse',
      point: `${name}: a page of ${mountNode(at.mount).name}`,
      subsystem: 'fuse',
      facts,
      hops: at.hops,
    });
  }
  return waitOf(context, {
    kind: 'block-io',
    point: `${name}: ${at.what ?? 'block I/O'}${at.device === undefined ? '' : ` on ${at.device}`}`,
    subsystem: subsystemOf(context, at.device),
    ...(asynchronous ? {} : { killable: inFrames(thread, KILLABLE) && !inFrames(thread, NOT_KILLABLE) }),
    facts: [...facts, ...(at.facts ?? [])],
    hops: at.hops,
    detail: at.device === undefined ? {} : { device: at.device },
  });
};

interface Where {
  readonly mount?: Mount;
  readonly device?: string;
  readonly hops: readonly Hop[];
  /** What it wants there, where that is more than block I/O. */
  readonly what?: string;
  readonly facts?: readonly Fact[];
}

/** The mount and device that the file of a call is on, and the way on from there. */
export function whereTo(context: WaitContext, call: CallTarget): Where {
  const { evidence, process, node } = context;
  if (inFrames(context.thread, LAST_OF_MOUNT)) return whereUnmounted(context);
  const path = call.path;
  const direct = path === undefined ? undefined : deviceOfPath(evidence, path);
  if (direct !== undefined)
    return onDevice(context, direct, [deviceEdge(context, direct, 'the descriptor is this device')]);
  const mount = call.mount;
  if (mount !== undefined) {
    const { how, confidence } = call.guess ?? {
      how: 'its descriptor lies on this mount',
      confidence: 'certain' as const,
    };
    if (isFuse(mount)) {
      return { mount, hops: fuseHops(evidence, process, node, mount, how, confidence) };
    }
    const at = mountNode(mount);
    const toMount = edge(
      node,
      at,
      'waits for I/O on',
      at.name,
      how,
      mountFact(evidence, process, mount),
      confidence,
    );
    if (isNetwork(mount)) return { mount, hops: [{ edges: [toMount] }] };
    const below = deviceOfMount(evidence, mount);
    if (below !== undefined) {
      const { device } = below;
      const on = edge(
        at,
        deviceNode(device),
        'lies on',
        device,
        below.confidence === 'certain' ? 'device of the mount' : 'source of the mount, which may have others',
        inflight(evidence, device)?.facts ?? [],
        below.confidence,
      );
      return onDevice(context, device, [toMount, on], mount);
    }
    return { mount, hops: [{ edges: [toMount] }] };
  }
  // No descriptor and no path: exit, a page fault. A block device that the process has open …
  const open = openDevices(context)[0];
  if (open !== undefined)
    return onDevice(context, open, [deviceEdge(context, open, 'the process has it open', 'likely')]);
  // … or the one device of the host that holds requests.
  const busy = busyDevices(evidence);
  const [single] = busy;
  if (single !== undefined && busy.length === 1) {
    return onDevice(context, single, [
      deviceEdge(context, single, 'the only device with requests in flight', 'possible'),
    ]);
  }
  return { hops: [] };
}

/** Here the mount is gone from mountinfo already, and its path leads to the one below. */
const LAST_OF_MOUNT = /^(?:cleanup_mnt|deactivate_super|deactivate_locked_super|generic_shutdown_super)$/;

/** The end of an unmount: a device that keeps requests in flight, and that no mount shows any more. */
function whereUnmounted(context: WaitContext): Where {
  const { evidence, process } = context;
  const shown = new Set(
    [...hostMounts(evidence), ...process.mounts].map((mount) => deviceOfMount(evidence, mount)?.device),
  );
  const busy = busyDevices(evidence).filter((device) => !shown.has(device));
  const [device] = busy;
  if (device === undefined) return { hops: [] };
  const how = 'it has requests in flight, and no mount shows it any more';
  const confidence = busy.length === 1 ? 'likely' : 'possible';
  return onDevice(context, device, [deviceEdge(context, device, how, confidence)]);
}

/** Asynchronous I/O is idle, unless a block device that the process has open keeps requests in flight at every look. */
function whereAsynchronous(context: WaitContext): Where | undefined {
  const stuck = openDevices(context).find((device) => isStuck(context.evidence, device));
  return stuck === undefined
    ? undefined
    : onDevice(context, stuck, [deviceEdge(context, stuck, 'the process has it open', 'likely')]);
}

function openDevices({ evidence, process }: WaitContext): string[] {
  return process.fds.map((fd) => deviceOfPath(evidence, fd.target)).filter((name) => name !== undefined);
}

/** A page of a mapped file or one in swap: of this process, or of the one whose memory it reads. */
function whereFaulting(context: WaitContext): Where {
  const { evidence, process, node, thread } = context;
  const owner = faultedProcess(context);
  const swapped =
    inFrames(thread, SWAP_IN) && !inFrames(thread, MIGRATION) ? whereSwapped(context) : undefined;
  if (swapped !== undefined) return swapped;
  const mapped = mappedMounts(evidence, owner);
  const how = mapped.sure ? 'it maps a file of this mount' : 'the FUSE mount that it can see';
  const confidence = mapped.mounts.length === 1 ? 'likely' : 'possible';
  const hops = mapped.mounts.flatMap((mount): Hop[] => {
    if (isFuse(mount)) return fuseHops(evidence, owner, node, mount, how, confidence);
    const at = mountNode(mount);
    return [
      {
        edges: [
          edge(node, at, 'waits for a page of', at.name, how, mountFact(evidence, owner, mount), confidence),
        ],
      },
    ];
  });
  const [mount] = mapped.mounts;
  if (mount !== undefined) return { mount, hops };
  const stuck = mappedDevices(evidence, owner).filter((device) => isStuck(evidence, device));
  const [device] = stuck;
  if (device !== undefined) {
    const how = 'it maps a file there, and requests stay in flight';
    return onDevice(context, device, [
      deviceEdge(context, device, how, stuck.length === 1 ? 'likely' : 'possible'),
    ]);
  }
  return whereTo({ ...context, process }, { facts: [] });
}

/** A page that was swapped out: on which of several areas nobody tells, but one whose requests do not end is likely it. */
function whereSwapped(context: WaitContext): Where | undefined {
  const { evidence } = context;
  // Not yet read: nothing else is asked for on the way.
  if (evidence.world.text('/proc/swaps') === undefined) return { hops: [] };
  const areas = swapDevices(evidence);
  const chosen = areas.find(({ device }) => isStuck(evidence, device)) ?? areas[0];
  if (chosen === undefined) return undefined;
  const { device, path } = chosen;
  const how = areas.length === 1 ? 'the only swap area in use' : `one of ${areas.length} swap areas in use`;
  const confidence = areas.length === 1 ? 'certain' : 'possible';
  const at = onDevice(context, device, [deviceEdge(context, device, how, confidence)]);
  const facts = swapFact(evidence, path);
  return { ...at, what: 'memory that was swapped out', facts };
}

/** The part of its line that does not change from page to page. */
function swapFact(evidence: Evidence, path: string): Fact[] {
  const lines = evidence.world.text('/proc/swaps')?.split('\n') ?? [];
  const line = lines.find((each) => parseSwaps(each)[0]?.path === path);
  const part = /^\S+\s+\w+/.exec(line ?? '')?.[0];
  return part === undefined ? [] : [fact('/proc/swaps', part, 'swap in use')];
}

/** The block devices that a process maps, or maps files of. */
function mappedDevices(evidence: Evidence, process: ProcessEvidence): string[] {
  const devices = mappedPaths(evidence, process).map((path) => {
    const mount = path.startsWith('/dev/') ? undefined : mountOfPath(process, path);
    return mount === undefined ? deviceOfPath(evidence, path) : deviceOfMount(evidence, mount)?.device;
  });
  return [...new Set(devices.filter((device) => device !== undefined))];
}

/** The block devices that swapped pages lie on. */
function swapDevices(evidence: Evidence): { path: string; device: string }[] {
  const areas = evidence.world.parsed('/proc/swaps', parseSwaps) ?? [];
  return areas
    .filter(({ usedKb }) => usedKb > 0)
    .flatMap(({ path, type }) => {
      const mount = type === 'file' ? mountOfHostPath(evidence, path) : undefined;
      const device =
        mount === undefined ? deviceOfPath(evidence, path) : deviceOfMount(evidence, mount)?.device;
      return device === undefined ? [] : [{ path, device }];
    });
}

const WRITES = /write|sync|truncate|fallocate|sendfile|splice/;

function onDevice(
  { evidence, process, thread }: WaitContext,
  device: string,
  before: readonly Edge[],
  mount?: Mount,
): Where {
  const hops = deviceHops(evidence, process, before, device);
  const where = { device, ...(mount ? { mount } : {}) };
  // Nobody behind the device is to blame, and it has nothing to do: it may be that it is not given the requests.
  const isIdle = inflight(evidence, device)?.count === 0;
  const isUsable = hops.every(({ next, edges }) => next === undefined && edges.at(-1)?.relation !== 'is');
  const direction = WRITES.test(thread.syscallName ?? '') ? 'write' : 'read';
  const limit = isIdle && isUsable ? ioLimit(evidence, process, device, direction) : undefined;
  if (limit === undefined) {
    if (!isIdle || !isUsable) return { ...where, hops };
    return { ...where, hops: hops.map((hop) => ({ ...hop, edges: hop.edges.map(unproven) })) };
  }
  const cgroup = thing('cgroup', limit.cgroup, `cgroup ${limit.cgroup}`);
  const how = 'the device is idle, and the cgroup limits the I/O to it';
  const held = edge(deviceNode(device), cgroup, 'held back by', limit.file, how, limit.facts, 'likely');
  return { ...where, hops: [{ edges: [...before, held] }] };
}

/** What a device that has nothing to do is waited for is not told by its mount alone. */
const unproven = (each: Edge): Edge =>
  each.to.kind === 'device'
    ? { ...each, how: `${each.how}; it has no requests in flight`, confidence: 'possible' }
    : each;

function deviceEdge(
  { evidence, node }: WaitContext,
  device: string,
  how: string,
  confidence: Edge['confidence'] = 'certain',
): Edge {
  return edge(
    node,
    deviceNode(device),
    'waits for I/O on',
    device,
    how,
    inflight(evidence, device)?.facts ?? [],
    confidence,
  );
}

function subsystemOf({ thread }: WaitContext, device: string | undefined) {
  if (device?.startsWith('loop') === true) return 'loop' as const;
  if (device?.startsWith('dm-') === true) return 'dm' as const;
  if (device?.startsWith('nbd') === true) return 'nbd' as const;
  if (device?.startsWith('md') === true) return 'md' as const;
  if (inFrames(thread, /writeback|fdatawait/, 4)) return 'page-writeback' as const;
  if (inFrames(thread, /^(?:folio_|__folio_|wait_on_page|__wait_on_page|__lock_page|filemap_)/, 2))
    return 'page-lock' as const;
  return 'block-io' as const;
}
