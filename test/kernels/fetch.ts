import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const MIRROR = process.env.PROCDIAG_KERNELS_MIRROR ?? 'http://deb.debian.org/debian';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian's suites by the kernel that they bring. */
export const SUITES: Readonly<Record<string, string>> = {
  '5.10': 'bullseye',
  '6.1': 'bookworm',
  '6.12': 'trixie',
  '7.3': 'trixie-backports',
};

/** What the machine runs, and what only the guest has: both are unpacked here, nothing gets installed. */
const HOST_TOOLS = ['qemu-system-x86', 'busybox-static', 'kmod'];
const GUEST_TOOLS = ['kmod', 'nfs-kernel-server', 'nfs-common', 'nbd-client', 'nbd-server', 'dmsetup'];

/** The suite that arm64 comes from, whole: kernel, C library, Node, tools. */
const ARM64 = 'trixie';
const ARM64_PACKAGES = [
  ...['linux-image-arm64', 'busybox-static', 'kmod', 'nodejs', 'strace', 'linux-perf', 'gcc', 'libc6-dev'],
  ...[
    'base-files',
    'base-passwd',
    'libc-bin',
    'dash',
    'bash',
    'coreutils',
    'util-linux',
    'mount',
    'iproute2',
  ],
  ...['e2fsprogs', 'procps', 'grep', 'sed', 'findutils', 'python3'],
];

/** A kernel as unpacked: its full version, its image, and the tree above `usr/lib/modules/VERSION`. */
export interface Kernel {
  readonly name: string;
  readonly arch: 'amd64' | 'arm64';
  readonly release: string;
  readonly image: string;
  readonly tree: string;
}

/** Downloads and unpacks a kernel once; `tools` is the tree that holds depmod. */
export function fetchKernel(cache: string, name: string, tools: string): Kernel {
  const suite = SUITES[name];
  if (suite === undefined) throw new Error(`no such kernel: ${name} (${Object.keys(SUITES).join(', ')})`);
  const tree = join(cache, `kernel-${name}`);
  unpackOnce(tree, (fresh) => {
    const apt = suiteApt(cache, suite);
    apt('update');
    const packages = kernelPackages(apt);
    unpack(apt, packages, join(cache, `debs-${name}`), fresh);
    const [release = ''] = readdirSync(join(fresh, 'usr/lib/modules'));
    kmod(tools, 'depmod', ['-b', join(fresh, 'usr'), release]);
  });
  return kernelIn(tree, name, 'amd64');
}

function kernelIn(tree: string, name: string, arch: Kernel['arch']): Kernel {
  const [release = ''] = readdirSync(join(tree, 'usr/lib/modules'));
  const images = [
    join(tree, 'boot', `vmlinuz-${release}`),
    join(tree, 'usr/lib/modules', release, 'vmlinuz'),
  ];
  const image = images.find((path) => existsSync(path));
  if (image === undefined) throw new Error(`no image in ${tree}`);
  return { name, arch, release, image, tree };
}

/**
 * A whole arm64 system, unpacked and never set up, with its kernel, and the QEMU for it. apt keeps its own books for it: this
 * system need not know of the foreign architecture. `tools` is the tree that holds depmod.
 */
export function fetchArm64(cache: string, tools: string): { kernel: Kernel; qemu: string } {
  const qemu = join(cache, 'tools-arm64');
  unpackOnce(qemu, (fresh) =>
    unpack(systemApt, missing(['qemu-system-arm']), join(cache, 'debs-qemu-arm64'), fresh),
  );
  const tree = join(cache, 'root-arm64');
  unpackOnce(tree, (fresh) => {
    const apt = suiteApt(cache, ARM64, 'arm64');
    apt('update');
    unpack(apt, installPlan(apt, ARM64_PACKAGES), join(cache, 'debs-root-arm64'), fresh);
    // What the packages' scripts would do.
    for (const name of ['passwd', 'group'])
      cpSync(join(fresh, 'usr/share/base-passwd', `${name}.master`), join(fresh, 'etc', name));
    symlinkSync('gcc', join(fresh, 'usr/bin/cc'));
    const [release = ''] = readdirSync(join(fresh, 'usr/lib/modules'));
    kmod(tools, 'depmod', ['-b', join(fresh, 'usr'), release]);
  });
  return { kernel: kernelIn(tree, 'arm64', 'arm64'), qemu };
}

/** The trees of what the host needs to run a VM and of what the guest has on top of the host's files. */
export function fetchTools(cache: string): { host: string; guest: string } {
  const [host, guest] = (['host', 'guest'] as const).map((side) => {
    const tree = join(cache, `tools-${side}`);
    unpackOnce(tree, (fresh) => {
      const wanted = side === 'host' ? HOST_TOOLS : GUEST_TOOLS;
      unpack(systemApt, missing(wanted), join(cache, `debs-${side}`), fresh);
    });
    return tree;
  });
  return { host: host ?? '', guest: guest ?? '' };
}

/**
 * A tree that holds another suite's strace and perf below /opt/tracers/SUITE, for use by `tracersBin` in a guest that has
 * the tree as a layer.
 */
