import { ANY, type ThreadCalls } from './calls.ts';
import type { Both } from './refine.ts';

/** A shift that runs of calls speak for. */
export interface Candidate {
  readonly shift: number;
  /** Where in the log, on its clock. */
  readonly raw: number;
  readonly votes: number;
}

const BIN_NS = 100_000;
/** From strace's stamp to perf's enter, half of the calls take less. */
const USUAL_NS = 30_000;
const MOST_CANDIDATES = 6;
/** A run that occurs again is of no use. */
export const REPEATED = -1;

/**
 * Shifts that both recordings could have: each run of `length` calls that occurs once in a thread of the one and once in the
 * same thread of the other votes for the time between. The candidates with the most votes, the best first.
 */
export function vote(both: Both, length: number): Candidate[] {
  const bins = new Map<number, number>();
  const perfKeys = new Set<number>();
  for (const { keys } of both.perf.values()) for (const key of keys) perfKeys.add(key);
  const pairs: { readonly shift: number; readonly raw: number }[] = [];
  for (const [tid, ours] of both.strace) {
    const theirs = both.perf.get(tid);
    if (theirs === undefined) continue;
    const known = runsOf(theirs, length, both.straceKeys);
    for (const [run, index] of runsOf(ours, length, perfKeys)) {
      const their = known.get(run);
      if (index === REPEATED || their === undefined || their === REPEATED) continue;
      const shift = ours.begins[index]! - theirs.begins[their]!;
      pairs.push({ shift, raw: ours.begins[index]! });
      const bin = Math.floor(shift / BIN_NS);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
  }
  const votesAround = (bin: number): number =>
    (bins.get(bin - 1) ?? 0) + (bins.get(bin) ?? 0) + (bins.get(bin + 1) ?? 0);
  const best = [...bins.keys()]
    .map((bin) => ({ bin, votes: votesAround(bin) }))
    .sort((a, b) => b.votes - a.votes);
  const taken: number[] = [];
  const candidates: Candidate[] = [];
  for (const { bin, votes } of best) {
    if (candidates.length === MOST_CANDIDATES) break;
    if (taken.some((other) => Math.abs(other - bin) <= 2)) continue;
    taken.push(bin);
    const voters = pairs.filter(({ shift }) => Math.abs(Math.floor(shift / BIN_NS) - bin) <= 1);
    const median = voters.sort((a, b) => a.shift - b.shift)[voters.length >> 1]!;
    candidates.push({ shift: median.shift + USUAL_NS, raw: median.raw, votes });
  }
  return candidates;
}

/** Where each run of calls begins, by its hash. `only`: calls that the other recording has no word of are passed over. */
export function runsOf(
  { keys }: ThreadCalls,
  length: number,
  only: ReadonlySet<number>,
): Map<number, number> {
  const runs = new Map<number, number>();
  const recent: number[] = [];
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (key !== ANY && !only.has(key)) continue;
    recent.push(index);
    if (recent.length > length) recent.shift();
    if (recent.length < length) continue;
    let hash = 0;
    let unsure = false;
    for (const at of recent) {
      const one = keys[at]!;
      if (one === ANY) unsure = true;
      hash = (Math.imul(hash, 0x01000193) ^ (one + 1)) | 0;
    }
    if (unsure) continue;
    runs.set(hash, runs.has(hash) ? REPEATED : recent[0]!);
  }
  return runs;
}
