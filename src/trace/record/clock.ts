export interface ClockOffset {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
  readonly offsetNs: bigint;
  /** How far off it may be. */
  readonly errorNs: number;
}

const WANTED_TICKS = 7;
const GOOD_WINDOW_NS = 500n;
/** On a host under load good ticks are rare: after a while few of them have to do, but without any the offset is a guess. */
const PATIENCE_NS = 60_000_000n;
const FEW_TICKS = 3;
const MOST_NS = 1_500_000_000n;
/** Date.now() is gettimeofday(2), which cuts to microseconds. */
const CUT_NS = 1000;

/**
 * Measures CLOCK_REALTIME − CLOCK_MONOTONIC by watching Date.now() step to the next millisecond between two readings of the
 * monotonic clock. Spins for some 7 ms, longer under load; ticks that the scheduler came between have a wide window and count only where there
 * are no better ones.
 */
export function measureClockOffset(): ClockOffset {
  const ticks: { window: bigint; offset: bigint }[] = [];
  const began = process.hrtime.bigint();
  let good = 0;
  let before = began;
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
      if (after - began > (good < FEW_TICKS ? MOST_NS : PATIENCE_NS)) break;
      last = now;
    }
    before = next;
  }
  ticks.sort((a, b) => Number(a.window - b.window));
  const best = ticks.slice(0, Math.max(1, Math.min(good, WANTED_TICKS)));
  const widest = best.at(-1)?.window ?? 0n;
  best.sort((a, b) => (a.offset < b.offset ? -1 : 1));
  return {
    offsetNs: best[best.length >> 1]?.offset ?? 0n,
    errorNs: Number(widest / 2n) + CUT_NS,
  };
}

/**
 * The better one of two measurements, before and after. When they contradict each other the clock was set in between: then
 * the first one holds, since strace's own differences tell the rest.
 */
export function betterOffset(start: ClockOffset, stop: ClockOffset): { best: ClockOffset; stepped: boolean } {
  const apart = Number(stop.offsetNs - start.offsetNs);
  const stepped = Math.abs(apart) > start.errorNs + stop.errorNs + STEP_NS;
  return { best: !stepped && stop.errorNs < start.errorNs ? stop : start, stepped };
}

/** Both clocks are slewed alike: what is more than this was a step. */
const STEP_NS = 5000;
