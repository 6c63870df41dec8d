import type { Outcome } from '../../src/evidence/outcome.ts';
import { ENOENT, row, text, versionOf } from './fake-common.ts';
import type { FakeHost, FakeMount, FakeProcess } from './fake-host-types.ts';

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'pid_for_children', 'user', 'uts'];

export const link = (name: string | number, access: string, target: string) =>
  `${name}\tl${access.includes('r') ? 'r' : '-'}${access.includes('w') ? 'w' : '-'}x------\t${target}\0`;

export function fdLinks({ fds = {} }: FakeProcess): string {
  return Object.entries(fds)
    .map(([fd, value]) => link(fd, value.split(' ')[0] ?? '', value.slice(value.indexOf(' ') + 1)))
    .join('');
}

export function nsLinks(process: FakeProcess, dead: boolean): string {
  return NAMESPACES.filter((name) => !dead || name === 'pid')
    .map((name, index) => {
      const inode =
        process.ns?.[name] ??
        (name === 'pid_for_children' ? process.ns?.pid : undefined) ??
        4026531832 + index;
      const type = name === 'pid_for_children' ? 'pid' : name;
      const shared = name === 'pid_for_children' && inode === 4026531832 + index ? 4026531836 : inode;
      return shared === 0 ? '' : link(name, 'rwx', `${type}:[${shared}]`);
    })
    .join('');
}

export function fdinfoText(host: FakeHost, process: FakeProcess, fd: number): Outcome {
  const value = process.fds?.[fd];
  if (value === undefined) return ENOENT;
  const [access = '', target = ''] = [value.split(' ')[0], value.slice(value.indexOf(' ') + 1)];
  const lines = process.fdinfo?.[fd] ?? [];
  const has = (name: string) => lines.some((line) => line.startsWith(`${name}:`));
  const flags =
    (access.includes('e') ? 0o2000000 : 0) + (access.startsWith('rw') ? 2 : access.startsWith('w') ? 1 : 0);
  return text(
    [
      row('pos', 0),
      row('flags', `0${flags.toString(8)}`),
      has('mnt_id') ? '' : row('mnt_id', mountAt(host, target)),
      has('ino') || versionOf(host) < 5.14 ? '' : row('ino', inodeOf(target)),
      ...lines.map((line) => `${line.replace(/^([\w-]+): (?! )/, '$1:\t')}\n`),
    ].join(''),
  );
}

/** A number that is the same for the same target, and another for another. */
function inodeOf(target: string): number {
  const told = /:\[(\d+)\]$/.exec(target)?.[1];
  return told === undefined
    ? [...target].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7)
    : Number(told);
}

function allMounts(host: FakeHost): FakeMount[] {
  return [
    { at: '/', fs: 'ext4', dev: '254:0', source: '/dev/vda' },
    { at: '/proc', fs: 'proc', dev: '0:21' },
    { at: '/sys', fs: 'sysfs', dev: '0:22' },
    { at: '/dev', fs: 'devtmpfs', dev: '0:6' },
    { at: '/sys/fs/cgroup', fs: 'cgroup2', dev: '0:24' },
    ...(host.mounts ?? []),
  ];
}

const mountId = (index: number) => 100 + index;

function mountAt(host: FakeHost, target: string): number {
  let best = 0;
  if (!target.startsWith('/')) return 17;
  for (const [index, { at }] of allMounts(host).entries()) {
    if (target === at || target.startsWith(at === '/' ? '/' : `${at}/`)) best = index;
  }
  return mountId(best);
}

export function mountinfoText(host: FakeHost): string {
  return allMounts(host)
    .map(
      ({ at, fs, dev, source = fs, options = 'rw' }, i) =>
        `${mountId(i)} 99 ${dev} / ${at} rw,relatime shared:1 - ${fs} ${source} ${options}\n`,
    )
    .join('');
}

export function deviceLinks({ devices = {} }: FakeHost): string {
  return Object.entries(devices)
    .map(([number, name]) => link(number, 'rwx', `../../devices/pci0000:00/block/${name}`))
    .join('');
}
