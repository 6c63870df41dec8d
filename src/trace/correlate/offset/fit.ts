import { ANY, type Calls, type ThreadCalls } from './calls.ts';
import type { Shift } from './shift.ts';

/** How the calls of both fall together under one shift, by the rule of the correlator: see `pairUp`. */
export interface Fit {
  /** Calls of perf that fall into one of strace's of their thread. */
  pairs: number;
  /** Of the pairs: both are the same system call. */
  agreeing: number;
  /** Calls of strace between paired ones that perf has nothing for, and of perf those that are one too many. */
  missing: number;
  extra: number;
  /** Calls of perf, of a thread that strace traced then, that occur nowhere in the log: it was filtered. */
  filtered: number;
  /** What must be taken off the shift: at least this, by the pairs whose call of perf begins before strace's stamp … */
  readonly least: number[];
  /** … and at most this, by the pairs whose call of perf ends behind strace's next stamp. */
  readonly most: number[];
}

/** Part of the log, by moments of its own clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Pairs the calls of each thread: one of perf belongs to the last stamp of strace at or before it, if that has none yet.
 * strace stamps a call before the kernel's sys_enter, and stands between the sys_exit and the next stamp, so that each pair
 * bounds the shift from both sides.
 */
export function pairUp(
  strace: Calls,
  straceKeys: ReadonlySet<number>,
  perf: Calls,
  shift: Shift,
  span?: Span,
): Fit {
  const result: Fit = { pairs: 0, agreeing: 0, missing: 0, extra: 0, filtered: 0, least: [], most: [] };
  for (const [tid, theirs] of perf) {
    const ours = strace.get(tid);
    if (ours !== undefined) fitThread(ours, straceKeys, theirs, shift, span, result);
  }
  return result;
}

function fitThread(
  ours: ThreadCalls,
  straceKeys: ReadonlySet<number>,
  theirs: ThreadCalls,
  shift: Shift,
  span: Span | undefined,
  result: Fit,
): void {
  const { begins } = ours;
  const first = span === undefined ? 0 : firstFrom(begins, span.from);
  const end = span === undefined ? begins.length : firstFrom(begins, span.to);
  if (first >= end) return;
  const shifted = (index: number): number => begins[index]! - shift.at(begins[index]!);
  let current = first - 1;
  let used = -1;
  let firstUsed = -1;
  let pairs = 0;
  let nextAt = shifted(first);
  for (let call = firstFrom(theirs.begins, nextAt); call < theirs.begins.length; call++) {
    const at = theirs.begins[call]!;
    while (nextAt <= at) {
      current++;
      nextAt = current + 1 < begins.length ? shifted(current + 1) : Number.POSITIVE_INFINITY;
    }
    if (current >= end) break;
    const key = theirs.keys[call]!;
    if (!straceKeys.has(key)) {
      result.filtered++;
      continue;
    }
    if (current === used) {
      // After the last line nobody knows whether strace was still there.
      if (current + 1 < begins.length) result.extra++;
      continue;
    }
    used = current;
    if (firstUsed < 0) firstUsed = current;
    pairs++;
    const own = ours.keys[current]!;
    if (own !== key && own !== ANY) continue;
    result.agreeing++;
    result.least.push(shifted(current) - at);
    const ended = theirs.ends[call]!;
    if (!Number.isNaN(ended) && nextAt !== Number.POSITIVE_INFINITY) result.most.push(nextAt - ended);
  }
  result.pairs += pairs;
  if (pairs > 0) result.missing += used - firstUsed + 1 - pairs;
}

/** Index of the first value that is not less, of values in order. */
function firstFrom(values: readonly number[], least: number): number {
  let from = 0;
  let to = values.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle]! < least) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Corrections of a shift that as many pairs as possible allow. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
  /** Share of the pairs that allow them. */
  readonly share: number;
}

/** Where most of the bounds of a fit agree; undefined without any. */
export function bounds({ least, most }: Fit): Bounds | undefined {
  if (least.length === 0) return undefined;
  const lows = Float64Array.from(least).sort();
  const highs = Float64Array.from(most).sort();
  // At a correction d: all lows <= d and all highs >= d are content.
  let best = -1;
  let from = 0;
  let passed = 0;
  for (let index = 0; index < lows.length; index++) {
    const low = lows[index]!;
    while (passed < highs.length && highs[passed]! < low) passed++;
    const content = index + 1 + highs.length - passed;
    if (content > best) {
      best = content;
      from = low;
    }
  }
  const high = highs[firstIndexFrom(highs, from)];
  return { from, to: high ?? Number.POSITIVE_INFINITY, share: best / (lows.length + highs.length) };
}

function firstIndexFrom(values: Float64Array, least: number): number {
  let index = 0;
  while (index < values.length && values[index]! < least) index++;
  return index;
}

/** strace's stamp is at least so long before perf's enter, and the next stamp is a good deal later behind the exit. */
const NEAREST_NS = 10_000;

/** The most likely of the corrections that are left, and how far off it may be at most. */
export function likeliest({ from, to }: Bounds): { readonly by: number; readonly errorNs: number } {
  const by = from + Math.min(NEAREST_NS, (to - from) / 2);
  return { by, errorNs: Math.max(by - from, Math.min(to - by, MOST_ERROR_NS)) };
}

/** Without a bound from above nothing better can be said. */
const MOST_ERROR_NS = 1_000_000;

/** Calls that do not fall together as they should: missing, one too many, another one, or ended behind the next stamp. */
export function misfits({ pairs, agreeing, missing, extra, most }: Fit): number {
  const late = most.reduce((count, room) => (room < 0 ? count + 1 : count), 0);
  return pairs - agreeing + missing + extra + late;
}

/** What a shift has to show. */
export interface Demands {
  readonly pairs: number;
  /** Of the pairs as many must be the same call, and allow the same correction. */
  readonly same: number;
}

/** One line may be damaged, where there are many. */
const ONE_OF = 200;

/** Whether a fit proves its shift. */
export function proves(found: Fit, limits: Bounds | undefined, demands: Demands): boolean {
  const { pairs, agreeing, missing, extra } = found;
  if (limits === undefined || pairs < demands.pairs) return false;
  const forgiven = pairs < ONE_OF ? 0 : 1;
  const bounded = found.least.length + found.most.length;
  return (
    agreeing + forgiven >= demands.same * pairs &&
    limits.share * bounded + forgiven >= demands.same * bounded &&
    Math.min(missing, extra) <= pairs
  );
}
