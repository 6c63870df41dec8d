import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, isOnInV2 } from './cgroup.ts';
import { labEnvironment } from './lab.ts';
import type { Need, Scene } from './scene.ts';

/** A need of a scene that this system does not meet. */
export interface MissingNeed {
  need: Need;
  why: string;
  /** What a person could do about it: mostly a command. */
  remedy: string;
}

const CAP_SYS_ADMIN = 21n;

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function writable(path: string): boolean {
  return may(path, constants.W_OK);
}

function lacking(...commands: string[]): string | undefined {
  const dirs = (labEnvironment().PATH ?? '').split(':');
  const missing = commands.filter((command) => !dirs.some((dir) => may(join(dir, command), constants.X_OK)));
  return missing.length > 0 ? `no ${missing.join(', no ')} in PATH` : undefined;
}

function isAdmin(): boolean {
  const capabilities = /^CapEff:\t(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${capabilities}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

function fileSystem(type: string): boolean {
  return new RegExp(`\t${type}$`, 'm').test(readFileSync('/proc/filesystems', 'latin1'));
}

/** Controllers of v1, or of v2 where they are switched on for children of the root. */
function controllerOfAny(controller: 'cpu' | 'pids'): { lacks(): string | undefined; remedy: string } {
  return {
    lacks: () => {
      const v1 = cgroupMount(controller);
      const mount = v1 ?? cgroupMount('v2');
      if (!mount) return `no cgroup with a ${controller} controller is mounted`;
      if (!writable(mount)) return `${mount} is not writable`;
      return v1 || isOnInV2(controller)
        ? undefined
        : `the ${controller} controller of cgroup v2 is not switched on`;
    },
    remedy: `echo +${controller} > /sys/fs/cgroup/cgroup.subtree_control; as root, outside of containers`,
  };
}

/** Controllers that cgroup v1 does not have, and that are switched on for children of the root of v2. */
function controllerOfV2(controller: 'io' | 'memory'): { lacks(): string | undefined; remedy: string } {
  return {
    lacks: () => {
      if (!cgroupMount('v2')) return 'cgroup v2 is not mounted';
      return isOnInV2(controller)
        ? undefined
        : `the ${controller} controller of cgroup v2 is not switched on`;
    },
    remedy: `echo +${controller} > /sys/fs/cgroup/cgroup.subtree_control (where cgroup v1 does not have it)`,
  };
}

/** What each need takes: `lacks` says why it is not met, undefined when it is. */
const checks: Record<Need, { lacks(): string | undefined; remedy: string }> = {
  root: {
    lacks: () => (process.getuid?.() === 0 ? undefined : 'not run as root'),
    remedy: 'sudo procdiag lab …',
  },
  gcc: { lacks: () => lacking('cc'), remedy: 'apt-get install gcc libc6-dev' },
  fuse: {
    lacks: () => {
      if (!isAdmin()) return 'may not mount (no CAP_SYS_ADMIN)';
      return may('/dev/fuse', constants.R_OK | constants.W_OK) ? undefined : 'no access to /dev/fuse';
    },
    remedy: 'modprobe fuse; in a container: --privileged or --device /dev/fuse --cap-add SYS_ADMIN',
  },
  loop: {
    lacks: () => {
      if (!isAdmin()) return 'may not mount (no CAP_SYS_ADMIN)';
      return existsSync('/dev/loop-control') ? lacking('losetup', 'mkfs.ext4') : 'no /dev/loop-control';
    },
    remedy: 'modprobe loop; apt-get install util-linux e2fsprogs',
  },
  fsfreeze: { lacks: () => lacking('fsfreeze'), remedy: 'apt-get install util-linux' },
  'cgroup-v1-freezer': {
    lacks: () => {
      const mount = cgroupMount('freezer');
      if (!mount) return 'the freezer of cgroup v1 is not mounted';
      return writable(mount) ? undefined : `${mount} is not writable`;
    },
    remedy: 'mkdir -p /sys/fs/cgroup/freezer && mount -t cgroup -o freezer none /sys/fs/cgroup/freezer',
  },
  'cgroup-cpu': controllerOfAny('cpu'),
  'cgroup-pids': controllerOfAny('pids'),
  'cgroup-v2': {
    lacks: () => {
      const mount = cgroupMount('v2');
      if (!mount) return 'cgroup v2 is not mounted';
      return writable(mount) ? undefined : `${mount} is not writable`;
    },
    remedy: 'mount -t cgroup2 none /sys/fs/cgroup/unified; as root, outside of containers',
  },
  'cgroup-v2-io': controllerOfV2('io'),
  'cgroup-v2-memory': controllerOfV2('memory'),
  'cgroup-v1-memory': {
    lacks: () => {
      const mount = cgroupMount('memory');
      if (!mount) return 'the memory controller of cgroup v1 is not mounted';
      return writable(mount) ? undefined : `${mount} is not writable`;
    },
    remedy: 'a kernel with CONFIG_MEMCG_V1 whose cgroup v2 does not have the controller',
  },
  swap: {
    lacks: () => {
      if (!isAdmin()) return 'may not add swap (no CAP_SYS_ADMIN)';
      if (!existsSync('/proc/swaps')) return 'the kernel has no swap';
      // The scene's own would take pages of other programs, or theirs the scene's.
      if (readFileSync('/proc/swaps', 'latin1').trim().includes('\n')) return 'this host has swap in use';
      const v1 = cgroupMount('memory') !== undefined && cgroupMount('blkio') !== undefined;
      if (!v1 && !(isOnInV2('memory') && isOnInV2('io'))) return 'no cgroup limits both memory and I/O';
      return lacking('mkswap', 'swapon', 'swapoff');
    },
    remedy: 'a host without swap, with the memory and I/O controllers of cgroup v1 or v2',
  },
  'core-pattern': {
    lacks: () =>
      writable('/proc/sys/kernel/core_pattern') ? undefined : '/proc/sys/kernel/core_pattern is not writable',
    remedy: 'run as root, outside of containers',
  },
  gdb: { lacks: () => lacking('gdb'), remedy: 'apt-get install gdb' },
  strace: { lacks: () => lacking('strace'), remedy: 'apt-get install strace' },
  python3: { lacks: () => lacking('python3'), remedy: 'apt-get install python3' },
  userfaultfd: {
    // The file is there since 5.2, with CONFIG_USERFAULTFD.
    lacks: () =>
      existsSync('/proc/sys/vm/unprivileged_userfaultfd') ? undefined : 'the kernel has no userfaultfd',
    remedy: 'a kernel with CONFIG_USERFAULTFD',
  },
  fanotify: {
    lacks: () => (isAdmin() ? undefined : 'may not ask for permission events (no CAP_SYS_ADMIN)'),
    remedy: 'run as root, with a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS',
  },
  autofs: {
    lacks: () => {
      if (!isAdmin()) return 'may not mount (no CAP_SYS_ADMIN)';
      return fileSystem('autofs') ? undefined : 'the kernel has no autofs';
    },
    remedy: 'modprobe autofs4 || modprobe autofs',
  },
  'device-mapper': {
    lacks: () =>
      existsSync('/dev/mapper/control') ? lacking('dmsetup', 'blockdev') : 'no /dev/mapper/control',
    remedy: 'modprobe dm_mod; apt-get install dmsetup',
  },
  nbd: {
    lacks: () => (existsSync('/dev/nbd0') ? lacking('nbd-server', 'nbd-client') : 'no /dev/nbd0'),
    remedy: 'modprobe nbd; apt-get install nbd-server nbd-client',
  },
  'nfs-server': {
    lacks: () => {
      if (!isAdmin()) return 'may not mount (no CAP_SYS_ADMIN)';
      const absent = ['nfs4', 'nfsd'].filter((type) => !fileSystem(type));
      if (absent.length > 0) return `the kernel has no ${absent.join(', no ')}`;
      return lacking('mount.nfs4', 'exportfs', 'rpc.nfsd', 'rpc.mountd', 'ip', 'nsenter', 'unshare');
    },
    remedy: 'modprobe nfsv4; modprobe nfsd; apt-get install nfs-kernel-server',
  },
};

/** What this system lacks for a scene, with the way to get it; empty when it can be played. */
export function missingNeeds(scene: Pick<Scene, 'needs'>): MissingNeed[] {
  return scene.needs.flatMap((need) => {
    const why = checks[need].lacks();
    return why === undefined ? [] : [{ need, why, remedy: checks[need].remedy }];
  });
}

/** Needs that a kernel has or has not: nothing that could be installed would bring them. */
const OF_THE_KERNEL: readonly Need[] = [
  'device-mapper',
  'nbd',
  'nfs-server',
  'cgroup-v2-io',
  'cgroup-v2-memory',
  'cgroup-v1-memory',
  'cgroup-v1-freezer',
  'autofs',
];

/** Scenes that this kernel can play at all; the others are played in virtual machines (test/kernels). */
export function playable<T extends Pick<Scene, 'needs'>>(scenes: readonly T[]): T[] {
  return scenes.filter(
    ({ needs }) => missingNeeds({ needs: needs.filter((need) => OF_THE_KERNEL.includes(need)) }).length === 0,
  );
}
