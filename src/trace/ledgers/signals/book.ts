import type { Ns } from '../../event.ts';
import type { Capped } from '../capped.ts';

/** `unknown`: perf saw the call, not what it set. */
export type Disposition = 'default' | 'ignored' | 'handled' | 'unknown';

export interface DispositionChange {
  readonly signal: string;
  readonly to: Disposition;
  readonly atNs: Ns;
  readonly byTid: number;
  /** Set by exec (handlers go back to the default), not by rt_sigaction. */
  readonly byExec?: boolean;
}

export interface SignalDispositions {
  readonly pid: number;
  readonly comm: string;
  /** At the end, other than the default. */
  readonly ignored: readonly string[];
  readonly handled: readonly string[];
  /** Ignored since before the trace, or since before its exec: inherited from whoever started it. */
  readonly inheritedIgnored: readonly string[];
  /** Blocked at the end by each thread whose mask is known. */
  readonly blocked: readonly string[];
  readonly changes: Capped<DispositionChange>;
}

export interface SentSignals {
  readonly fromPid: number;
  readonly fromComm: string;
  /** As the call names it: negative = a process group, in the sender's PID namespace. */
  readonly target: number;
  /** The host's number of the process, where it is one and can be told. */
  readonly toPid?: number;
  readonly toComm?: string;
  readonly signal: string;
  readonly call: string;
  readonly count: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
}

export interface DeliveredSignals {
  readonly pid: number;
  readonly comm: string;
  readonly signal: string;
  readonly code?: string;
  readonly senderPid?: number;
  readonly count: number;
  readonly firstNs: Ns;
  readonly lastNs: Ns;
  /** What became of the last: by the disposition that it met. */
  readonly met: Disposition;
}

/** Sent within the trace to a process of the trace, and not seen to arrive. */
export interface UndeliveredSignal {
  readonly signal: string;
  readonly toPid: number;
  readonly toComm: string;
  readonly fromPid: number;
  readonly fromComm: string;
  readonly count: number;
  readonly lastNs: Ns;
  /**
   * `blocked`: by all threads known, to the end; `taken`: it is read by signalfd or sigwait; `lost-at-detach`: sent when strace
   * let go, which can swallow it; `unseen`: strace was not there to see; `unknown`.
   */
  readonly why: 'blocked' | 'taken' | 'lost-at-detach' | 'unseen' | 'unknown';
}

export interface SignalLedger {
  readonly totals: {
    readonly sent: number;
    readonly sendsFailed: number;
    readonly delivered: number;
    readonly ignored: number;
    readonly dispositionChanges: number;
    readonly maskChanges: number;
    readonly undelivered: number;
    readonly deliveredBySignal: Readonly<Record<string, number>>;
  };
  readonly sent: Capped<SentSignals>;
  readonly delivered: Capped<DeliveredSignals>;
  readonly undelivered: Capped<UndeliveredSignal>;
  readonly dispositions: Capped<SignalDispositions>;
}
