import type { PerfHeader } from '../../perf/batch.ts';
import type { StampKind } from '../../strace/log-clock.ts';
import type { ThreadCalls } from './calls.ts';
import { type Demands, type Fit, misfits, pairUp, proves } from './fit.ts';
import { type Both, follow, type Refined, refine } from './refine.ts';
import { constantShift, type Shift } from './shift.ts';
import { type Candidate, vote } from './vote.ts';

/** What is known of two recordings that are to be brought on one clock. */
export interface OffsetQuestion extends Both {
  /** What strace's stamps count. */
  readonly stamps: StampKind;
  /** For `unix`: what they are counted from, in nanoseconds since 1970. */
  readonly straceOriginNs: bigint;
  /** What perf's are counted from, on its clock. */
  readonly perfOriginNs: bigint;
  /** Of perf, calls of other threads than those in the log. */
  readonly otherCalls: number;
  /** First and last moment of perf. */
  readonly perfSpan: { readonly from: number; readonly to: number };
  readonly header: Pick<PerfHeader, 'clock' | 'reference'>;
  /** `--clock-offset-ns`. */
  readonly given?: bigint;
}

export interface OffsetFound {
  readonly shift: Shift;
  /** CLOCK_REALTIME minus the clock of perf; undefined where the log does not show CLOCK_REALTIME. */
  readonly offsetNs?: bigint;
  readonly errorNs?: number;
  /** The thread that a log without numbers is of. */
  readonly tid?: number;
  /** strace was told to show some calls only. */
  readonly filtered: boolean;
  /** Where it comes from and how sure it is, a sentence each. */
  readonly notes: readonly string[];
}

export type OffsetAnswer = OffsetFound | { readonly refused: string };

/** The header's two clocks are read one after the other: 2 to 4 μs apart, as measured with perf 6.1. */
const HEADER_ERROR_NS = 4000;
/** Beyond this the header's pair is wrong: perf was interrupted between its two readings. */
const HEADER_TRUST_NS = 30_000;
/** For an offset that is known from elsewhere: a 32-bit program has other numbers, and wrong pairs are refused one by one. */
const TO_CHECK: Demands = { pairs: 5, same: 0.95 };
/** For one that is one of several, or only guessed. */
const TO_PROVE: Demands = { pairs: 20, same: 0.999 };
const RUNS = [6, 12, 24, 48] as const;
/** Calls in a piece of time: many for clocks that part slowly, few for a log of -r, whose lines each lose a little. */
const PIECES = [256, 64, 32] as const;
const QUARTER_NS = 900e9;
const DAY_NS = 86_400_000_000_000n;
/** Time zones lie between -12 and +14 hours; local time may be a day off that of UTC. */
const ZONES = { first: -48, last: 56 } as const;
const UNNUMBERED = 0;
const MOST_THREADS_TRIED = 64;

/**
 * Finds how the clock of a strace log lies to that of a perf recording of the same run: as given, else by perf's header, else
 * from the calls themselves. What cannot be known is refused, with the reason.
 */
export function findOffset(question: OffsetQuestion): OffsetAnswer {
  const { strace, perf } = question;
  const lone = strace.get(UNNUMBERED);
  if (lone !== undefined && strace.size === 1 && !perf.has(UNNUMBERED)) return findThread(question, lone);
  let common = 0;
  for (const tid of strace.keys()) if (perf.has(tid)) common++;
  if (common === 0) {
    const saysNothing = perf.size === 0 && question.otherCalls === 0;
    if (saysNothing && knownShifts(question).length === 1) return unchecked(question);
    return {
      refused: saysNothing
        ? 'perf recorded no system calls (raw_syscalls:sys_enter): the two cannot be compared'
        : 'no thread occurs in both recordings: they are of different runs, or their thread numbers are of different PID namespaces',
    };
  }
  return findShift(question);
}

/** A log without thread numbers is of one thread: that one of perf's which fits. */
function findThread(question: OffsetQuestion, calls: ThreadCalls): OffsetAnswer {
  const threads = [...question.perf].sort(([, a], [, b]) => b.keys.length - a.keys.length);
  const found: OffsetFound[] = [];
  for (const [tid, theirs] of threads.slice(0, MOST_THREADS_TRIED)) {
    const answer = findShift({
      ...question,
      strace: new Map([[tid, calls]]),
      perf: new Map([[tid, theirs]]),
      sure: true,
    });
    if (!('refused' in answer)) found.push({ ...answer, tid });
  }
  const [one] = found;
  if (one === undefined || found.length > 1) {
    return {
      refused: `the lines of the log have no thread numbers, and ${one === undefined ? 'none' : `${found.length}`} of perf's ${threads.length} threads could be the one that strace traced`,
    };
  }
  return {
    ...one,
    notes: [
      `The log has no thread numbers: by its calls it is of thread ${one.tid}, which perf saw too.`,
      ...one.notes,
    ],
  };
}

