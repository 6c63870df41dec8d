import type { Ns, Waker } from '../event.ts';
import type { PerfSource } from '../perf/batch.ts';
import type { StraceCall } from '../strace/call.ts';
import type { FinishedState, SchedulerTrack, StateTotals } from './scheduler.ts';

/** Which table the numbers of a process are of: `unknown` from an exec until perf tells what was mapped. */
export type Width = 'own' | 'narrow' | 'unknown';

/** A call as perf saw it begin. */
export interface PerfCall {
  readonly at: Ns;
  readonly nr: number;
  readonly args: string;
  readonly totals: StateTotals;
  /** Of a program of 32 bits; undefined: by what is known of its process. */
  readonly width?: Width;
  /** It began before the recording, and is known from /proc. */
  readonly early: boolean;
  /** Of strace's the one that it belongs to. */
  readonly window: Window | undefined;
}

/** The same, ended: what the kernel returned, and where the time between went. */
export interface PerfReturn {
  readonly at: Ns;
  /** Undefined: it has not returned. */
  readonly returned: number | undefined;
  readonly onCpuNs: number | undefined;
  readonly runnableNs: number | undefined;
  readonly blockedNs: number | undefined;
  readonly ptraceNs: number | undefined;
  readonly waker: Waker | undefined;
  readonly stack: number;
}

/**
 * A call of strace and all the time until the thread's next one: whatever perf saw begin in it belongs to it, for strace
 * writes its line before it lets the thread enter the call.
 */
export interface Window {
  readonly call: StraceCall;
  readonly at: Ns;
  /** strace has told how it ended. */
  ended: boolean;
  enter: PerfCall | undefined;
  exit: PerfReturn | undefined;
  /** Number or result contradicted: what perf saw here is not this call. */
  refused: boolean;
  exec: { readonly at: Ns; readonly path: string } | undefined;
  /** perf told a return from it and no enter: what the kernel returned. */
  returnedOnly: number | undefined;
  /** perf told something of it that comes behind its enter only: had it told that one, it would be here. */
  seen: boolean;
}

/** What a thread slept in when the recording began; told by /proc, and true until its first event says otherwise. */
export interface Asleep {
  readonly state: string;
  readonly nr?: number;
  readonly args?: string;
  readonly stack?: readonly string[];
}

/**
 * What /proc told of a thread before the recorders were switched on: it slept in a call. Whether it did still when the
 * recording began is not known before perf's next word of it: strace's attaching breaks each sleep off, and the thread goes
 * into its call anew, or is held before it, when perf begins. So wake-ups and the CPU that it got are kept until then.
 */
export interface FirstSleep {
  readonly told: Asleep;
  /** The first wake-up, other than by the tracer. */
  woken: { readonly at: Ns; readonly waker: Waker } | undefined;
  /** When it got a CPU first. */
  ran: Ns | undefined;
}

/** What is known of one thread at the moment that the merge has come to. */
export interface Thread {
  pid: number;
  readonly tid: number;
  comm: string;
  /** perf itself has told its name: strace's may be that of before its exec. */
  namedByPerf: boolean;
  readonly track: SchedulerTrack;
  firstSleep: FirstSleep | undefined;
  /** Its sleep at the begin, once it counts: what the stack number `ASLEEP_STACK` stands for. */
  firstStack: readonly string[] | undefined;
  /** Of several recorders the one whose word of it counts. */
  owner: object | undefined;
  /** The call that it was in before the recording, by the word of /proc. */
  wasIn: string | undefined;
  /** Where its stacks are kept. */
  stacks: PerfSource | undefined;
  window: Window | undefined;
  /** The call it is in by perf's word. */
  enter: PerfCall | undefined;
  /** Number of a call that it was killed before, by perf's word, when strace had not told that call yet. */
  notBegun: number | undefined;
  /** The longest sleep of the call that it is in, and who ended the last one. */
  longestNs: number;
  longestStack: number;
  waker: Waker | undefined;
  /** strace has told something of it. */
  straced: boolean;
  /** Times on and off its CPU of which it is not yet known what they were (switches-only/calls.ts). */
  held: FinishedState[];
  /** Born in the trace, and strace has not told of it yet. */
  isNew: boolean;
  /** Calls of perf since strace's last: after it detached, or missed by it, as will be seen. */
  unclaimed: number;
  /** perf has told something of it. */
  perfed: boolean;
  straceDone: boolean;
  perfExit: { readonly at: Ns; readonly last: boolean | undefined } | undefined;
  perfDone: boolean;
  /** First argument of exit or exit_group. */
  exitStatus: number | undefined;
}

/** Stands for the stack that /proc showed at the begin, beside the numbers of those that perf recorded. */
export const ASLEEP_STACK = -2;
