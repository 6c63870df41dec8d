import type { Ns, StateEvent, SyscallEvent, ThreadState, TraceEvent, TraceSink } from '../event.ts';
import type { WaitKind } from './wait-kind.ts';
import type { Waited } from './waiting.ts';

/** What a thread did with a part of its time. */
export interface SpentPart {
  /**
   * `running`, `runnable`, `stopped`, `ptrace` as ThreadState; `blocked`: asleep in `name`, or outside of calls; of strace
   * alone `in-call`: in calls of which it cannot tell whether they ran or waited, and `between-calls`: in none; `absent`:
   * the thread was not there, or nothing is known of it.
   */
  readonly did: ThreadState | 'in-call' | 'between-calls' | 'absent';
  /** For `blocked`: the call, and what its first argument was. */
  readonly name?: string;
  readonly first?: string;
  readonly kind?: WaitKind;
  readonly seconds: number;
  /** Calls of which that is the sum; about, where the time cuts some. */
  readonly calls?: number;
}

type Did = Exclude<SpentPart['did'], 'between-calls' | 'absent'>;

interface Series {
  readonly did: Did;
  readonly name: string | undefined;
  readonly first: string | undefined;
  readonly kind: WaitKind | undefined;
  readonly steps: Steps;
}

interface Life {
  readonly series: Map<string, Series>;
  from: Ns;
  to: Ns;
  ended: boolean;
}

/** Threads that are remembered; when there are more, those that have ended go, the shortest first. */
const MOST_THREADS = 2048;
/** Of the calls of one thread so many are told apart by name and first argument. */
const MOST_SERIES = 32;
const MOST_POINTS = 256;
const LEAST_POINTS = 16;
/** Of all threads together: 24 bytes each, and room for as many again. */
const MOST_POINTS_OF_ALL = 300_000;
const LONGEST_FIRST = 60;
const NS = 1e9;

/** Of each moment: when, the sum, the number. */
const FIELDS = 3;
const FIRST_ROOM = 8;

/** A sum that grows in time, at so many moments that the space between them tells nothing: straight lines join them. */
class Steps {
  #fields = new Float64Array(FIRST_ROOM * FIELDS);
  /** The first is 0 at 0. */
  #size = 1;

  get size(): number {
    return this.#size;
  }

