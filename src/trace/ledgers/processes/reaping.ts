import type { SyscallEvent } from '../../event.ts';
import { callOf, numberAt, pidAt, pidReturned } from '../call.ts';
import type { ToldPid } from '../tasks.ts';

/** waitid(2): idtype, and the option that leaves the child as it is. */
const P_PID = 1;
const WNOWAIT = 0x0100_0000;

const WAITS: ReadonlySet<string> = new Set(['wait4', 'waitpid', 'wait3', 'osf_wait4', 'waitid']);

/** Whether the call is one that collects children. */
export function isWait(name: string): boolean {
  return WAITS.has(name);
}

/** The child that a wait came back with. */
export interface Returned {
  readonly who: ToldPid;
  /** It was stopped, or went on: it is not over. */
  readonly lives: boolean;
  /** The words of the call say that it is over; else that is so only if its exit has been seen. */
  readonly certain: boolean;
}

/** The child that a call came back with, collected or not; undefined: none, or it is not told which. */
export function returnedBy(event: SyscallEvent): Returned | undefined {
  return event.name === 'waitid' ? byWaitid(event) : byWait4(event);
}

/** The child that a call has collected; undefined: none. */
export function collectedBy(event: SyscallEvent): Returned | undefined {
  const returned = returnedBy(event);
  return returned === undefined || returned.lives || leavesChild(event) ? undefined : returned;
}

function byWait4(event: SyscallEvent): Returned | undefined {
  const who = pidReturned(event);
  if (who === undefined) return undefined;
  const lives = /WIFSTOPPED|WIFCONTINUED/.test(event.args);
  return { who, lives, certain: /WIFEXITED|WIFSIGNALED/.test(event.args) || isRunOut(event) };
}

/** What it returns is 0; the child stands in the siginfo_t that it fills in. */
function byWaitid(event: SyscallEvent): Returned | undefined {
  if (event.result !== 0 || event.errno !== undefined) return undefined;
  const call = callOf(event);
  const number = /\bsi_pid=([^,}]*)/.exec(call.args[2] ?? '')?.[1];
  const who =
    number !== undefined
      ? pidAt({ ...call, args: [number] }, 0)
      : call.raw && numberAt(call, 0) === P_PID
        ? pidAt(call, 1)
        : undefined;
  if (who === undefined || who.local <= 0) return undefined;
  const lives = /CLD_(?:STOPPED|TRAPPED|CONTINUED)/.test(call.args[2] ?? '');
  return { who, lives, certain: number !== undefined || isRunOut(event) };
}

/** WNOWAIT: the child stays a zombie. */
function leavesChild(event: SyscallEvent): boolean {
  if (event.name !== 'waitid') return false;
  const call = callOf(event);
  const options = call.args[3] ?? '';
  const bits = numberAt(call, 3);
  return options.includes('WNOWAIT') || (bits !== undefined && (bits & WNOWAIT) !== 0);
}

/** wait4 without WUNTRACED or WCONTINUED returns for nothing but an end. */
function isRunOut(event: SyscallEvent): boolean {
  const options = callOf(event).args[2] ?? '';
  return /^(?:0|0x0|WNOHANG|0x1)$/.test(options);
}
