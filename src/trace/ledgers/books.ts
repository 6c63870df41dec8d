import type { DescriptorLedger } from './descriptors/book.ts';
import type { ProcessLedger } from './processes/book.ts';
import type { SignalLedger } from './signals/book.ts';
import type { WatchLedger } from './watches/book.ts';

/** What a trace opened, started, sent and watched, and what of it is left. Plain data; texts from outside are raw. */
export interface LedgerBooks {
  readonly processes: ProcessLedger;
  readonly descriptors: DescriptorLedger;
  readonly signals: SignalLedger;
  readonly watches: WatchLedger;
}