  /** `height` more, evenly from one moment to another. */
  add(from: Ns, to: Ns, height: number): void {
    const last = (this.#size - 1) * FIELDS;
    const at = this.#fields[last]!;
    const sum = this.#fields[last + 1]!;
    const count = this.#fields[last + 2]!;
    const start = Math.max(from, at);
    if (start > at) this.#push(start, sum, count);
    // What lasted no time at all on a coarse clock is a step.
    this.#push(Math.max(to, start), sum + height, count + 1);
  }

  #push(at: Ns, sum: number, count: number): void {
    const place = this.#size * FIELDS;
    if (place === this.#fields.length) this.#resize(2 * this.#size);
    this.#fields[place] = at;
    this.#fields[place + 1] = sum;
    this.#fields[place + 2] = count;
    this.#size++;
  }

  #resize(points: number): void {
    const fields = new Float64Array(points * FIELDS);
    fields.set(this.#fields.subarray(0, this.#size * FIELDS));
    this.#fields = fields;
  }

  /** Leaves out every other moment. */
  thin(): void {
    let kept = 0;
    for (let point = 0; point < this.#size; point++) {
      if (point % 2 === 1 && point !== this.#size - 1) continue;
      this.#fields.copyWithin(kept * FIELDS, point * FIELDS, (point + 1) * FIELDS);
      kept++;
    }
    this.#size = kept;
  }

  /** Keeps no room for more than there is. */
  shrink(): void {
    if (this.#fields.length > 2 * this.#size * FIELDS) this.#resize(Math.max(FIRST_ROOM, this.#size));
  }

  /** Sum and number up to a moment. */
  until(at: Ns): readonly [sum: number, count: number] {
    const fields = this.#fields;
    let low = 0;
    let high = this.#size - 1;
    if (at >= fields[high * FIELDS]!) return [fields[high * FIELDS + 1]!, fields[high * FIELDS + 2]!];
    if (at <= 0) return [0, 0];
    // The last moment that is not behind `at` is at `low` in the end.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (fields[middle * FIELDS]! <= at) low = middle;
      else high = middle;
    }
    const before = low * FIELDS;
    const behind = high * FIELDS;
    const span = fields[behind]! - fields[before]!;
    const share = span === 0 ? 1 : (at - fields[before]!) / span;
    return [
      fields[before + 1]! + share * (fields[behind + 1]! - fields[before + 1]!),
      fields[before + 2]! + share * (fields[behind + 2]! - fields[before + 2]!),
    ];
  }
}

/** What each thread did in any stretch of the trace, summed up by what it was: in memory that does not grow with the events. */
export class Spent implements TraceSink {
  readonly #lives = new Map<number, Life>();
  readonly #scheduled: boolean;
  #most = MOST_POINTS;
  #points = 0;
  /** Since room was made. */
  #ended = 0;

  /** `scheduled`: perf tells states, and how long calls slept. */
  constructor(scheduled: boolean) {
    this.#scheduled = scheduled;
  }

  /** All but calls, which come with what is known of their waits. */
  event(event: TraceEvent): void {
    if (event.type === 'state') this.#state(event);
    else if (event.type === 'exit') {
      const life = this.#lives.get(event.tid);
      if (life === undefined) return;
      if (!life.ended) this.#ended++;
      life.ended = true;
      life.to = Math.max(life.to, event.startNs);
    } else if (event.type === 'spawn') this.#born(event.childTid, event.startNs);
  }

  call(event: SyscallEvent, waited: Waited): void {
    const end = event.startNs + event.durationNs + (event.ptraceNs ?? 0);
    if (waited.ns > 0) {
      const first = firstOf(event.args);
      this.#add(event.tid, 'blocked', event.startNs, end, waited.ns, event.name, first, waited.kind);
    } else if (!this.#scheduled && event.durationNs > 0)
      this.#add(event.tid, 'in-call', event.startNs, end, event.durationNs);
  }

  #state({ tid, state, startNs, durationNs, during }: StateEvent): void {
    // Sleeps in calls are told by their calls.
    if (state === 'blocked' && during !== undefined) return;
    this.#add(tid, state, startNs, startNs + durationNs, durationNs);
  }

  #born(tid: number, at: Ns): void {
    const life = this.#lives.get(tid);
    // Of strace alone the call that made it ends after its first own ones.
    if (life === undefined || life.ended) this.#lives.delete(tid);
    if (!this.#lives.has(tid)) this.#life(tid, at);
  }

  #life(tid: number, at: Ns): Life | undefined {
    let life = this.#lives.get(tid);
    if (life !== undefined) return life;
    if (this.#lives.size >= MOST_THREADS && !this.#makeRoom()) return undefined;
    life = { series: new Map(), from: at, to: at, ended: false };
    this.#lives.set(tid, life);
    return life;
  }

  #makeRoom(): boolean {
    if (this.#ended < MOST_THREADS / 8) return false;
    this.#ended = 0;
    const ended = [...this.#lives].filter(([, life]) => life.ended);
    ended.sort(([, a], [, b]) => a.to - a.from - (b.to - b.from));
    for (const [tid, life] of ended.slice(0, Math.ceil(ended.length / 2))) {
      this.#lives.delete(tid);
      for (const { steps } of life.series.values()) this.#points -= steps.size;
    }
    return ended.length > 0;
  }

  #add(
    tid: number,
    did: Did,
    from: Ns,
    to: Ns,
    height: number,
    name?: string,
    first?: string,
    kind?: WaitKind,
  ): void {
    const life = this.#life(tid, from);
    if (life === undefined) return;
    if (from < life.from) life.from = from;
    if (to > life.to) life.to = to;
    const key = name === undefined ? did : `${name} ${first}`;
    let series = life.series.get(key);
    if (series === undefined) {
      const others = life.series.size >= MOST_SERIES && name !== undefined;
      series = others ? life.series.get('blocked') : undefined;
      if (series === undefined) {
        series = others
          ? { did, name: undefined, first: undefined, kind: undefined, steps: new Steps() }
          : { did, name, first, kind, steps: new Steps() };
        life.series.set(others ? 'blocked' : key, series);
      }
    }
    const before = series.steps.size;
    series.steps.add(from, to, height);
    if (series.steps.size > this.#most) series.steps.thin();
    this.#points += series.steps.size - before;
    if (this.#points > MOST_POINTS_OF_ALL && this.#most > LEAST_POINTS) this.#coarsen();
  }

  #coarsen(): void {
    this.#most /= 2;
    this.#points = 0;
    for (const { series } of this.#lives.values()) {
      for (const { steps } of series.values()) {
        while (steps.size > this.#most) steps.thin();
        steps.shrink();
        this.#points += steps.size;
      }
    }
  }

  /** The first moment of which something is known of a thread. */
  seenNs(tid: number): Ns | undefined {
    return this.#lives.get(tid)?.from;
  }

  /** What `tid` did between two moments, the longest first; the parts add up to the time between them. */
  within(tid: number, from: Ns, to: Ns): SpentPart[] {
    const all = to - from;
    if (!(all > 0)) return [];
    const life = this.#lives.get(tid);
    if (life === undefined) return [{ did: 'absent', seconds: all / NS }];
    const parts: SpentPart[] = [];
    let known = 0;
    for (const { did, name, first, kind, steps } of life.series.values()) {
      const [sum, count] = steps.until(from);
      const [later, more] = steps.until(to);
      const ns = Math.min(later - sum, all - known);
      if (!(ns > 0)) continue;
      known += ns;
      const calls =
        did === 'blocked' || did === 'in-call' ? Math.max(1, Math.round(more - count)) : undefined;
      parts.push({
        did,
        ...(name === undefined ? {} : { name }),
        ...(first === undefined ? {} : { first }),
        ...(kind === undefined ? {} : { kind }),
        seconds: Math.round(ns) / NS,
        ...(calls === undefined ? {} : { calls }),
      });
    }
    const lived = Math.max(0, Math.min(to, life.ended ? life.to : to) - Math.max(from, life.from));
    const absent = Math.min(all - known, all - lived);
    const between = all - known - absent;
    // Of what perf should have told and did not, nobody knows more than of who is not there.
    const gone = this.#scheduled ? absent + between : absent;
    const rest: SpentPart[] = [
      { did: 'absent', seconds: Math.round(gone) / NS },
      { did: 'between-calls', seconds: this.#scheduled ? 0 : Math.round(between) / NS },
    ];
    return [...parts, ...rest.filter(({ seconds }) => seconds > 0)].sort((a, b) => b.seconds - a.seconds);
  }
}

/** The descriptor, process or address that a call is about, and what strace shows with it: what tells calls of one name apart. */
function firstOf(args: string): string | undefined {
  const first = /^(?:0x[\da-f]+|\d{1,10}(?:<[^>]*>)?)/.exec(args)?.[0];
  return first === undefined ? undefined : first.slice(0, LONGEST_FIRST);
}
