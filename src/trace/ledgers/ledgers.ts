import type { Ns, TraceEvent, TraceSink } from '../event.ts';
import type { TraceFinding } from '../finding.ts';
import { commandsOwn } from '../hold.ts';
import type { LoadedTrace } from '../loaded.ts';
import type { RecordingMeta } from '../recording.ts';
import type { LedgerBooks } from './books.ts';
import { endOf } from './call.ts';
import { DescriptorLedgerSink } from './descriptors/ledger.ts';
import { DescriptorTables } from './descriptors/tables.ts';
import { FileLedgerSink } from './files/ledger.ts';
import { findingsOfLedgers } from './findings/index.ts';
import { MemoryLedgerSink } from './memory/ledger.ts';
import { ProcessLedgerSink } from './processes/ledger.ts';
import { SignalLedgerSink } from './signals/ledger.ts';
import { Tasks } from './tasks.ts';
import { ThreadLedgerSink } from './threads/ledger.ts';
import { WatchLedgerSink } from './watches/ledger.ts';

/** What a recording tells of the time before: the opening balance. */
export type OpeningBalance = Partial<Pick<RecordingMeta, 'tasks' | 'descriptors' | 'signals'>> & {
  /** When strace let go. */
  readonly detachedNs?: Ns;
  /** Nobody saw system calls: who waited for whom is not known. */
  readonly callsUnseen?: boolean;
};

/** Of a recording of our own; of others' files nothing is known of the time before. */
export function openingOf({
  meta,
  originNs = 0n,
  input,
}: Pick<LoadedTrace, 'meta' | 'originNs' | 'input'>): OpeningBalance {
  if (meta === undefined) return {};
  const callsUnseen = input.switchesOnly === true && input.strace.length === 0;
  const { signals, strace, command, target } = meta;
  // Of those it is not known that they were there; who was is told by events of their own.
  const tasks = meta.tasks.filter(({ gone, late }) => gone !== true && late !== true);
  const detached = strace?.detachedNs;
  return {
    tasks,
    descriptors: command === undefined ? meta.descriptors : commandsOwn(meta.descriptors, target.pid),
    signals,
    ...(callsUnseen ? { callsUnseen } : {}),
    ...(detached === undefined ? {} : { detachedNs: Number(BigInt(detached) - originNs) }),
  };
}

/** All ledgers, fed in the order in which they need each other. */
export class Ledgers implements TraceSink {
  readonly #tasks: Tasks;
  readonly #tables: DescriptorTables;
  readonly #processes: ProcessLedgerSink;
  readonly #descriptors: DescriptorLedgerSink;
  readonly #signals: SignalLedgerSink;
  readonly #watches: WatchLedgerSink;
  readonly #threads: ThreadLedgerSink;
  readonly #memory: MemoryLedgerSink;
  readonly #files: FileLedgerSink;
  readonly #gaps = new Set<number>();
  #some: boolean = false;
  #endNs = 0;

  constructor(opening: OpeningBalance = {}) {
    this.#tasks = new Tasks(opening.tasks);
    this.#tables = new DescriptorTables(opening.descriptors);
    this.#descriptors = new DescriptorLedgerSink(this.#tables, this.#tasks);
    this.#watches = new WatchLedgerSink(this.#tables, this.#tasks);
    this.#threads = new ThreadLedgerSink(this.#tasks, opening.tasks);
    this.#memory = new MemoryLedgerSink(this.#tasks);
    this.#files = new FileLedgerSink(this.#tables, this.#tasks);
    this.#signals = new SignalLedgerSink(this.#tasks, this.#tables, opening.signals, opening.detachedNs);
    this.#processes = new ProcessLedgerSink(this.#tasks, this.#signals, opening.tasks, opening.callsUnseen);
  }

  /** Who has which descriptors open now. */
  get tables(): DescriptorTables {
    return this.#tables;
  }

  /** Who is who. */
  get tasks(): Tasks {
    return this.#tasks;
  }

  event(told: TraceEvent): void {
    if (told.type === 'state') return;
    // strace tells of a leader when all of its threads are gone; perf of older kernels does not say: mostly all go at once.
    const event = told.type === 'exit' ? { ...told, last: told.last ?? told.pid === told.tid } : told;
    if (event.type === 'gap') this.#gaps.add(event.pid);
    const end = endOf(event);
    if (end > this.#endNs) this.#endNs = end;
    this.#tasks.event(event);
    this.#signals.event(event);
    this.#processes.event(event);
    // Before the tables: a descriptor that is being closed is still known to them.
    this.#watches.event(event);
    this.#files.event(event);
    this.#threads.event(event);
    this.#memory.event(event);
    this.#tables.event(event);
    this.#descriptors.event(event);
  }

  /** Descriptors that were closed, as their numbers were given out again, and no call told it. */
  get unseenCloses(): number {
    return this.#descriptors.unseenCloses;
  }

  /**
   * @param endNs of the trace, where it went on after its last event.
   * @param recorded `some`: some of the calls only; `waits`: those that wait for children are among them.
   */
  finish(
    endNs: Ns = this.#endNs,
    { some, waits }: { readonly some: boolean; readonly waits: boolean } = { some: false, waits: true },
  ): LedgerBooks {
    this.#some = some;
    return {
      processes: this.#processes.finish(endNs, waits),
      descriptors: this.#descriptors.finish(endNs),
      signals: this.#signals.finish(endNs),
      watches: this.#watches.finish(),
      threads: this.#threads.finish(endNs),
      memory: this.#memory.finish(endNs),
      files: this.#files.finish(endNs),
    };
  }

  /** What the books show to be wrong, the worst first. */
  findings(books: LedgerBooks, endNs: Ns = this.#endNs): TraceFinding[] {
    return findingsOfLedgers({ books, endNs, gaps: this.#gaps, some: this.#some });
  }
}