export function fetchTracers(cache: string, suite: string): string {
  const tree = join(cache, `tracers-${suite}`);
  unpackOnce(tree, (fresh) => {
    const root = join(fresh, 'opt/tracers', suite);
    mkdirSync(root, { recursive: true });
    execFileSync('debootstrap', ['--variant=minbase', '--include=strace,linux-perf', suite, root, MIRROR], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const bin = join(root, 'bin.for.path');
    mkdirSync(bin);
    const perf = readdirSync(join(root, 'usr/bin')).find((name) => /^perf_\d/.test(name)) ?? 'perf';
    const place = `/opt/tracers/${suite}`;
    for (const [name, program] of [
      ['strace', 'strace'],
      ['perf', perf],
    ] as const) {
      // Their libraries are another C library's, which only its own loader can use.
      const words = `exec ${place}/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path ${place}/usr/lib/x86_64-linux-gnu ${place}/usr/bin/${program}`;
      writeFileSync(join(bin, name), `#!/bin/sh\n${words} "$@"\n`, { mode: 0o755 });
    }
  });
  return tree;
}

/** Where that suite's strace and perf are in the guest, for PATH. */
export function tracersBin(suite: string): string {
  return `/opt/tracers/${suite}/bin.for.path`;
}

/** Runs one of kmod's programs, which are all links to one binary. */
export function kmod(tools: string, program: 'depmod' | 'modprobe', args: readonly string[]): string {
  const env = { ...process.env, LD_LIBRARY_PATH: libraries(tools) };
  const run = spawnSync(join(tools, 'usr/bin/kmod'), args, { argv0: program, env, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${run.error?.message ?? run.stderr}`);
  return run.stdout;
}

/** Directories of an unpacked tree that hold libraries. */
export function libraries(tree: string): string {
  return ['usr/lib/x86_64-linux-gnu', 'usr/lib'].map((dir) => join(tree, dir)).join(':');
}

type Apt = (...args: string[]) => string;

const systemApt: Apt = (...args) => apt(args);

function suiteApt(cache: string, suite: string, arch: Kernel['arch'] = 'amd64'): Apt {
  const dir = join(cache, arch === 'amd64' ? `apt-${suite}` : `apt-${suite}-${arch}`);
  mkdirSync(join(dir, 'lists/partial'), { recursive: true });
  const list = join(dir, 'sources.list');
  // For another architecture, a system on which nothing is installed.
  const status = join(dir, 'status');
  if (arch !== 'amd64') writeFileSync(status, '');
  writeFileSync(list, `deb [signed-by=${KEYS}] ${MIRROR} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::Cache': dir,
    'APT::Sandbox::User': 'root',
    ...(arch === 'amd64'
      ? {}
      : { 'APT::Architecture': arch, 'APT::Architectures': arch, 'Dir::State::status': status }),
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return (...args) => apt([...flags, ...args]);
}

function apt(args: readonly string[]): string {
  const program = args.includes('depends') ? 'apt-cache' : 'apt-get';
  return execFileSync(program, ['-qq', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** From the suite's newest kernel: the image, and what newer suites split off it. */
function kernelPackages(apt: Apt): string[] {
  const wanted = new Set<string>();
  const follow = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const [, next = ''] of apt('depends', name).matchAll(/^ *\|?Depends: (\S+)/gm))
      if (/^linux-(?:image|binary|modules|base)-\d/.test(next)) follow(next);
  };
  follow('linux-image-amd64');
  wanted.delete('linux-image-amd64');
  return [...wanted];
}

/** These packages and all that they need which this system has not got. */
function missing(packages: readonly string[]): string[] {
  return [...new Set([...installPlan(systemApt, packages), ...packages])];
}

/** What would be installed for these packages. */
function installPlan(apt: Apt, packages: readonly string[]): string[] {
  const plan = apt('-s', '--no-install-recommends', 'install', ...packages);
  return [...new Set([...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name))];
}

function unpack(apt: Apt, packages: readonly string[], debs: string, tree: string): void {
  mkdirSync(debs, { recursive: true });
  const cwd = process.cwd();
  process.chdir(debs);
  try {
    apt('-o', 'APT::Sandbox::User=root', 'download', ...packages);
  } finally {
    process.chdir(cwd);
  }
  for (const deb of readdirSync(debs).filter((name) => name.endsWith('.deb')))
    execFileSync('dpkg-deb', ['-x', join(debs, deb), tree]);
  mergeUsr(tree);
  rmSync(debs, { recursive: true });
}

/** As the installed system has it: /bin, /lib and /sbin are links into /usr, which a directory would hide. */
function mergeUsr(tree: string): void {
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    const from = join(tree, name);
    if (!existsSync(from) || lstatSync(from).isSymbolicLink()) continue;
    cpSync(from, join(tree, 'usr', name), { recursive: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true });
  }
}

/** Makes a directory whole or not at all. */
function unpackOnce(tree: string, fill: (fresh: string) => void): void {
  if (existsSync(tree)) return;
  const fresh = `${tree}.part`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  fill(fresh);
  renameSync(fresh, tree);
}
