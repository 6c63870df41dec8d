import { readdirSync } from 'node:fs';
import { ticksNow } from '../tree.ts';

const POLL_MS = 5;

/**
 * Watches how many descriptors a starting perf has: it opens its events in a short time after it has read all kernel
 * symbols. Who was born before that and is not among its threads is not recorded; who was born after it is, if its parent is.
 */
export class Opening {
  readonly #counts: { readonly ticks: number; readonly count: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #directory: string;

  constructor(pid: number) {
    this.#directory = `/proc/${pid}/fd`;
    this.#timer = setInterval(() => this.#look(), POLL_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    try {
      this.#counts.push({ ticks: ticksNow(), count: readdirSync(this.#directory).length });
    } catch {
      // It has ended.
    }
  }

  /**
   * From when to when it opened `events` descriptors, in clock ticks since boot: a tick before the first of them at the latest,
   * and one after the last at the earliest.
   */
  span(events: number): { readonly from: number; readonly to: number } | undefined {
    return spanOf(this.#counts, events);
  }
}

/** Files and pipes that perf has besides its events while it starts: the pipes of its control, symbols, formats. */
const OTHER_FILES = 8;

/**
 * The most that it had is more than its events and files where threads end while it opens them: it forgets those, and not
 * to close what it had opened of them. So the moment before the first one is told by the fewest that it had.
 */
export function spanOf(
  counts: readonly { readonly ticks: number; readonly count: number }[],
  events: number,
): { readonly from: number; readonly to: number } | undefined {
  let fewest = Number.POSITIVE_INFINITY;
  let most = 0;
  let full = -1;
  for (const [at, { count }] of counts.entries()) {
    fewest = Math.min(fewest, count);
    if (count <= most) continue;
    most = count;
    full = at;
  }
  const few = Math.min(most - events + 1, fewest + OTHER_FILES);
  const before = counts.slice(0, Math.max(0, full)).findLast(({ count }) => count <= few);
  return before === undefined ? undefined : { from: before.ticks - 1, to: counts[full]!.ticks + 1 };
}
