export interface ClockOffset {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
  readonly offsetNs: bigint;
  /** How far off it may be. */
  readonly errorNs: number;
}

const WANTED_TICKS = 7;
const GOOD_WINDOW_NS = 500n;
const MOST_MS = 60;
/** Date.now() is gettimeofday(2), which cuts to microseconds. */
const CUT_NS = 1000;

/**
 * Measures CLOCK_REALTIME − CLOCK_MONOTONIC by watching Date.now() step to the next millisecond between two readings of the
 * monotonic clock. Spins for some 7 ms; ticks that the scheduler came between have a wide window and count only where there
 * are no better ones.
 */
export function measureClockOffset(): ClockOffset {
  const ticks: { window: bigint; offset: bigint }[] = [];
  const giveUp = process.hrtime.bigint() + BigInt(MOST_MS) * 1_000_000n;
  let good = 0;
  let before = process.hrtime.bigint();
  let last = Date.now();
  while (good < WANTED_TICKS) {
    const next = process.hrtime.bigint();
    const now = Date.now();
    if (now !== last) {
      const after = process.hrtime.bigint();
      const window = after - before;
      // The tick is between the reading before the last old one and that after the first new one.
      ticks.push({ window, offset: BigInt(now) * 1_000_000n - (before + window / 2n) });
      if (window < GOOD_WINDOW_NS && now === last + 1) good++;
      if (after > giveUp) break;
      last = now;
    }
    before = next;
  }
  ticks.sort((a, b) => Number(a.window - b.window));
  const best = ticks.slice(0, Math.max(1, Math.min(WANTED_TICKS, ticks.length)));
  const widest = best.at(-1)?.window ?? 0n;
  best.sort((a, b) => (a.offset < b.offset ? -1 : 1));
  return {
    offsetNs: best[best.length >> 1]?.offset ?? 0n,
    errorNs: Number(widest / 2n) + CUT_NS,
  };
}
