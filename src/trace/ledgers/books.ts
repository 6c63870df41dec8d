import type { DescriptorLedger } from './descriptors/book.ts';
import type { FileLedger } from './files/book.ts';
import type { MemoryLedger } from './memory/book.ts';
import type { ProcessLedger } from './processes/book.ts';
import type { SignalLedger } from './signals/book.ts';
import type { ThreadLedger } from './threads/book.ts';
import type { WatchLedger } from './watches/book.ts';

/** What a trace opened, started, sent, watched, mapped and left in /tmp, and what of it is left. Plain data; texts from outside are raw. */
export interface LedgerBooks {
  readonly processes: ProcessLedger;
  readonly descriptors: DescriptorLedger;
  readonly signals: SignalLedger;
  readonly watches: WatchLedger;
  readonly threads: ThreadLedger;
  readonly memory: MemoryLedger;
  readonly files: FileLedger;
}
