import type { ThreadEvidence } from '../evidence/thread.ts';
import type { Blame } from './blame.ts';

/** A thread that runs (or wants to) at every look and gets this share of a CPU is busy; the rest others took from it. */
export const BUSY_SHARE = 0.25;

interface Spent {
  readonly thread: ThreadEvidence;
  /** CPU seconds between the looks. */
  readonly user: number;
  readonly system: number;
  /** Of one CPU, 0 to 1. */
  readonly share: number;
}

/** The busiest thread of the target that was runnable at every look; undefined with one look only, or when there is none. */
export function cpuOf(blame: Blame): Spent | undefined {
  if (!blame.sampled || blame.spanSeconds <= 0) return undefined;
  let busiest: Spent | undefined;
  for (const thread of blame.target.threads) {
    const spent = thread.cpuBetweenLooks;
    if (spent === undefined || !thread.states.every((state) => state === 'R')) continue;
    const share = Math.min(1, (spent.user + spent.system) / blame.spanSeconds);
    if (busiest === undefined || share > busiest.share) busiest = { thread, ...spent, share };
  }
  return busiest;
}
