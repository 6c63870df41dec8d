import { Digest } from '../../../src/trace/digest/digest.ts';
import type { TraceSummary } from '../../../src/trace/digest/summary.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import type { OpeningBalance } from '../../../src/trace/ledgers/ledgers.ts';

/** The summary of events of one source, of a trace from 0 to the last of them. */
export function summarised(
  events: readonly TraceEvent[],
  {
    scheduled = false,
    pid = 10,
    opening = {},
    filtered = false,
    askedUnknown = false,
    pidsTold = false,
  }: {
    readonly scheduled?: boolean;
    readonly pid?: number;
    readonly opening?: OpeningBalance;
    readonly filtered?: boolean;
    readonly askedUnknown?: boolean;
    readonly pidsTold?: boolean;
  } = {},
): TraceSummary {
  const digest = new Digest({ opening, scheduled, filtered, askedUnknown, pidsTold });
  for (const event of events) digest.event(event);
  const endNs = Math.max(
    ...events.map((event) => event.startNs + ('durationNs' in event ? event.durationNs : 0)),
  );
  const tally = {
    lines: events.length,
    calls: events.length,
    signals: 0,
    exits: 0,
    messages: 0,
    summaryRows: 0,
    unfinishedLeft: 0,
    resumedAlone: 0,
    foreign: 0,
    refused: 0,
    refusedExamples: [],
  };
  return digest.summary(
    { correlation: null, from: 0, to: endNs, events: events.length, messages: [] },
    {
      target: { pid, comm: 'sh' },
      window: { originNs: null, fromNs: null, toNs: null, seconds: endNs / 1e9, startedAt: null },
      sources: {
        strace: { version: null, argv: null, tally },
        perf: scheduled ? { version: null, argv: null, events: [], complaints: [] } : null,
      },
      notes: [],
      partial: [],
      startNs: 0,
      endNs,
      path: { tid: pid, from: 0, to: endNs },
    },
  );
}
