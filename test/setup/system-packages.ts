/**
 * Brings what the tests need of the system: as root on Debian and Ubuntu it is installed, elsewhere it is said what is
 * missing; the tests that need it skip themselves then, with their reason.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

interface Need {
  /** A program in PATH, or a file. */
  readonly thing: string;
  /** Packages that have it, the first that exists is taken: Debian's name, Ubuntu's name. */
  readonly packages: readonly string[];
}

const NEEDS: readonly Need[] = [
  { thing: 'gcc', packages: ['gcc'] },
  { thing: '/usr/include/stdio.h', packages: ['libc6-dev'] },
  { thing: 'strace', packages: ['strace'] },
  { thing: 'perf', packages: ['linux-perf', 'linux-tools-generic'] },
  { thing: 'gdb', packages: ['gdb'] },
  { thing: 'python3', packages: ['python3'] },
  { thing: 'jq', packages: ['jq'] },
  { thing: 'ps', packages: ['procps'] },
  { thing: 'ss', packages: ['iproute2'] },
  { thing: 'setpriv', packages: ['util-linux'] },
  { thing: 'losetup', packages: ['mount'] },
  { thing: 'mkfs.ext4', packages: ['e2fsprogs'] },
  { thing: 'chromium', packages: ['chromium'] },
  { thing: 'script', packages: ['bsdutils', 'bsdextrautils'] },
];

const PATH = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];

const missing = NEEDS.filter(({ thing }) => !isThere(thing));
if (missing.length > 0) {
  if (process.getuid?.() === 0 && isThere('apt-get')) install(missing);
  const still = missing.filter(({ thing }) => !isThere(thing));
  if (still.length > 0) {
    const names = still.map(({ thing, packages }) => `${thing} (${packages.join(' or ')})`).join(', ');
    say(`not on this system, so the tests that need it are skipped: ${names}`);
  }
}

function install(needs: readonly Need[]): void {
  say(`installing for the tests: ${needs.map(({ packages: [name] }) => name).join(', ')}`);
  apt('update');
  const wanted = needs.flatMap(({ packages }) => packages.find(hasCandidate) ?? []);
  // One by one when all at once fail: one that cannot be had must not keep the others away.
  if (wanted.length > 0 && !apt('install', ...wanted)) for (const name of wanted) apt('install', name);
}

function hasCandidate(name: string): boolean {
  const { stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
  return /Candidate: (?!\(none\))/.test(stdout ?? '');
}

function apt(action: 'update' | 'install', ...names: string[]): boolean {
  const args = ['-qq', '-o', 'DPkg::Lock::Timeout=300', action];
  if (action === 'install') args.push('--yes', '--no-install-recommends', ...names);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('apt-get', args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) say(`apt-get ${[action, ...names].join(' ')}: ${(stderr ?? '').trim()}`);
  return status === 0;
}

function isThere(thing: string): boolean {
  if (thing.startsWith('/')) return existsSync(thing);
  return PATH.some((directory) => isExecutable(join(directory, thing)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function say(text: string): void {
  process.stderr.write(`tests: ${text}\n`);
}
