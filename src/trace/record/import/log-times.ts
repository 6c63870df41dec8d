import { RelativeTimes, StampTimes } from '../../correlate/offset/shift.ts';
import { type LineTimes, StraceTimes } from '../../correlate/strace-times.ts';
import type { StraceProbe } from './probe-strace.ts';

/** What the times of a log are, when all is considered: `relative` also where its stamps are of whole seconds. */
export type TimesKind = 'unix' | 'time-of-day' | 'relative' | 'whole-seconds' | 'none';

/** `logs`: how many there are. Of `strace -ff`, -r is the time since the line before in whichever file. */
export function timesKind(probe: StraceProbe, logs: number): TimesKind {
  const { stamps, relative, wholeSeconds } = probe;
  const usable = relative && logs === 1;
  if (stamps === 'none') return 'none';
  if (stamps === 'relative') return usable ? 'relative' : 'none';
  if (!wholeSeconds) return stamps;
  return usable ? 'relative' : 'whole-seconds';
}

/**
 * How the times of a log are read. Differences of nanoseconds add up to a clock that no step of the wall clock moves; those
 * of microseconds lose too much, so that stamps are better where there are any.
 */
export function logTimes(probe: StraceProbe, logs: number): LineTimes {
  const kind = timesKind(probe, logs);
  if (kind === 'none') return { seen: () => undefined, at: () => Number.NaN };
  if (kind === 'relative') return new RelativeTimes(!probe.finerThanMicroseconds);
  const exact = probe.relative && logs === 1 && probe.finerThanMicroseconds;
  return exact ? new StraceTimes(0) : new StampTimes();
}

/** What stamps since 1970 are counted from, the same for all logs; undefined where they tell no date. */
export function originOf(probes: readonly StraceProbe[]): bigint | undefined {
  const origins = probes.flatMap(({ originNs }) => (originNs === undefined ? [] : [originNs]));
  return origins.sort((a, b) => Number(a - b))[0];
}
