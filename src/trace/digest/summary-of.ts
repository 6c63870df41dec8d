import type { Analysed } from '../analyse.ts';
import type { LoadedTrace } from '../loaded.ts';
import { type Digest, lasted } from './digest.ts';
import type { TraceSummary } from './summary.ts';

/** The moments (Ns) that a trace spans, when it was read to its end. */
export function windowOf(
  analysed: Pick<Analysed, 'from' | 'to'>,
  { window }: Pick<LoadedTrace, 'window'>,
): { readonly from: number; readonly to: number } {
  return { from: window?.from ?? analysed.from, to: window?.to ?? analysed.to };
}

/** The summary of a trace that was read to its end, and the moments (Ns) that it spans. */
export function summaryOf(
  digest: Digest,
  analysed: Analysed,
  trace: LoadedTrace,
  /** Seconds of the trace that the critical path is asked for; all of it by default. */
  between?: { readonly from: number; readonly to: number },
): { readonly summary: TraceSummary; readonly from: number; readonly to: number } {
  const { from, to } = windowOf(analysed, trace);
  const { originNs } = trace;
  const { partial = [], missing } = trace.shortfall?.() ?? {};
  const at = (ns: number): bigint | null =>
    originNs === undefined ? null : originNs + BigInt(Math.round(ns));
  return {
    from,
    to,
    summary: digest.summary(analysed, {
      target: trace.target,
      window: {
        originNs: originNs ?? null,
        fromNs: at(from),
        toNs: at(to),
        seconds: lasted(from, to),
        startedAt: trace.startedAt ?? null,
      },
      sources: trace.sources(),
      notes: trace.notes(),
      partial,
      ...(missing === undefined ? {} : { missing }),
      path: {
        tid: trace.target.pid,
        from: between === undefined ? from : from + between.from * 1e9,
        to: between === undefined ? to : Math.min(to, from + between.to * 1e9),
      },
      startNs: from,
      endNs: to,
    }),
  };
}
