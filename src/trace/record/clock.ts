/** How the wall clock lay to the monotonic one at a moment. */
export interface ClockOffset {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
  readonly offsetNs: bigint;
  /** How far off it may be. */
  readonly errorNs: number;
}

/** A step of Date.now(): it came to `milliseconds` between two readings of the monotonic clock. */
export interface ClockTick {
  readonly milliseconds: number;
  readonly beforeNs: bigint;
  readonly afterNs: bigint;
}

const FEWEST_TICKS = 5;
const NARROW_NS = 600n;
const TOLERABLE_NS = 5000n;
/** On a loaded host, where the scheduler comes between, more is tried. */
const PATIENCE_MS = { narrow: 30, tolerable: 1500 };
/** Against a clock read in C: Date.now() was up to 1.8 μs late. */
const LATE_NS = 2000;

/**
 * Measures CLOCK_REALTIME − CLOCK_MONOTONIC by watching Date.now() step to the next millisecond between two readings of the
 * monotonic clock. Spins for some 5 ms, and for longer where others take the CPU away.
 */
export function measureClockOffset(): ClockOffset {
  const ticks: ClockTick[] = [];
  const began = process.hrtime.bigint();
  let before = began;
  let last = Date.now();
  for (;;) {
    const next = process.hrtime.bigint();
    const now = Date.now();
    if (now !== last) {
      const after = process.hrtime.bigint();
      // A whole number of milliseconds passed meanwhile: when the last of them began is not known.
      if (now === last + 1) ticks.push({ milliseconds: now, beforeNs: before, afterNs: after });
      last = now;
      const width = widthOf(ticks);
      const elapsedMs = Number(after - began) / 1e6;
      if (ticks.length >= FEWEST_TICKS && width < NARROW_NS) break;
      if (elapsedMs > PATIENCE_MS.narrow && width < TOLERABLE_NS) break;
      if (elapsedMs > PATIENCE_MS.tolerable && ticks.length > 0) break;
    }
    before = next;
  }
  return offsetOf(ticks);
}

/** The offsets that all ticks allow: each one bounds it from both sides. */
function bounds(ticks: readonly ClockTick[]): { least: bigint; most: bigint } | undefined {
  let least: bigint | undefined;
  let most: bigint | undefined;
  for (const { milliseconds, beforeNs, afterNs } of ticks) {
    const realNs = BigInt(milliseconds) * 1_000_000n;
    if (least === undefined || realNs - afterNs > least) least = realNs - afterNs;
    if (most === undefined || realNs - beforeNs < most) most = realNs - beforeNs;
  }
  return least === undefined || most === undefined ? undefined : { least, most };
}

function widthOf(ticks: readonly ClockTick[]): bigint {
  const found = bounds(ticks);
  if (found === undefined) return TOLERABLE_NS * 1000n;
  return found.most > found.least ? found.most - found.least : 0n;
}

/** @param ticks at least one. */
export function offsetOf(ticks: readonly ClockTick[]): ClockOffset {
  const { least, most } = bounds(ticks) ?? { least: 0n, most: 0n };
  // They contradict each other by the lateness of Date.now(), or by a step of the clock between them.
  const width = most > least ? most - least : least - most;
  return { offsetNs: (least + most) / 2n, errorNs: Number(width / 2n) + LATE_NS };
}

/** Both clocks are slewed alike: what is more than this was a step. */
const STEP_NS = 5000;

/**
 * The better one of two measurements, before and after. When they contradict each other the clock was set in between: then
 * the first one holds, since strace's own differences tell the rest.
 */
export function betterOffset(start: ClockOffset, stop: ClockOffset): { best: ClockOffset; stepped: boolean } {
  const apart = Number(stop.offsetNs - start.offsetNs);
  const stepped = Math.abs(apart) > start.errorNs + stop.errorNs + STEP_NS;
  return { best: !stepped && stop.errorNs < start.errorNs ? stop : start, stepped };
}
