import type { Calls, ThreadCalls } from './calls.ts';
import { bounds, pairUp, proves } from './fit.ts';
import { type Both, refine } from './refine.ts';
import { constantShift } from './shift.ts';
import { REPEATED, runsOf } from './vote.ts';

const RUN = 12;
const BIN_NS = 100_000;
/** From strace's stamp to perf's enter, half of the calls take less. */
const USUAL_NS = 30_000;
/** Threads that the runs of calls say nothing of are looked for among those that began so near. */
const NEAR_NS = 1e8;
const FEWEST = 3;

/**
 * For a log whose thread numbers are of another PID namespace than perf's: which thread of perf each one is, by runs of calls
 * that occur once in all of either recording and lie as far apart as most of them do, then by when the others begin. Undefined
 * where no run tells anything.
 */
export function threadsByCalls({ strace, straceKeys, perf }: Both): Map<number, number> | undefined {
  const perfKeys = new Set<number>();
  for (const { keys } of perf.values()) for (const key of keys) perfKeys.add(key);
  const theirs = onceInAll(perf, straceKeys);
  const votes: { readonly our: number; readonly their: number; readonly shift: number }[] = [];
  for (const [run, our] of onceInAll(strace, perfKeys)) {
    const their = theirs.get(run);
    if (our === undefined || their === undefined) continue;
    votes.push({ our: our.tid, their: their.tid, shift: our.at - their.at });
  }
  const shift = commonest(votes.map((vote) => vote.shift));
  if (shift === undefined) return undefined;
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const vote of votes) {
    if (Math.abs(vote.shift - shift) > BIN_NS || found.has(vote.our) || taken.has(vote.their)) continue;
    found.set(vote.our, vote.their);
    taken.add(vote.their);
  }
  const known = { strace: renumbered(strace, found), straceKeys, perf };
  addByBeginning({ strace, straceKeys, perf }, refine(known, shift + USUAL_NS).constant, found, taken);
  return found;
}

interface Place {
  readonly tid: number;
  readonly at: number;
}

function onceInAll(threads: Calls, only: ReadonlySet<number>): Map<number, Place | undefined> {
  const places = new Map<number, Place | undefined>();
  for (const [tid, calls] of threads) {
    for (const [run, index] of runsOf(calls, RUN, only)) {
      const again = index === REPEATED || places.has(run);
      places.set(run, again ? undefined : { tid, at: calls.begins[index]! });
    }
  }
  return places;
}

function commonest(values: readonly number[]): number | undefined {
  const bins = new Map<number, number>();
  for (const value of values) {
    const bin = Math.floor(value / BIN_NS);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const around = (bin: number): number =>
    (bins.get(bin - 1) ?? 0) + (bins.get(bin) ?? 0) + (bins.get(bin + 1) ?? 0);
  const [best] = [...bins.keys()].sort((a, b) => around(b) - around(a));
  if (best === undefined) return undefined;
  const near = values.filter((value) => Math.abs(Math.floor(value / BIN_NS) - best) <= 1);
  return near.sort((a, b) => a - b)[near.length >> 1];
}

function addByBeginning(
  { strace, straceKeys, perf }: Both,
  shift: number,
  found: Map<number, number>,
  taken: Set<number>,
): void {
  for (const [tid, ours] of strace) {
    if (found.has(tid) || ours.begins.length === 0) continue;
    for (const [other, theirs] of perf) {
      const apart = ours.begins[0]! - shift - (theirs.begins[0] ?? Number.POSITIVE_INFINITY);
      if (taken.has(other) || !(Math.abs(apart) < NEAR_NS)) continue;
      const fit = pairUp(new Map([[0, ours]]), straceKeys, new Map([[0, theirs]]), constantShift(shift));
      const most = Math.min(ours.begins.length, theirs.begins.length);
      if (fit.pairs < most || !proves(fit, bounds(fit), { pairs: FEWEST, same: 0.999 })) continue;
      found.set(tid, other);
      taken.add(other);
      break;
    }
  }
}

/** The calls under the numbers of perf; threads that are none of perf's keep theirs. */
export function renumbered(calls: Calls, numbers: ReadonlyMap<number, number>): Map<number, ThreadCalls> {
  return new Map([...calls].map(([tid, one]) => [numbers.get(tid) ?? tid, one]));
}
