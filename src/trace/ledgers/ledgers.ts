import type { Ns, TraceEvent, TraceSink } from '../event.ts';
import type { RecordingMeta } from '../recording.ts';
import { DescriptorTables } from './descriptor-tables.ts';
import { type DescriptorLedger, DescriptorLedgerSink } from './descriptors.ts';
import { type ProcessLedger, ProcessLedgerSink } from './processes.ts';
import { type SignalLedger, SignalLedgerSink } from './signals.ts';
import { Tasks } from './tasks.ts';
import { type WatchLedger, WatchLedgerSink } from './watches.ts';

/** What a trace opened, started, sent and watched, and what of it is left. Plain data; texts from outside are raw. */
export interface LedgerBooks {
  readonly processes: ProcessLedger;
  readonly descriptors: DescriptorLedger;
  readonly signals: SignalLedger;
  readonly watches: WatchLedger;
}

/** What a recording tells of the time before: the opening balance. */
export type OpeningBalance = Partial<Pick<RecordingMeta, 'tasks' | 'descriptors' | 'signals'>> & {
  /** When strace let go. */
  readonly detachedNs?: Ns;
};

/** All ledgers, fed in the order in which they need each other. */
export class Ledgers implements TraceSink {
  readonly #tasks: Tasks;
  readonly #tables: DescriptorTables;
  readonly #processes: ProcessLedgerSink;
  readonly #descriptors: DescriptorLedgerSink;
  readonly #signals: SignalLedgerSink;
  readonly #watches: WatchLedgerSink;

  constructor(opening: OpeningBalance = {}) {
    this.#tasks = new Tasks(opening.tasks);
    this.#tables = new DescriptorTables(opening.descriptors);
    this.#descriptors = new DescriptorLedgerSink(this.#tables, this.#tasks);
    this.#watches = new WatchLedgerSink(this.#tables, this.#tasks);
    this.#signals = new SignalLedgerSink(this.#tasks, opening.signals, opening.detachedNs);
    this.#processes = new ProcessLedgerSink(this.#tasks, this.#signals, opening.tasks);
  }

  event(event: TraceEvent): void {
    if (event.type === 'state') return;
    this.#tasks.event(event);
    this.#signals.event(event);
    this.#processes.event(event);
    // Before the tables: a descriptor that is being closed is still known to them.
    this.#watches.event(event);
    this.#tables.event(event);
    this.#descriptors.event(event);
  }

  finish(endNs?: Ns): LedgerBooks {
    return {
      processes: this.#processes.finish(endNs),
      descriptors: this.#descriptors.finish(endNs),
      signals: this.#signals.finish(endNs),
      watches: this.#watches.finish(),
    };
  }
}
