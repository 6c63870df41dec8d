import type { Ns } from '../event.ts';
import { seconds } from './calls.ts';
import type { KeptWait, KeptWaits } from './kept-waits.ts';
import type { PathStep } from './long-wait.ts';
import type { Spent } from './spent.ts';

const MOST_STEPS = 1000;
/** Sleeps that are shorter than this share of the way are no steps of it. */
const STEP_SHARE = 1 / 5000;
/** Two that have woken each other at one moment would be followed for ever. */
const MOST_HOPS = 1000;

/** Finds the way by which one moment led to another, across threads. */
export class CriticalPath {
  readonly #waits: KeptWaits;
  readonly #spent: Spent | undefined;
  readonly #isWhole: () => boolean;

  /** `isWhole`: as of `Waits`. */
  constructor(waits: KeptWaits, spent: Spent | undefined, isWhole: () => boolean) {
    this.#waits = waits;
    this.#spent = spent;
    this.#isWhole = isWhole;
  }

  /**
   * What the moment `to` of a thread waited for, back to `from`: from each sleep to the one that ended it. In the order of
   * time; the pieces cover [from, to] without gap or overlap.
   */
  of(tid: number, from: Ns, to: Ns): PathStep[] {
    const steps: PathStep[] = [];
    let thread = tid;
    let now = Math.min(to, this.#waits.known.get(tid)?.exitNs ?? to);
    let how: string | undefined;
    const least = (to - from) * STEP_SHARE;
    const step = (start: Ns, end: Ns, more: Pick<PathStep, 'did' | 'kind' | 'name'>) => {
      if (end <= start) return;
      steps.push({
        pid: this.#waits.known.get(thread)?.pid ?? thread,
        tid: thread,
        comm: this.#waits.commOf(thread),
        fromNs: start,
        toNs: end,
        ...more,
        ...(how === undefined ? {} : { how }),
      });
      how = undefined;
    };
    const awake = (start: Ns, end: Ns) => {
      if (end <= start) return;
      for (const piece of this.#awake(thread, start, end, least).toReversed())
        step(piece.from, piece.to, pieceOf(piece));
    };
    for (let hops = 0; now > from && steps.length < MOST_STEPS && hops < MOST_HOPS; hops++) {
      const { bornNs, parentTid = 0 } = this.#waits.known.get(thread) ?? {};
      const since = bornNs === undefined ? from : Math.max(from, bornNs);
      const sleep = this.#waits
        .sleepsOf(thread)
        .findLast(
          ({ startNs, endNs, waitedNs }) =>
            startNs < now && endNs <= now && endNs > since && waitedNs > least,
        );
      const within = this.#waits.sleepsOf(thread).find(({ startNs, endNs }) => startNs < now && endNs > now);
      if (within !== undefined) {
        // It slept at this moment itself: who woke it comes later, so the sleep is all there is.
        step(Math.max(from, within.startNs), now, waited(within));
        now = within.startNs;
        continue;
      }
      if (sleep === undefined) {
        awake(since, now);
        now = Math.min(now, since);
        if (bornNs === undefined || bornNs <= from) break;
        how = 'spawn';
        thread = parentTid;
        continue;
      }
      awake(Math.max(from, sleep.endNs), now);
      now = sleep.endNs;
      const by = this.#waits.endedBy(sleep);
      if (by !== undefined && by.tid !== thread && this.#waits.isTraced(by.tid)) {
        how = by.how;
        thread = by.tid;
      } else {
        step(Math.max(from, sleep.startNs), now, waited(sleep));
        now = sleep.startNs;
      }
    }
    return steps.reverse();
  }

  /** What a thread did from one moment to another that was no sleep of those that count, piece by piece. */
  #awake(tid: number, from: Ns, to: Ns, least: number): Awake[] {
    const pieces: Awake[] = [];
    const seenNs = Math.min(to, Math.max(from, this.#spent?.seenNs(tid) ?? from));
    let now = seenNs;
    if (now > from) pieces.push({ from, to: now, did: 'unknown' });
    for (const call of this.#waits.callsOf(tid)) {
      const start = Math.max(now, call.startNs);
      const end = Math.min(to, call.endNs);
      if (end - start <= least) continue;
      pieces.push({ from: now, to: start, did: this.#mostly(tid, now, start) });
      pieces.push({
        from: start,
        to: end,
        did: 'unknown',
        ...(call.name === undefined ? {} : { name: call.name }),
      });
      now = end;
    }
    pieces.push({ from: now, to, did: this.#mostly(tid, now, to) });
    return pieces;
  }

  /** Short calls and what lies between them count as work, where all calls are told. */
  #mostly(tid: number, from: Ns, to: Ns): Awake['did'] {
    const isWhole = this.#isWhole();
    let unknown = 0;
    let stopped = 0;
    for (const { did, seconds } of this.#spent?.within(tid, from, to) ?? []) {
      if (did === 'absent' || (did === 'between-calls' && !isWhole)) unknown += seconds;
      else if (did === 'stopped') stopped += seconds;
    }
    const half = seconds(to - from) / 2;
    if (stopped > half) return 'stopped';
    return unknown > half ? 'unknown' : 'ran';
  }
}

function waited({ kind, name }: KeptWait): Pick<PathStep, 'did' | 'kind' | 'name'> {
  return { did: 'waited', kind, ...(name === undefined ? {} : { name }) };
}

interface Awake {
  readonly from: Ns;
  readonly to: Ns;
  readonly did: 'ran' | 'stopped' | 'unknown';
  readonly name?: string;
}

function pieceOf({ did, name }: Awake): Pick<PathStep, 'did' | 'name'> {
  return { did, ...(name === undefined ? {} : { name }) };
}