function findShift(question: OffsetQuestion & { readonly sure?: boolean }): OffsetAnswer {
  const { stamps, given } = question;
  if (given !== undefined && stamps !== 'unix' && stamps !== 'time-of-day') {
    return { refused: '--clock-offset-ns is of no use: the log does not tell the time of day (-ttt)' };
  }
  const known = knownShifts(question);
  const demands = question.sure === true || known.length > 1 ? TO_PROVE : TO_CHECK;
  const tried = known.map((one) => ({ one, refined: refine(question, one.shift) }));
  const right = tried.filter(({ one, refined: { fit, limits, constant } }) => {
    const near = Math.abs(constant - one.shift) <= HEADER_TRUST_NS || given === undefined;
    return near && proves(fit, limits, demands) && Math.abs(constant - one.shift) < QUARTER_NS / 2;
  });
  const [only] = right;
  if (only !== undefined && right.length === 1) return byKnown(question, only.one, only.refined);
  if (right.length > 1) {
    return { refused: `the log tells the time of day alone, and ${right.length} time zones fit as well` };
  }
  const [first] = tried;
  if (given !== undefined && first !== undefined && known.length === 1) return asGiven(question, first.one);
  if (question.sure !== true && known.length === 1 && first !== undefined && first.refined.fit.pairs === 0) {
    // Recorded one after the other, or of so few calls that none is in both.
    const blind = estimate(question);
    return 'refused' in blind ? unchecked(question) : blind;
  }
  const estimated = estimate(question);
  if (!('refused' in estimated) || first === undefined) return estimated;
  const { agreeing, pairs } = first.refined.fit;
  return {
    refused:
      known.length > 1
        ? `${estimated.refused}; and in no time zone the times of the log fit those of perf`
        : `by the offset in the header of perf only ${agreeing} of ${pairs} pairs are the same call, and ${estimated.refused}`,
  };
}

interface KnownShift {
  readonly shift: number;
  readonly offsetNs: bigint;
  /** Of a log with times of day: what its clock was ahead of UTC by, in quarters of an hour. */
  readonly quarters?: number;
}

/** Shifts that follow from what is given, or from perf's header; several where the log does not tell day and time zone. */
function knownShifts(question: OffsetQuestion): KnownShift[] {
  const { stamps, straceOriginNs, perfOriginNs, perfSpan, given, header, strace } = question;
  const { clock, reference } = header;
  const trusted = clock !== undefined && clock !== 'perf' && reference !== undefined;
  const offsetNs = given ?? (trusted ? reference.realNs - reference.clockNs : undefined);
  if (offsetNs === undefined) return [];
  const originNs = offsetNs + perfOriginNs;
  if (stamps === 'unix') return [{ shift: Number(originNs - straceOriginNs), offsetNs }];
  if (stamps !== 'time-of-day') return [];
  const midnight = (originNs / DAY_NS) * DAY_NS;
  const spans = [...strace.values()].map(({ begins }) => [begins[0] ?? 0, begins.at(-1) ?? 0] as const);
  const from = Math.min(...spans.map(([begin]) => begin));
  const to = Math.max(...spans.map(([, end]) => end));
  // Zones a day apart show the same time of day: the one nearer to UTC is named.
  const shifts = new Map<number, KnownShift & { readonly quarters: number }>();
  for (const day of [-1n, 0n, 1n]) {
    for (let quarters = ZONES.first; quarters <= ZONES.last; quarters++) {
      const shift = Number(originNs - midnight - day * DAY_NS) + quarters * QUARTER_NS;
      const overlaps = from - shift <= perfSpan.to && to - shift >= perfSpan.from;
      const same = shifts.get(shift);
      if (overlaps && (same === undefined || Math.abs(quarters) < Math.abs(same.quarters)))
        shifts.set(shift, { shift, offsetNs, quarters });
    }
  }
  return [...shifts.values()];
}

function byKnown(
  question: OffsetQuestion,
  known: KnownShift,
  refined: Refined & { readonly constant: number },
): OffsetFound {
  const { fit: found, limits } = refined;
  const off = refined.constant - known.shift;
  // What the header says is used as it stands as long as the calls allow it.
  const allowed = limits !== undefined && -off >= limits.from && -off <= limits.to;
  const source = question.given === undefined ? "perf's own header" : '--clock-offset-ns';
  const zone = known.quarters === undefined ? '' : ` The log's times are ${zoneInWords(known.quarters)}.`;
  const checked = `${found.agreeing} of ${found.pairs} calls that fall together are the same`;
  if (allowed) {
    return {
      shift: constantShift(known.shift),
      offsetNs: known.offsetNs,
      errorNs: HEADER_ERROR_NS,
      filtered: isFiltered(found),
      notes: [
        `The clocks are brought together by ${source}: ${micros(HEADER_ERROR_NS)} off at most; ${checked}.${zone}`,
      ],
    };
  }
  return {
    shift: refined.shift,
    offsetNs: known.offsetNs + BigInt(Math.round(off)),
    errorNs: refined.errorNs,
    filtered: isFiltered(found),
    notes: [
      `The clocks are brought together by ${source}, corrected by ${micros(Math.abs(off))} as the calls demand: ${micros(refined.errorNs)} off at most; ${checked}.${zone}`,
    ],
  };
}

