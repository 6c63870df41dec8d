import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcStatus } from '../../../procfs/status.ts';
import { CAP_SYS_PTRACE, hasCapability, statusOf } from '../proc.ts';
import type { TreeTask } from '../tree.ts';
import { yamaScope } from '../yama.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

/** A sleep of this length without one switch of context counts as stuck. */
const STUCK_MS = 250;

/** The causes of the one EPERM that ptrace(2) gives, and of an attach that would never come to its end. */
export async function straceRefusals(
  pid: number,
  name: string,
  tasks: readonly TreeTask[],
): Promise<Refusal[]> {
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

/** ptrace(2), "Ptrace access mode checking", PTRACE_MODE_READ_REALCREDS: what perf_event_open(2) asks for. */
export function isOurs(pid: number): boolean {
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
