import { analyse } from '../../src/trace/analyse.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import type { TraceFinding } from '../../src/trace/finding.ts';
import type { LedgerBooks } from '../../src/trace/ledgers/books.ts';
import { Ledgers, type OpeningBalance, openingOf } from '../../src/trace/ledgers/ledgers.ts';
import { loadRecording } from '../../src/trace/record/files/load.ts';
import { record } from '../../src/trace/record/record.ts';
import type { RecordRequest } from '../../src/trace/record/request.ts';

export interface Ledgered {
  readonly opening: OpeningBalance;
  readonly events: readonly TraceEvent[];
  readonly books: LedgerBooks;
  readonly findings: readonly TraceFinding[];
}

/** Records, and keeps the ledgers of it. */
export async function ledgered(
  request: Omit<RecordRequest, 'strace' | 'perf' | 'follow' | 'version'>,
  sources: { readonly strace: boolean; readonly perf: boolean } = { strace: true, perf: true },
): Promise<Ledgered> {
  const recording = await record({ ...request, ...sources, follow: true, version: 'test' });
  try {
    const trace = loadRecording(recording.directory);
    try {
      const events: TraceEvent[] = [];
      const opening = openingOf(trace);
      const ledgers = new Ledgers(opening);
      const { to } = analyse({
        ...trace.input,
        sinks: [ledgers, { event: (event) => void events.push(event) }],
      });
      const endNs = trace.window?.to ?? to;
      const books = ledgers.finish(endNs);
      return { opening, events, books, findings: ledgers.findings(books, endNs) };
    } finally {
      trace.close();
    }
  } finally {
    await recording.remove();
  }
}
