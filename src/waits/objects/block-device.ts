import type { Evidence } from '../../evidence/evidence.ts';
import { links } from '../../evidence/keys.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { parseFdLinks } from '../../procfs/fd-links.ts';
import { parseInflight } from '../../procfs/inflight.ts';
import type { Mount } from '../../procfs/mountinfo.ts';
import { fact, lineFact } from '../facts.ts';
import type { Confidence, Edge, Fact, Node } from '../graph.ts';
import { edge, thing } from '../nodes.ts';
import type { Hop } from '../wait.ts';
import { fuseHops } from './fuse-daemon.ts';
import { isFuse, isNetwork, mountNode, mountOfHostPath } from './mount.ts';

export const deviceNode = (name: string): Node => thing('device', name, name);

/** Kernel name (`sda1`, `loop0`, `dm-3`) of a block device number, from /sys/dev/block. */
function deviceName(evidence: Evidence, major: number, minor: number): string | undefined {
  const found = evidence.world.parsed(links('/sys/dev/block'), parseFdLinks);
  const target = found?.find((link) => link.name === `${major}:${minor}`)?.target;
  return target?.slice(target.lastIndexOf('/') + 1);
}

/** Kernel name of a device file's path, by its last part; `/dev/mapper/x` is found through the mount or dm name instead. */
export function deviceOfPath(evidence: Evidence, path: string): string | undefined {
  const name = /^\/dev\/(?:block\/)?([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  return evidence.world.text(`/sys/class/block/${name}/dev`) === undefined ? undefined : name;
}

/**
 * The device that a mount lies on. btrfs and the like have a number of their own, which no device has: then the source
 * tells, which is one of perhaps several.
 */
export function deviceOfMount(
  evidence: Evidence,
  { major, minor, source }: Mount,
): { device: string; confidence: Confidence } | undefined {
  const numbered = deviceName(evidence, major, minor);
  if (numbered !== undefined) return { device: numbered, confidence: 'certain' };
  if (major !== 0) return undefined;
  const device = deviceOfPath(evidence, source) ?? mapperDevice(evidence, source);
  return device === undefined ? undefined : { device, confidence: 'likely' };
}

/** Kernel name of `/dev/mapper/NAME`. */
function mapperDevice(evidence: Evidence, path: string): string | undefined {
  const name = /^\/dev\/mapper\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const all = evidence.world.text('/sys/class/block/')?.split('\n') ?? [];
  return all.find(
    (each) => each.startsWith('dm-') && evidence.line(`/sys/class/block/${each}/dm/name`) === name,
  );
}

/** Requests that the device has taken and not finished; undefined where sysfs does not tell. */
export function inflight(evidence: Evidence, device: string): { count: number; facts: Fact[] } | undefined {
  const path = `/sys/class/block/${device}/inflight`;
  const parsed = evidence.world.parsed(path, parseInflight);
  if (parsed === undefined) return undefined;
  const line = evidence.line(path) ?? '';
  return { count: parsed.reads + parsed.writes, facts: [fact(path, line, 'reads and writes in flight')] };
}

/** Has it had requests in flight at every look? */
export function isStuck(evidence: Evidence, device: string): boolean {
  const looks = evidence.world.parsedHistory(`/sys/class/block/${device}/inflight`, parseInflight);
  return looks.length > 0 && looks.every((look) => look !== undefined && look.reads + look.writes > 0);
}

/**
 * From a waiter to the device and what serves it: a loop device's file and that file's mount, the lower devices of
 * device mapper and md, the server of nbd. Ends at a process where one serves the device.
 */
export function deviceHops(
  evidence: Evidence,
  process: ProcessEvidence,
  before: readonly Edge[],
  device: string,
  depth = 0,
): Hop[] {
  const node = deviceNode(device);
  if (depth > 6) return [{ edges: before }];
  const sysfs = `/sys/class/block/${device}`;

  const backing = evidence.line(`${sysfs}/loop/backing_file`);
  if (backing !== undefined) {
    const file = thing('file', backing, backing);
    const facts = [fact(`${sysfs}/loop/backing_file`, backing)];
    const toFile = edge(node, file, 'is backed by', backing, 'loop device', facts);
    const mount =
      mountOfHostPath(evidence, backing) ??
      process.mounts.find((m) => backing.startsWith(`${m.mountPoint}/`));
    if (mount === undefined) return [{ edges: [...before, toFile] }];
    if (isFuse(mount)) {
      const hops = fuseHops(evidence, process, file, mount, 'the file lies on a FUSE mount');
      return hops.map((hop) => ({ ...hop, edges: [...before, toFile, ...hop.edges] }));
    }
    const on = mountNode(mount);
    const toMount = edge(file, on, 'lies on', on.name, 'by its path', []);
    if (isNetwork(mount)) return [{ edges: [...before, toFile, toMount] }];
    const below = deviceOfMount(evidence, mount)?.device;
    if (below === undefined) return [{ edges: [...before, toFile, toMount] }];
    const busy = inflight(evidence, below);
    if (busy !== undefined && busy.count === 0) return [{ edges: [...before, toFile, toMount] }];
    const toBelow = edge(on, deviceNode(below), 'lies on', below, 'device of the mount', busy?.facts ?? []);
    return deviceHops(evidence, process, [...before, toFile, toMount, toBelow], below, depth + 1);
  }

  const suspended = lineFact(evidence, `${sysfs}/dm/suspended`, '1', 'suspended device mapper device');
  if (suspended.length > 0) {
    const name = evidence.line(`${sysfs}/dm/name`) ?? device;
    const state = thing('device', `${device}:suspended`, `${device} (${name}), suspended`);
    return [{ edges: [...before, edge(node, state, 'is', 'suspended', 'device mapper', suspended)] }];
  }
  const server = evidence.line(`${sysfs}/pid`);
  if (server !== undefined && /^\d+$/.test(server)) {
    const by = evidence.process(Number(server));
    const facts = [fact(`${sysfs}/pid`, server, 'the process that attached the nbd device')];
    if (by !== undefined) {
      const to = { id: `process:${by.pid}`, kind: 'process' as const, name: by.comm, pid: by.pid };
      return [
        {
          next: { pid: by.pid },
          edges: [...before, edge(node, to, 'served by', 'nbd', 'nbd client', facts)],
        },
      ];
    }
  }
  const slaves = evidence.world.text(`${sysfs}/slaves/`);
  const lower = slaves === undefined || slaves === '' ? [] : slaves.split('\n');
  const busyLower = lower.filter((name) => (inflight(evidence, name)?.count ?? 1) > 0);
  if (busyLower.length > 0) {
    return busyLower.flatMap((name) => {
      const confidence: Confidence = busyLower.length === 1 ? 'certain' : 'likely';
      const facts = inflight(evidence, name)?.facts ?? [];
      const on = edge(node, deviceNode(name), 'lies on', name, 'lower device', facts, confidence);
      return deviceHops(evidence, process, [...before, on], name, depth + 1);
    });
  }
  return [{ edges: before }];
}

/** Devices with requests in flight, of the whole host: the last resort where no descriptor tells the device. */
export function busyDevices(evidence: Evidence): string[] {
  const names = evidence.world.text('/sys/class/block/')?.split('\n') ?? [];
  return names.filter((name) => name !== '' && (inflight(evidence, name)?.count ?? 0) > 0);
}
