import { readdirSync } from 'node:fs';
import { ticksNow } from './tree.ts';

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

export function spanOf(
  counts: readonly { readonly ticks: number; readonly count: number }[],
  events: number,
): { readonly from: number; readonly to: number } | undefined {
  const most = Math.max(...counts.map(({ count }) => count));
  const full = counts.find(({ count }) => count === most);
  const before = counts.findLast(({ count }, at) => count <= most - events + 1 && at < counts.indexOf(full!));
  return full === undefined || before === undefined
    ? undefined
    : { from: before.ticks - 1, to: full.ticks + 1 };
}
