import { readlinkSync } from 'node:fs';
import { openLive } from '../../../evidence/live/live-source.ts';
import { hidesProcesses } from '../../../procfs/mountinfo.ts';
import { parseStat } from '../../../procfs/stat.ts';
import type { ProcStatus } from '../../../procfs/status.ts';
import { procText, statusOf } from '../proc.ts';
import { tasksOfTree } from '../tree.ts';
import { straceRefusals } from './permission.ts';
import type { Refusal } from './refusal.ts';
import type { PreflightRequest } from './request.ts';

/** PF_KTHREAD of include/linux/sched.h, in stat's field 9. */
const PF_KTHREAD = 0x00200000;
const STAT_MS = 1000;

/** What of the process itself stands against recording it. */
export async function lookAtTarget(pid: number, request: PreflightRequest): Promise<Refusal[]> {
  const foreign = foreignProc();
  if (foreign !== undefined) return [foreign];
  const status = statusOf(pid);
  if (status === undefined) return [noProcess(pid)];
  const name = `${pid} (${status.name})`;
  if (status.tgid !== pid) {
    return [
      {
        source: 'both',
        code: 'no-process',
        message: `${name} is a thread of process ${status.tgid}, and no process.`,
        remedy: `Trace process ${status.tgid}: all of its threads are recorded.`,
      },
    ];
  }
  const tasks = tasksOfTree(pid, false);
  if (tasks.every(({ status: { state } }) => state === 'Z' || state === 'X')) {
    return [
      {
        source: 'both',
        code: 'zombie',
        message: `${name} has ended already: it is a zombie that waits for its parent ${status.ppid}.`,
        remedy: `procdiag inspect ${pid} tells why it is not reaped.`,
      },
    ];
  }
  const kinship = kinshipRefusals(pid, name, request);
  if (kinship.some(({ source }) => source === 'both')) return kinship;
  const refusals = [...kinship];
  if (await isKernelThread(pid, status)) {
    // perf alone is what it advises.
    if (!request.strace) return refusals;
    refusals.push({
      source: 'strace',
      code: 'kernel-thread',
      message: `${name} is a thread of the kernel: it makes no system calls, and cannot be traced.`,
      remedy: `Use --perf alone, which shows when it runs and what it waits for, or procdiag inspect ${pid}.`,
    });
    return refusals;
  }
  if (request.strace) refusals.push(...(await straceRefusals(pid, name, tasks)));
  return refusals;
}

const noProcess = (pid: number): Refusal => ({
  source: 'both',
  code: 'no-process',
  message: `There is no process ${pid}${mayBeHidden() ? ' that this user may see' : ''}.`,
  remedy: mayBeHidden()
    ? '/proc hides those of others: run it as root.'
    : 'ps -e lists those that there are.',
});

/** proc(5), hidepid. */
function mayBeHidden(): boolean {
  return process.geteuid?.() !== 0 && hidesProcesses(procText('/proc/self/mountinfo') ?? '');
}

/** strace, perf and we have to mean the same process by a number. */
function foreignProc(): Refusal | undefined {
  let self = '';
  try {
    self = readlinkSync('/proc/self');
  } catch {
    // Not ours, or not mounted.
  }
  if (self === String(process.pid)) return undefined;
  return {
    source: 'both',
    code: 'foreign-proc',
    message:
      '/proc is not that of our own PID namespace, so its numbers are not those that strace and perf take.',
    remedy: 'Run procdiag outside of the container, or mount proc in it.',
  };
}

function kinshipRefusals(
  pid: number,
  name: string,
  { follow, strace }: Pick<PreflightRequest, 'follow' | 'strace'>,
): Refusal[] {
  const ancestors = ancestry();
  if (pid === process.pid) {
    return [
      {
        source: 'both',
        code: 'ourselves',
        message: `${name} is procdiag itself.`,
        remedy: 'Give the number of another process.',
      },
    ];
  }
  if (!ancestors.includes(pid) && pid !== 1) return [];
  const isInit = pid === 1;
  const what = isInit ? 'is init, on which the whole host depends' : 'is a parent of procdiag';
  if (follow) {
    return [
      {
        source: 'both',
        code: isInit ? 'init' : 'ancestor',
        message: `${name} ${what}: its tree holds procdiag and the recorders, which would record themselves.`,
        remedy: 'Use --perf --no-follow, which records its own threads alone.',
      },
    ];
  }
  if (!strace) return [];
  return [
    {
      source: 'strace',
      code: isInit ? 'init' : 'ancestor',
      message: `${name} ${what}: strace would stop it at each of its system calls.`,
      remedy: 'Use --perf --no-follow, which does not stop it.',
    },
  ];
}

function ancestry(): number[] {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 0 && !pids.includes(pid); pid = statusOf(pid)?.ppid ?? 0) pids.push(pid);
  return pids;
}

async function isKernelThread(pid: number, status: ProcStatus): Promise<boolean> {
  if (status.kthread !== undefined) return status.kthread;
  // Kernel threads have no memory.
  if (status.vmSizeKb !== undefined) return false;
  const key = `/proc/${pid}/stat`;
  const outcome = (await openLive({ timeoutMs: STAT_MS }).fetch([key], 0)).get(key);
  const stat = outcome?.kind === 'text' ? parseStat(outcome.text) : undefined;
  return stat !== undefined && (stat.flags & PF_KTHREAD) !== 0;
}
