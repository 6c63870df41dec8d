import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
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
  '7.2': 'trixie-backports',
};

/** What the machine runs, and what only the guest has: both are unpacked here, nothing gets installed. */
const HOST_TOOLS = ['qemu-system-x86', 'busybox-static', 'kmod'];
const GUEST_TOOLS = ['kmod', 'nfs-kernel-server', 'nfs-common', 'nbd-client', 'nbd-server', 'dmsetup'];

/** A kernel as unpacked: its full version, its image, and the tree above `usr/lib/modules/VERSION`. */
export interface Kernel {
  readonly name: string;
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
  const [release = ''] = readdirSync(join(tree, 'usr/lib/modules'));
  const images = [
    join(tree, 'boot', `vmlinuz-${release}`),
    join(tree, 'usr/lib/modules', release, 'vmlinuz'),
  ];
  const image = images.find((path) => existsSync(path));
  if (image === undefined) throw new Error(`no image in ${tree}`);
  return { name, release, image, tree };
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

function suiteApt(cache: string, suite: string): Apt {
  const dir = join(cache, `apt-${suite}`);
  mkdirSync(join(dir, 'lists/partial'), { recursive: true });
  const list = join(dir, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYS}] ${MIRROR} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::Cache': dir,
    'APT::Sandbox::User': 'root',
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
  const plan = systemApt('-s', '--no-install-recommends', 'install', ...packages);
  const inTheWay = new Set([...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name));
  return [...new Set([...inTheWay, ...packages])];
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
