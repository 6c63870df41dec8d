import { accessSync, constants, readlinkSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openLive } from '../../evidence/live/live-source.ts';
import { hidesProcesses } from '../../procfs/mountinfo.ts';
import { parseStat } from '../../procfs/stat.ts';
import type { ProcStatus } from '../../procfs/status.ts';
import {
  CAP_PERFMON,
  CAP_SYS_ADMIN,
  CAP_SYS_PTRACE,
  hasCapability,
  perfEventParanoid,
  procText,
  statusOf,
} from './proc.ts';
import { type Found, findPerf, findStrace, type PerfTool, type StraceTool } from './tools.ts';
import { type TreeTask, tasksOfTree } from './tree.ts';
import { canLetUsTrace, yamaScope } from './yama.ts';

export type RefusalCode =
  | 'no-process'
  | 'no-directory'
  | 'no-process-left'
  | 'foreign-proc'
  | 'zombie'
  | 'kernel-thread'
  | 'ourselves'
  | 'ancestor'
  | 'init'
  | 'already-traced'
  | 'uninterruptible'
  | 'other-user'
  | 'protected'
  | 'yama'
  | 'no-strace'
  | 'strace-broken'
  | 'no-perf'
  | 'perf-broken'
  | 'no-tracefs'
  | 'perf-not-permitted'
  | 'no-command'
  | 'disk-short'
  | 'strace-failed'
  | 'perf-failed';

/** Why one of the two, or both, cannot record this. */
export interface Refusal {
  readonly source: 'strace' | 'perf' | 'both';
  readonly code: RefusalCode;
  /** A sentence. */
  readonly message: string;
  /** What to do about it: a sentence, too. */
  readonly remedy: string;
}

export interface PreflightRequest {
  readonly strace: boolean;
  readonly perf: boolean;
  readonly follow: boolean;
  /** perf counts only where it may see calls and wake-ups. */
  readonly wholePerf?: boolean | undefined;
}

