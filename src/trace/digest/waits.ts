import type { Ns, TraceEvent, TraceSink } from '../event.ts';
import type { Tasks } from '../ledgers/tasks.ts';
import { seconds } from './calls.ts';
import { CriticalPath } from './critical-path.ts';
import type { Enders } from './enders.ts';
import { type KeptWait, KeptWaits } from './kept-waits.ts';
import type { LongWait, PathStep } from './long-wait.ts';
import type { Spent } from './spent.ts';
import { chainOf } from './wait-chain.ts';
import type { Waited } from './waiting.ts';

/** Remembers the longest sleeps, and follows them from waker to waker. */
export class Waits implements TraceSink {
  readonly #kept: KeptWaits;
  readonly #spent: Spent | undefined;
  readonly #path: CriticalPath;

  /**
   * `enders`: where nobody recorded wake-ups; `callsUnseen`: nobody told calls, so that a sleep is not known to be outside of
   * them; `isWhole`, asked at the end: all calls were told; else, where nothing else was, what is between them may be calls that
   * wait.
   */
  constructor(
    tools: {
      readonly enders?: Enders;
      readonly spent?: Spent;
      readonly tasks?: Tasks;
      readonly callsUnseen?: boolean;
      readonly isWhole?: () => boolean;
    } = {},
  ) {
    this.#kept = new KeptWaits(tools);
    this.#spent = tools.spent;
    this.#path = new CriticalPath(this.#kept, tools.spent, tools.isWhole ?? (() => true));
  }

  /** `waited`: of calls, where that is known already. */
  event(event: TraceEvent, waited?: Waited): void {
    this.#kept.event(event, waited);
  }

  /** The longest sleeps, at most `count`, each with its chain. */
  finish(count: number): LongWait[] {
    return this.#kept
      .sorted()
      .slice(0, count)
      .filter(({ waitedNs }) => waitedNs > 0)
      .map((kept) => this.#told(kept));
  }

  #told(kept: KeptWait): LongWait {
    const { endNs, waitedNs, open, sleeps: _, child: __, waker, ...rest } = kept;
    return {
      ...rest,
      ...(waker === undefined
        ? {}
        : { waker: { ...waker, comm: waker.comm || this.#kept.commOf(waker.tid) } }),
      comm: kept.comm || this.#kept.commOf(kept.tid),
      seconds: seconds(endNs - kept.startNs),
      waitedSeconds: seconds(waitedNs),
      ...(open ? { open: true } : {}),
      chain: chainOf(kept, this.#kept, this.#spent),
    };
  }

  /**
   * What the moment `to` of a thread waited for, back to `from`: from each sleep to the one that ended it. In the order of
   * time; the pieces cover [from, to] without gap or overlap.
   */
  criticalPath(tid: number, from: Ns, to: Ns): PathStep[] {
    return this.#path.of(tid, from, to);
  }
}
