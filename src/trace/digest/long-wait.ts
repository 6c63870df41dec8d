import type { Ns, Waker } from '../event.ts';
import type { Sureness } from './enders.ts';
import type { SpentPart } from './spent.ts';
import type { WaitKind } from './wait-kind.ts';

/** One sleep of one thread, with what ended it and what that one had waited for itself. */
export interface LongWait {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** The call; absent for a sleep outside of calls (a page fault). */
  readonly name?: string;
  readonly args: string;
  readonly result?: number;
  readonly errno?: string;
  readonly kind: WaitKind;
  readonly startNs: Ns;
  /** From its begin to its end; of it `waitedSeconds` asleep. */
  readonly seconds: number;
  readonly waitedSeconds: number;
  /** It had not ended when the trace did. */
  readonly open?: boolean;
  readonly waker?: Waker;
  /** Of `waker`, where nobody recorded it: how sure it is, by what the calls of others say. */
  readonly confidence?: Sureness;
  readonly stack?: readonly string[];
  readonly chain: readonly ChainLink[];
}

/** What the one that ended a wait did while it lasted. */
export interface ChainLink {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** It has no number where the recording was made: 0 stands for it. */
  readonly outside?: boolean;
  /** `slept`: in `name` for `seconds` of the wait; `ran`: it was at work; `outside`: it is not traced. */
  readonly did: 'slept' | 'ran' | 'outside';
  readonly name?: string;
  readonly args?: string;
  readonly kind?: WaitKind;
  readonly seconds?: number;
  /** How it ended the wait before it. */
  readonly how: string;
  /** That it did, where nobody recorded it. */
  readonly confidence?: Sureness;
  /** All that it did in the time of the wait before it, the longest first: they add up to that time. */
  readonly parts?: readonly SpentPart[];
}

/** A piece of the way by which one moment led to another. */
export interface PathStep {
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  readonly fromNs: Ns;
  readonly toNs: Ns;
  /**
   * `ran`: it was at work; `unknown`: nobody has told what it did, or whether the call `name` worked or waited; `stopped`: by
   * SIGSTOP or its like.
   */
  readonly did: 'ran' | 'waited' | 'stopped' | 'unknown';
  /** For `waited`: on what. */
  readonly kind?: WaitKind;
  readonly name?: string;
  /** How the step before led to this one. */
  readonly how?: string;
}
