import type { SyscallEvent } from '../../event.ts';
import { type Call, callOf, numberAt, pidAt, pidReturned } from '../call.ts';
import type { ToldPid } from '../tasks.ts';

/** waitid(2): idtype, and the option that leaves the child as it is. */
const P_PID = 1;
const WNOWAIT = 0x0100_0000;

const WAITS: ReadonlySet<string> = new Set(['wait4', 'waitpid', 'wait3', 'osf_wait4', 'waitid']);

/** Whether the call is one that collects children. */
export function isWait(name: string): boolean {
  return WAITS.has(name);
}

/** The child that a wait has collected. */
export interface Collected {
  readonly who: ToldPid;
  /** Its words say that the child is over; else that is so only if its exit has been seen. */
  readonly certain: boolean;
}

/** The child that a call has collected; undefined: none. */
export function collectedBy(event: SyscallEvent): Collected | undefined {
  return event.name === 'waitid' ? byWaitid(event) : byWait4(event);
}

function byWait4(event: SyscallEvent): Collected | undefined {
  const who = pidReturned(event);
  if (who === undefined || /WIFSTOPPED|WIFCONTINUED/.test(event.args)) return undefined;
  return { who, certain: /WIFEXITED|WIFSIGNALED/.test(event.args) || isRunOut(event) };
}

function byWaitid(event: SyscallEvent): Collected | undefined {
  if (event.result !== 0 || event.errno !== undefined) return undefined;
  const call = callOf(event);
  if (/CLD_(?:STOPPED|TRAPPED|CONTINUED)/.test(call.args[2] ?? '') || leavesChild(call)) return undefined;
  const number = /\bsi_pid=([^,}]*)/.exec(call.args[2] ?? '')?.[1];
  const who =
    number !== undefined
      ? pidAt({ ...call, args: [number] }, 0)
      : call.raw && numberAt(call, 0) === P_PID
        ? pidAt(call, 1)
        : undefined;
  return who === undefined || who.local <= 0
    ? undefined
    : { who, certain: number !== undefined || isRunOut(event) };
}

/** WNOWAIT: the child stays a zombie. */
function leavesChild(call: Call): boolean {
  const options = call.args[3] ?? '';
  const bits = numberAt(call, 3);
  return options.includes('WNOWAIT') || (bits !== undefined && (bits & WNOWAIT) !== 0);
}

/** wait4 without WUNTRACED or WCONTINUED returns for nothing but an end. */
function isRunOut(event: SyscallEvent): boolean {
  const options = callOf(event).args[2] ?? '';
  return /^(?:0|0x0|WNOHANG|0x1)$/.test(options);
}
