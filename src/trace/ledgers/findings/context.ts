import type { Ns } from '../../event.ts';
import type { LedgerBooks } from '../books.ts';

/** What the rules of a trace judge by. */
export interface Context {
  readonly books: LedgerBooks;
  readonly endNs: Ns;
  /** Processes of which events were lost; 0 among them: of all. */
  readonly gaps: ReadonlySet<number>;
  /** Some of the calls were recorded only: what was not may have happened, too. */
  readonly some?: boolean;
}

/** Events of the process were lost: what was not seen may have happened. */
export function hasGap({ gaps }: Context, pid: number): boolean {
  return gaps.has(0) || gaps.has(pid);
}
