import type { Ns } from '../event.ts';
import { Histogram } from '../histogram.ts';

/** Why a call that strace saw has no partner in perf, or the other way round. */
export type Loss =
  | 'beforePerf'
  | 'afterDetach'
  | 'lostGap'
  | 'blindThread'
  /** Killed in the tracer's stop before it, or refused by the program's own seccomp filter: the kernel told a return only. */
  | 'neverBegun'
  | 'other';

/** How well the two recordings fit, as it stands in `--json` under `correlation`. */
export interface CorrelationQuality {
  readonly straceSyscalls: number;
  readonly perfSyscalls: number;
  /** Calls that both could see: the matched ones, and those unmatched for no reason that we know. */
  readonly eligible: number;
  readonly matched: number;
  /** matched / eligible, 0 to 1; null when nothing was eligible. */
  readonly matchRate: number | null;
  /** Pairs that their times would have made, refused since number or result contradict each other. */
  readonly wrongPairsRefused: number;
  /** Of the matched: those whose results were compared, and are the same. */
  readonly resultsCompared: number;
  /** Of the matched: those of the shell that held the command until its exec, which are no calls of the trace. */
  readonly ofHold?: number;
  readonly clockOffsetNs: bigint | null;
  readonly clockOffsetErrorNs: number | null;
  /** From strace's stamp to perf's enter, nanoseconds: by nature positive. */
  readonly residualNs: {
    readonly min: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Calls of strace without a partner, by cause. */
  readonly unmatched: Readonly<Record<Loss, number>>;
  /** Calls of perf without a partner, by cause. */
  readonly perfOnly: {
    readonly beforeAttach: number;
    readonly afterDetach: number;
    /** Of threads that strace never had: they ended before it came to them. */
    readonly notAttached: number;
    readonly filtered: number;
    readonly other: number;
  };
}

/** Unmatched calls that are remembered, to be told from calls in a gap when a recording reports the gap afterwards. */
const MOST_REMEMBERED = 200_000;

/** Counts how the pairing went. */
export class QualityCounter {
  straceSyscalls = 0;
  perfSyscalls = 0;
  matched = 0;
  wrongPairsRefused = 0;
  resultsCompared = 0;
  readonly residual = new Histogram();
  readonly unmatched: Record<Loss, number> = {
    beforePerf: 0,
    afterDetach: 0,
    lostGap: 0,
    blindThread: 0,
    neverBegun: 0,
    other: 0,
  };
  readonly perfOnly = { beforeAttach: 0, afterDetach: 0, notAttached: 0, filtered: 0, other: 0 };
  /** Those that a gap may still explain, in the order of their ends. */
  #recent: { readonly loss: 'neverBegun' | 'other'; readonly to: Ns }[] = [];
  #lastGapTo: Ns = Number.NEGATIVE_INFINITY;

  /** A call of strace whose time is over, and that perf did not show. To be told in the order of `to`. */
  lose(loss: Loss, from: Ns, to: Ns): void {
    if (loss === 'other' || loss === 'neverBegun') {
      // The gap may already be known (all of them lie before now), or be told of by the recording when it is over.
      if (from <= this.#lastGapTo) loss = 'lostGap';
      else {
        if (this.#recent.length >= MOST_REMEMBERED) this.#recent.splice(0, MOST_REMEMBERED / 2);
        this.#recent.push({ loss, to });
      }
    }
    this.unmatched[loss]++;
  }

  /** perf tells of a time on one CPU of which it has not all. To be told at `to`. */
  gap(from: Ns, to: Ns): void {
    this.#lastGapTo = Math.max(this.#lastGapTo, to);
    for (let last = this.#recent.at(-1); last !== undefined && last.to >= from; last = this.#recent.at(-1)) {
      this.#recent.pop();
      this.unmatched[last.loss]--;
      this.unmatched.lostGap++;
    }
  }

  finish(clock: { offsetNs?: bigint; errorNs?: number }): CorrelationQuality {
    const eligible = this.matched + this.unmatched.other + this.perfOnly.other;
    const { residual } = this;
    return {
      straceSyscalls: this.straceSyscalls,
      perfSyscalls: this.perfSyscalls,
      eligible,
      matched: this.matched,
      matchRate: eligible === 0 ? null : this.matched / eligible,
      wrongPairsRefused: this.wrongPairsRefused,
      resultsCompared: this.resultsCompared,
      clockOffsetNs: clock.offsetNs ?? null,
      clockOffsetErrorNs: clock.errorNs ?? null,
      residualNs: {
        min: residual.min,
        p50: Math.round(residual.quantile(0.5)),
        p95: Math.round(residual.quantile(0.95)),
        p99: Math.round(residual.quantile(0.99)),
        max: residual.max,
      },
      unmatched: { ...this.unmatched },
      perfOnly: { ...this.perfOnly },
    };
  }
}
