import { syscallName } from '../../src/procfs/syscall-names.ts';
import { row, tasks, versionOf } from './fake-common.ts';
import type { FakeHost, FakeProcess, FakeThread } from './fake-host-types.ts';

/** The host's clock when the first look begins, in ms since its boot. */
const BOOT_MS = 10_000_000;
const STATE_NAMES: Record<string, string> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk sleep',
  T: 'stopped',
  t: 'tracing stop',
  X: 'dead',
  Z: 'zombie',
  I: 'idle',
};

const mask = (bits: bigint | undefined) => (bits ?? 0n).toString(16).padStart(16, '0');

export function statusText(
  host: FakeHost,
  process: FakeProcess,
  thread: FakeThread & { tid: number },
): string {
  const state = thread.state ?? 'S';
  const leader = thread.tid === process.pid;
  const nsPid = leader ? (process.nsPid ?? [process.pid]) : [thread.tid];
  const comm = (thread.comm ?? process.comm ?? 'prog').replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const uid = process.uid ?? 0;
  return [
    row('Name', comm),
    row('State', `${state} (${STATE_NAMES[state]})`),
    row('Tgid', process.pid),
    row('Ngid', 0),
    row('Pid', thread.tid),
    row('PPid', process.ppid ?? (process.pid === 1 ? 0 : 1)),
    row('TracerPid', thread.tracerPid ?? 0),
    row('Uid', [uid, uid, uid, uid].join('\t')),
    row('Gid', [uid, uid, uid, uid].join('\t')),
    row('FDSize', 64),
    row('NStgid', (process.nsPid ?? [process.pid]).join('\t')),
    row('NSpid', nsPid.join('\t')),
    row('NSpgid', process.pgrp ?? process.pid),
    row('NSsid', process.session ?? process.pid),
    row('Kthread', versionOf(host) >= 6.09 ? Number(process.kthread ?? false) : undefined),
    process.kthread || state === 'Z' ? '' : row('CoreDumping', Number(process.coreDumping ?? false)),
    row('Threads', tasks(process).filter(({ state: s }, i) => i === 0 || s !== 'X').length),
    row('SigQ', '0/96365'),
    row('SigPnd', mask(thread.sigPnd)),
    row('ShdPnd', mask(process.shdPnd)),
    row('SigBlk', mask(thread.sigBlk)),
    row('SigIgn', mask(process.sigIgn)),
    row('SigCgt', mask(process.sigCgt)),
    row('voluntary_ctxt_switches', thread.switches ?? 48),
    row('nonvoluntary_ctxt_switches', 2),
  ].join('');
}

export function statText(
  host: FakeHost,
  process: FakeProcess,
  thread: FakeThread & { tid: number },
  isTask: boolean,
): string {
  const fields: (number | string)[] = Array.from({ length: 53 }, () => 0);
  const flags = (process.kthread ? 0x20_0000 : 0x40_0000) | (process.flags ?? 0);
  fields[1] = thread.tid;
  fields[2] = `(${thread.comm ?? process.comm ?? 'prog'})`;
  fields[3] = thread.state ?? 'S';
  fields[4] = process.ppid ?? (process.pid === 1 ? 0 : 1);
  fields[5] = process.pgrp ?? process.pid;
  fields[6] = process.session ?? process.pid;
  fields[7] = process.ttyNr ?? 0;
  fields[8] = process.tpgid ?? -1;
  fields[9] = flags;
  fields[14] = thread.utime ?? 1;
  fields[15] = thread.stime ?? 1;
  fields[20] = tasks(process).length;
  fields[22] = process.startTime ?? 1000 + process.pid;
  fields[38] = 17;
  fields[39] = 0;
  const own = (host.uid ?? 0) === 0 || host.uid === process.uid;
  fields[26] = own ? 0x5000_0000 : 1;
  const code = (isTask ? undefined : process.groupStop) ?? thread.exitCode ?? 0;
  fields[52] = own ? code : 0;
  return `${fields.slice(1).join(' ')}\n`;
}

export function schedText(
  process: FakeProcess,
  thread: FakeThread & { tid: number },
  clockMs: number,
): string {
  const last = (thread.state ?? 'S') === 'R' ? BOOT_MS + clockMs : BOOT_MS - (thread.asleep ?? 60) * 1000;
  const line = (name: string, value: string) => `${name.padEnd(45)}:${value.padStart(21)}\n`;
  return [
    `${thread.comm ?? process.comm ?? 'prog'} (${thread.tid}, #threads: ${tasks(process).length})\n`,
    `${'-'.repeat(67)}\n`,
    line('se.exec_start', last.toFixed(6)),
    line('nr_switches', String(thread.switches ?? 50)),
  ].join('');
}

/** Who is told to do nothing in particular sleeps in pause(). */
const frames = ({ state = 'S', call, stack }: FakeThread) =>
  (stack ?? (state === 'S' && call === undefined ? '__do_sys_pause' : ''))
    .split(' < ')
    .filter((frame) => frame !== '');

export function stackText(thread: FakeThread): string {
  return frames(thread)
    .map((name) => `[<0>] ${name}+0x1a/0x2f0\n`)
    .join('');
}

/** Nothing at all before 6.1; the kernel names the caller of the lock or the scheduler after it. */
export function wchanText(host: FakeHost, process: FakeProcess, thread: FakeThread): string {
  const uid = host.uid ?? 0;
  const told = versionOf(host) >= 6.01 && (uid === 0 || uid === (process.uid ?? 0));
  return (told ? frames(thread)[0] : undefined) ?? '0';
}

export function callText(thread: FakeThread): string {
  const state = thread.state ?? 'S';
  const call = thread.call ?? (state === 'R' ? 'running' : 'pause()');
  if (state === 'Z') return '-1 0x0 0x0\n';
  if (call === 'running') return 'running\n';
  if (call === 'page fault') return '-1 0x7ffd018a14d8 0x7f31bbd16897\n';
  const match = /^(\w+)\((.*)\)$/.exec(call);
  const number = numberOf(match?.[1] ?? '');
  const given = (match?.[2] ?? '').split(',').filter((word) => word.trim() !== '');
  const words = Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, BigInt(given[i]?.trim() ?? '0')));
  return `${number} ${words.map((word) => `0x${word.toString(16)}`).join(' ')} 0x7ffd018a14d8 0x7f31bbd16897\n`;
}

const NUMBERS = new Map(Array.from({ length: 500 }, (_, nr) => [syscallName(nr, 'x64') ?? '', nr]));

function numberOf(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new Error(`no system call ${name}`);
  return number;
}
