import { errnoName, restartOf } from '../../procfs/errno.ts';
import type {
  ExecEvent,
  ExitEvent,
  Ns,
  SignalEvent,
  Source,
  StateEvent,
  SyscallEvent,
  Waker,
} from '../event.ts';
import type { StraceCall, StraceExit, StraceSignal } from '../strace/call.ts';
import type { FinishedState } from './scheduler.ts';
import { ASLEEP_STACK, type PerfCall, type PerfReturn, type Thread, type Window } from './thread.ts';
import { endedByTimer } from './wakers.ts';

/** Who saw an event. */
export const BOTH: readonly Source[] = ['strace', 'perf'];
export const STRACE: readonly Source[] = ['strace'];
export const PERF_ONLY: readonly Source[] = ['perf'];

/** When, for how long by whose word, and how it ended. */
export interface CallSpan {
  readonly sources: readonly Source[];
  readonly startNs: Ns;
  readonly durationNs: number;
  readonly exit: PerfReturn | undefined;
  /** Why it is over, where it has not returned. */
  readonly open: SyscallEvent['open'];
  /** It had begun before the recording, by strace's word. */
  readonly early?: boolean;
}

/** A call of strace. Fields that it does not have are undefined, so that all are of one shape: it is quicker by far. */
export function callEvent(
  thread: Thread,
  { call, enter }: Window,
  { sources, startNs, durationNs, exit, open, early = false }: CallSpan,
): SyscallEvent {
  return {
    type: 'syscall',
    pid: thread.pid,
    tid: thread.tid,
    nr: call.nr,
    name: call.name,
    args: call.args,
    result: Number.isNaN(call.result) ? undefined : call.result,
    resultText: call.resultText,
    errno: call.errno,
    startNs,
    durationNs,
    sources,
    straceNs: Number.isNaN(call.durationNs) ? undefined : call.durationNs,
    onCpuNs: exit?.onCpuNs,
    runnableNs: exit?.runnableNs,
    blockedNs: exit?.blockedNs,
    ptraceNs: exit?.ptraceNs,
    waker: wakerOf(call.name, exit),
    stack: stackOf(thread, exit),
    early: early || enter?.early ? true : undefined,
    open: call.state === 'done' ? undefined : whyOpen(call, open),
  };
}

/** A call that perf alone saw; `open`: why it is over, where it has not returned. */
export function perfCallEvent(
  thread: Thread,
  name: string,
  enter: PerfCall,
  exit: PerfReturn,
  open?: SyscallEvent['open'],
): SyscallEvent {
  const { returned } = exit;
  const failed = returned !== undefined && returned < 0 && returned >= -4095;
  const errno = failed ? (errnoName(-returned) ?? `E${-returned}`) : undefined;
  const restart = errno === undefined ? undefined : restartOf(errno);
  return {
    type: 'syscall',
    pid: thread.pid,
    tid: thread.tid,
    nr: enter.nr,
    name,
    args: enter.args,
    // The program sees none where it goes on: so strace has it, too.
    result: restart === undefined ? (failed ? -1 : returned) : undefined,
    resultText: restart,
    errno,
    startNs: enter.at,
    durationNs: Math.max(0, exit.at - enter.at - (exit.ptraceNs ?? 0)),
    sources: PERF_ONLY,
    straceNs: undefined,
    onCpuNs: exit.onCpuNs,
    runnableNs: exit.runnableNs,
    blockedNs: exit.blockedNs,
    ptraceNs: exit.ptraceNs,
    waker: wakerOf(name, exit),
    stack: stackOf(thread, exit),
    early: enter.early ? true : undefined,
    open: returned === undefined ? open : undefined,
  };
}

/** The exec that a call of strace was; undefined for any other call. */
export function execEvent(thread: Thread, { call, exec, at: began }: Window, at: Ns): ExecEvent | undefined {
  if (!call.name.startsWith('execve') || call.state !== 'done' || call.result !== 0) return undefined;
  const told = EXEC_ARGUMENTS.exec(call.args);
  return {
    type: 'exec',
    pid: thread.pid,
    tid: thread.tid,
    startNs: exec?.at ?? Math.max(at, began),
    sources: exec === undefined ? STRACE : BOTH,
    ...((exec?.path ?? told?.[1]) ? { path: exec?.path ?? unquoted(told?.[1] ?? '') } : {}),
    ...(told?.[2] === undefined ? {} : { argv: told[2] }),
    ...(call.tid === thread.tid ? {} : { formerTid: call.tid }),
  };
}

