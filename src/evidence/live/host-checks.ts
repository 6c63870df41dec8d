import { accessSync, constants, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import type { HostChecks } from '../host-checks.ts';
import type { Outcome } from '../outcome.ts';
import { runChild } from './child.ts';
import { readNow } from './lock-free.ts';
import { notStarted } from './not-started.ts';

/** None of these takes a lock that another process could hold: settings of the kernel, and our own entry in /proc. */
const FILES = [
  '/proc/self/status',
  '/proc/self/uid_map',
  '/proc/self/mountinfo',
  '/proc/self/stack',
  '/proc/self/syscall',
  '/proc/sys/kernel/yama/ptrace_scope',
  '/proc/sys/kernel/perf_event_paranoid',
  '/proc/sys/kernel/kptr_restrict',
  '/proc/sys/kernel/dmesg_restrict',
  '/proc/sys/kernel/hung_task_timeout_secs',
  '/proc/sys/kernel/hung_task_warnings',
  '/proc/sys/kernel/task_delayacct',
  '/proc/pressure/io',
  '/proc/locks',
];

const PRESENT = [
  '/.dockerenv',
  '/run/.containerenv',
  '/sys/kernel/tracing/events',
  '/sys/kernel/debug/tracing/events',
];

const PROGRAMS: readonly [name: string, versionFlag: string][] = [
  ['grep', '--version'],
  ['perl', '-v'],
  ['dd', '--version'],
  ['ss', '-V'],
  ['nsenter', '--version'],
  ['setpriv', '--version'],
  ['strace', '-V'],
  ['perf', '--version'],
];

const PATIENCE = { stallMs: 500, lateMs: 1500, maxBytes: 65_536 };

/** Looks at the host and at what we may do on it; bounded in time, changes nothing. */
export async function checkHost(): Promise<HostChecks> {
  const versions = PROGRAMS.map(async ([name, flag]): Promise<[string, string | undefined]> => {
    const { ended, errno, code, stdout, stderr } = await runChild(name, [flag], PATIENCE);
    const prevented = ended === 'no-program' ? notStarted(errno) : undefined;
    if (prevented !== undefined) return [name, `${name} could not be asked: ${prevented.why}`];
    const [line = ''] = `${stdout.toString('latin1')}${stderr}`.trim().split('\n');
    // On a host that is slow enough it does not come so far as to say so: it is there all the same.
    if (ended === 'stuck' || ended === 'late') return [name, `${name} did not tell its version in time`];
    return [name, ended === 'exited' && code === 0 ? line : undefined];
  });
  const files = new Map<string, Outcome>(FILES.map((path) => [path, readNow(path)]));
  return {
    uid: process.geteuid?.() ?? -1,
    pid: process.pid,
    procSelf: linkOf('/proc/self'),
    pidNamespace: linkOf('/proc/self/ns/pid'),
    kernel: release(),
    files,
    present: new Set(PRESENT.filter(isReadable)),
    programs: new Map(await Promise.all(versions)),
    containerVariable: process.env.container,
  };
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