/** What can record, and why the rest cannot. */
export interface Preflight {
  readonly strace?: StraceTool;
  readonly perf?: PerfTool;
  /** Why perf may see no more than who got and left the CPU. */
  readonly perfLimit?: Refusal;
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

/** PF_KTHREAD of include/linux/sched.h, in stat's field 9. */
const PF_KTHREAD = 0x00200000;
/** A sleep of this length without one switch of context counts as stuck. */
const STUCK_MS = 250;
const STAT_MS = 1000;

/** Looks whether `pid` can be recorded, by what; without touching it. */
export async function preflight(pid: number, request: PreflightRequest): Promise<Preflight> {
  const target = await lookAtTarget(pid, request);
  if (target.some(({ source }) => source === 'both')) return { refusals: target, notes: [] };
  const host = await preflightTools(request);
  // Of somebody else's process a user may see not even the switches.
  const foreign = host.perfLimit !== undefined && !isOurs(pid) ? [host.perfLimit] : [];
  const refusals = [...target, ...host.refusals, ...foreign];
  const refused = (source: 'strace' | 'perf') => refusals.some((refusal) => refusal.source === source);
  return {
    ...(host.strace === undefined || refused('strace') ? {} : { strace: host.strace }),
    ...(host.perf === undefined || refused('perf') ? {} : { perf: host.perf, ...limitOf(host) }),
    refusals,
    notes: host.notes,
  };
}

const limitOf = ({ perfLimit }: Preflight) => (perfLimit === undefined ? {} : { perfLimit });

/** ptrace(2), "Ptrace access mode checking", PTRACE_MODE_READ_REALCREDS: what perf_event_open(2) asks for. */
function isOurs(pid: number): boolean {
  const status = statusOf(pid);
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (hasCapability(CAP_SYS_PTRACE)) return true;
  return (
    status !== undefined &&
    [status.uid, status.euid].every((id) => id === uid) &&
    [status.gid, status.egid].every((id) => id === gid) &&
    ownerOf(pid) === uid
  );
}

/** The same for a command that is not there yet. */
export async function preflightCommand(request: Omit<PreflightRequest, 'follow'>): Promise<Preflight> {
  const host = await preflightTools(request);
  if (!request.strace || canLetUsTrace()) return host;
  const { strace: _, ...others } = host;
  const refusal: Refusal = {
    source: 'strace',
    code: 'yama',
    message: `The command cannot be traced: kernel.yama.ptrace_scope is ${yamaScope()}.`,
    remedy: yamaScope() === 3 ? 'Use --perf alone.' : 'Run it as root, or: sysctl kernel.yama.ptrace_scope=0',
  };
  return { ...others, refusals: [...host.refusals, refusal] };
}

/** Whether the two are there, and may do what they are for. */
export async function preflightTools(request: Omit<PreflightRequest, 'follow'>): Promise<Preflight> {
  const [strace, perf] = await Promise.all([
    request.strace ? findStrace() : undefined,
    request.perf ? findPerf() : undefined,
  ]);
  const refusals: Refusal[] = [];
  if (strace !== undefined && !('tool' in strace)) refusals.push(toolRefusal('strace', strace));
  if (perf !== undefined && !('tool' in perf)) refusals.push(toolRefusal('perf', perf));
  const limit = perf !== undefined && 'tool' in perf ? tracepointRefusal() : undefined;
  if (limit !== undefined && request.wholePerf === true) refusals.push(limit);
  const perfWorks = perf !== undefined && 'tool' in perf && refusals.every(({ source }) => source !== 'perf');
  return {
    ...(strace !== undefined && 'tool' in strace ? { strace: strace.tool } : {}),
    ...(perfWorks ? { perf: perf.tool, ...(limit === undefined ? {} : { perfLimit: limit }) } : {}),
    refusals,
    notes: [],
  };
}

function toolRefusal(source: 'strace' | 'perf', found: Exclude<Found<unknown>, { tool: unknown }>): Refusal {
  const remedy =
    source === 'strace'
      ? 'Install it: apt install strace.'
      : 'Install it: apt install linux-perf on Debian, linux-tools-$(uname -r) on Ubuntu.';
  if ('prevented' in found) {
    const { why, remedy: instead } = found.prevented;
    return {
      source,
      code: `${source}-broken`,
      message: `${source} cannot be started: ${why}.`,
      remedy: instead,
    };
  }
  if ('missing' in found) {
    return { source, code: `no-${source}`, message: `${found.missing}.`, remedy };
  }
  const wanted = /linux-(?:cloud-)?tools-[\w.+-]+/.exec(found.broken)?.[0];
  return {
    source,
    code: `${source}-broken`,
    message: `${found.broken}.`,
    remedy: wanted === undefined ? remedy : `Install it: apt install ${wanted}.`,
  };
}

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Tracepoints need their descriptions in tracefs, and the right to open them. */
function tracepointRefusal(): Refusal | undefined {
  const readable = TRACEFS.some((directory) => {
    try {
      accessSync(`${directory}/events/raw_syscalls/sys_enter/format`, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
  const root = process.geteuid?.() === 0;
  const may = hasCapability(CAP_PERFMON) || hasCapability(CAP_SYS_ADMIN);
  const paranoid = perfEventParanoid();
  if (readable && (may || (paranoid !== undefined && paranoid < 0))) return undefined;
  if (readable || !root) {
    return {
      source: 'perf',
      code: 'perf-not-permitted',
      message: readable
        ? `perf may not record tracepoints of the kernel (kernel.perf_event_paranoid is ${paranoid ?? 'unknown'}, and we have neither CAP_PERFMON nor CAP_SYS_ADMIN).`
        : 'perf may not read the tracepoints of the kernel: /sys/kernel/tracing is for root.',
      remedy: 'Run it as root.',
    };
  }
  // Where it is not mounted, perf as root mounts it.
  if (may && TRACEFS.some((directory) => exists(directory)) && !exists(`${TRACEFS[0]}/events`))
    return undefined;
  return {
    source: 'perf',
    code: 'no-tracefs',
    message: 'The kernel shows no tracepoints: tracefs is not mounted at /sys/kernel/tracing, or not for us.',
    remedy: 'mount -t tracefs tracefs /sys/kernel/tracing; in a container, record on the host.',
  };
}

async function lookAtTarget(pid: number, request: PreflightRequest): Promise<Refusal[]> {
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

/** The causes of the one EPERM that ptrace(2) gives, and of an attach that would never come to its end. */
async function straceRefusals(pid: number, name: string, tasks: readonly TreeTask[]): Promise<Refusal[]> {
  const strace = (code: RefusalCode, message: string, remedy: string): Refusal => ({
    source: 'strace',
    code,
    message,
    remedy,
  });
  const traced = tasks.find(({ status }) => status.tracerPid !== 0);
  if (traced !== undefined) {
    const tracer = traced.status.tracerPid;
    const by = `${tracer} (${statusOf(tracer)?.name ?? 'gone'})`;
    return [
      strace(
        'already-traced',
        `${name} is traced already, by ${by}: a process can have one tracer only.`,
        `End that tracer, or use --perf alone, which does not trace.`,
      ),
    ];
  }
  if (await areStuck(tasks)) {
    return [
      strace(
        'uninterruptible',
        `${name} sleeps in the kernel and cannot be interrupted (D): strace would see nothing, and could not detach, until that ends.`,
        `procdiag inspect ${pid} tells what it waits for; or use --perf alone.`,
      ),
    ];
  }
  const permission = permissionRefusal(pid, name, tasks[0]?.status);
  return permission === undefined ? [] : [strace(...permission)];
}

/** All of its threads in D, without a switch of context between two looks. */
async function areStuck(tasks: readonly TreeTask[]): Promise<boolean> {
  const live = tasks.filter(({ status }) => status.state !== 'Z' && status.state !== 'X');
  if (live.length === 0 || live.some(({ status }) => status.state !== 'D')) return false;
  await pause(STUCK_MS);
  return live.every(({ pid, tid, status }) => {
    const now = statusOf(pid, tid);
    return now?.state === 'D' && now.voluntarySwitches === status.voluntarySwitches;
  });
}

function permissionRefusal(
  pid: number,
  name: string,
  status: ProcStatus | undefined,
): [code: RefusalCode, message: string, remedy: string] | undefined {
  const scope = yamaScope();
  if (scope === 3) {
    return [
      'yama',
      `${name} cannot be traced: kernel.yama.ptrace_scope is 3, which forbids all tracing until the next boot.`,
      'Use --perf alone.',
    ];
  }
  if (status === undefined || hasCapability(CAP_SYS_PTRACE)) return undefined;
  const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  if (status.uid !== uid || status.euid !== uid || status.gid !== gid || status.egid !== gid) {
    return [
      'other-user',
      `${name} belongs to another user (uid ${status.euid}; we are uid ${uid} without CAP_SYS_PTRACE).`,
      `Run it as root, or as uid ${status.euid}.`,
    ];
  }
  const owner = ownerOf(pid);
  if (owner !== undefined && owner !== uid) {
    return [
      'protected',
      `${name} is ours, but is not dumpable (PR_SET_DUMPABLE, a set-uid start, or file capabilities), which protects it from being traced.`,
      'Run it as root.',
    ];
  }
  if (scope === 2) {
    return [
      'yama',
      `${name} cannot be traced: kernel.yama.ptrace_scope is 2, which leaves tracing to CAP_SYS_PTRACE.`,
      'Run it as root, or: sysctl kernel.yama.ptrace_scope=0',
    ];
  }
  if (scope === 1) {
    return [
      'yama',
      `${name} cannot be traced: kernel.yama.ptrace_scope is 1, which lets a tracer have its own children only.`,
      'Run it as root, or start it by procdiag trace -- COMMAND, or: sysctl kernel.yama.ptrace_scope=0',
    ];
  }
  return undefined;
}

/** The kernel gives the files in /proc/PID to root where the process is not dumpable (task_dump_owner()). */
function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/status`).uid;
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