/** A thread's end, by whoever saw it. */
export function exitEvent(thread: Thread, exit: StraceExit | undefined, at: Ns): ExitEvent {
  const { perfExit } = thread;
  const last = perfExit?.last ?? (thread.pid === thread.tid ? undefined : false);
  const status = exit?.status ?? (exit === undefined ? thread.exitStatus : undefined);
  return {
    type: 'exit',
    pid: thread.pid,
    tid: thread.tid,
    startNs: perfExit?.at ?? at,
    sources: exit === undefined ? PERF_ONLY : perfExit === undefined ? STRACE : BOTH,
    ...(status === undefined ? {} : { status }),
    ...(exit?.signal === undefined ? {} : { signal: exit.signal }),
    ...(exit?.core ? { core: true } : {}),
    ...(last === undefined ? {} : { last }),
  };
}

/** A stretch of time that is over; `during`: the call that the thread is in. */
export function stateEvent(thread: Thread, state: FinishedState, during: string | undefined): StateEvent {
  return {
    type: 'state',
    pid: thread.pid,
    tid: thread.tid,
    state: state.state,
    kernelState: state.kernelState,
    preempted: state.preempted,
    startNs: state.startNs,
    durationNs: state.durationNs,
    stack: framesOf(thread, state.stack),
    waker: state.waker,
    during,
  };
}

/** A signal as strace tells it. */
export function signalEvent(thread: Thread, signal: StraceSignal, at: Ns): SignalEvent {
  return {
    type: 'signal',
    pid: thread.pid,
    tid: thread.tid,
    startNs: at,
    sources: STRACE,
    signal: signal.signal,
    ...(signal.code === undefined ? {} : { code: signal.code }),
    ...(signal.senderPid === undefined ? {} : { senderPid: signal.senderPid }),
    ...(signal.status === undefined ? {} : { status: signal.status }),
    ...(signal.stopped ? { stopped: true } : {}),
  };
}

function stackOf(thread: Thread, exit: PerfReturn | undefined): readonly string[] | undefined {
  return exit === undefined ? undefined : framesOf(thread, exit.stack);
}

/** Where the time of a call went, to its return or as far as it went. `scheduled`: perf told who got and left the CPU. */
export function timesUntil(
  thread: Thread,
  { at: began, totals }: PerfCall,
  at: Ns,
  returned: number | undefined,
  scheduled: boolean,
): PerfReturn {
  if (!scheduled) {
    const unknown = { onCpuNs: undefined, runnableNs: undefined, blockedNs: undefined, ptraceNs: undefined };
    return { at: Math.max(at, began), returned, ...unknown, stack: -1, waker: undefined };
  }
  const now = thread.track.totals(at);
  return {
    at: Math.max(at, began),
    returned,
    onCpuNs: now[0] - totals[0],
    runnableNs: now[1] - totals[1],
    blockedNs: now[2] - totals[2] + (now[3] - totals[3]),
    ptraceNs: now[4] - totals[4],
    stack: thread.longestStack,
    waker: thread.waker,
  };
}

/** Nobody's: a clock. */
const TIMER: Waker = { pid: 0, tid: 0, comm: '', how: 'timer' };

function wakerOf(name: string, exit: PerfReturn | undefined): Waker | undefined {
  if (exit === undefined || exit.waker !== undefined || exit.blockedNs === 0) return exit?.waker;
  return endedByTimer(name, exit.returned) ? TIMER : undefined;
}

function framesOf(thread: Thread, stack: number): readonly string[] | undefined {
  if (stack === ASLEEP_STACK) return thread.firstStack;
  return stack < 0 ? undefined : thread.stacks?.stack(stack);
}

function whyOpen(call: StraceCall, open: SyscallEvent['open']): SyscallEvent['open'] {
  if (call.state === 'superseded') return 'superseded';
  if (call.state === 'no-return') return 'died';
  return call.state === 'open' ? open : 'end-of-trace';
}

/** A text of strace without its quotes; its escapes stay. */
function unquoted(text: string): string {
  return text.replace(/^"|"(?:\.\.\.)?$/g, '');
}

/** Path and argv of execve or execveat, as strace prints them. */
const EXEC_ARGUMENTS = /^(?:[^"]*, )?("(?:[^"\\]|\\.)*"(?:\.\.\.)?), (\[.*?\]|0x[0-9a-f]+)(?:, |$)/;