/** The user's word counts, also where the calls do not bear it out. */
function asGiven(question: OffsetQuestion, known: KnownShift): OffsetFound {
  const shift = constantShift(known.shift);
  const found = pairUp(question.strace, question.straceKeys, question.perf, shift);
  return {
    shift,
    offsetNs: known.offsetNs,
    filtered: isFiltered(found),
    notes: [
      `The clocks are brought together by --clock-offset-ns; the calls do not bear it out: ${found.agreeing} of ${found.pairs} calls that fall together are the same.`,
    ],
  };
}

function unchecked(question: OffsetQuestion): OffsetFound | { readonly refused: string } {
  const [known] = knownShifts(question);
  if (known === undefined) return { refused: 'nothing tells how their clocks lie to each other' };
  return {
    shift: constantShift(known.shift),
    offsetNs: known.offsetNs,
    errorNs: HEADER_ERROR_NS,
    filtered: false,
    notes: [
      `The clocks are brought together by ${question.given === undefined ? "perf's own header" : '--clock-offset-ns'}, which no call that is in both recordings could bear out.`,
    ],
  };
}

/** From the calls alone. */
function estimate(question: OffsetQuestion): OffsetAnswer {
  let tried: Fit | undefined;
  for (const length of RUNS) {
    const proven = vote(question, length).flatMap((candidate) => {
      const refined = tryShift(question, candidate);
      if (tried === undefined || refined.fit.agreeing > tried.agreeing) tried = refined.fit;
      return proves(refined.fit, refined.limits, TO_PROVE) ? [{ candidate, refined }] : [];
    });
    const [best] = proven;
    if (best === undefined) continue;
    const other = proven.find(
      ({ refined }) =>
        Math.abs(shiftAt(refined, best.candidate) - shiftAt(best.refined, best.candidate)) > 1e6,
    );
    if (other !== undefined) {
      return {
        refused: `the program does the same again and again: the calls fit at several places (${seconds(shiftAt(other.refined, best.candidate) - shiftAt(best.refined, best.candidate))} apart)`,
      };
    }
    return estimated(question, best.candidate, best.refined);
  }
  if (tried === undefined) {
    return {
      refused:
        'no run of calls occurs once in both recordings: the program does the same again and again, or they are of different times',
    };
  }
  return {
    refused: `nowhere enough of the calls fit: at best ${tried.agreeing} of ${tried.pairs} that fall together are the same, and ${100 * TO_PROVE.same} % and ${TO_PROVE.pairs} calls are asked for`,
  };
}

function tryShift(question: OffsetQuestion, candidate: Candidate): Refined {
  const refined = refine(question, candidate.shift);
  if (proves(refined.fit, refined.limits, TO_PROVE)) return refined;
  let best: Refined = refined;
  for (const calls of PIECES) {
    const followed = follow(question, candidate, calls);
    const better = followed.fit.agreeing - misfits(followed.fit) > best.fit.agreeing - misfits(best.fit);
    if (better) best = followed;
    if (misfits(best.fit) === 0) break;
  }
  return best;
}

function shiftAt({ shift }: Refined, { raw }: Candidate): number {
  return shift.at(raw);
}

function estimated(question: OffsetQuestion, candidate: Candidate, refined: Refined): OffsetFound {
  const { stamps, straceOriginNs, perfOriginNs } = question;
  const { fit: found } = refined;
  const shift = Math.round(shiftAt(refined, candidate));
  return {
    shift: refined.shift,
    ...(stamps === 'unix' ? { offsetNs: straceOriginNs - perfOriginNs + BigInt(shift) } : {}),
    errorNs: refined.errorNs,
    filtered: isFiltered(found),
    notes: [
      `The clocks are brought together by the calls themselves (${candidate.votes} runs of calls that each recording has once agree): ${micros(refined.errorNs)} off at most${refined.drifts ? ', following how the clocks drift apart' : ''}; ${found.agreeing} of ${found.pairs} calls that fall together are the same.`,
    ],
  };
}

/** Of the calls that perf saw, more than a few are not in the log at all. */
function isFiltered({ filtered, pairs }: Fit): boolean {
  return filtered > 0.005 * (pairs + filtered);
}

function zoneInWords(quarters: number): string {
  if (quarters === 0) return 'UTC';
  const sign = quarters < 0 ? '-' : '+';
  const minutes = Math.abs(quarters) * 15;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `UTC${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function micros(nanoseconds: number): string {
  return `${Math.max(1, Math.ceil(nanoseconds / 1000))} μs`;
}

function seconds(nanoseconds: number): string {
  return `${(Math.abs(nanoseconds) / 1e9).toFixed(3)} s`;
}
