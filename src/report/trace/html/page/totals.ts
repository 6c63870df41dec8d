import type { View } from './columns-of-pixels.ts';
import { ASLEEP, IDLE, ON_CPU, PREEMPTED, RUNNABLE, STOPPED, TRACER, UNINTERRUPTIBLE } from './data.ts';
import type { Model } from './model.ts';
import { spentBetween } from './spent.ts';

export interface CallTotal {
  readonly name: string;
  count: number;
  failed: number;
  ns: number;
  longestNs: number;
  medianNs: number;
  /** Of a hundred, one takes longer. */
  slowNs: number;
  onCpuNs: number;
  runnableNs: number;
  blockedNs: number;
}

/** Calls that begin in the view, by name, the most expensive first. With `all`, those that were only summed up too. */
export function callTotals(model: Model, view: View, all: boolean): readonly CallTotal[] {
  const { about, calls, rows } = model;
  const totals = new Map<number, CallTotal>();
  const durations = new Map<CallTotal, number[]>();
  const of = (name: number): CallTotal => {
    const known = totals.get(name);
    if (known !== undefined) return known;
    const fresh: CallTotal = {
      name: about.names[name - 1] ?? '?',
      count: 0,
      failed: 0,
      ns: 0,
      longestNs: 0,
      medianNs: 0,
      slowNs: 0,
      onCpuNs: 0,
      runnableNs: 0,
      blockedNs: 0,
    };
    totals.set(name, fresh);
    durations.set(fresh, []);
    return fresh;
  };
  for (const { calls: lane } of rows) {
    const end = lane.beginningFrom(view.to);
    for (let at = lane.beginningFrom(view.from); at < end; at++) {
      const total = of(calls.name[at]!);
      const duration = calls.duration[at]!;
      total.count += 1;
      durations.get(total)!.push(duration);
      if (calls.errno[at] !== 0) total.failed += 1;
      total.ns += duration;
      total.longestNs = Math.max(total.longestNs, duration);
      total.onCpuNs += Math.max(0, calls.onCpu[at]! - 1);
      total.runnableNs += Math.max(0, calls.runnable[at]! - 1);
      total.blockedNs += Math.max(0, calls.blocked[at]! - 1);
    }
  }
  for (const [total, list] of durations) {
    const sorted = Float64Array.from(list).sort();
    total.medianNs = sorted[Math.floor(sorted.length / 2)]!;
    total.slowNs = sorted[Math.floor(sorted.length * 0.99)]!;
  }
  if (all)
    for (const { what, count, ns } of about.left.calls) {
      const total = of(what);
      total.count += count;
      total.ns += ns;
    }
  return [...totals.values()].sort((a, b) => b.ns - a.ns);
}

/** The longest sleeps and waits for a CPU that overlap the view: places of states, the longest first. */
export function longestWaits(
  model: Model,
  view: View,
  most: number,
): readonly { row: number; place: number }[] {
  const { states, rows } = model;
  const waits: { row: number; place: number }[] = [];
  const shortest = () => (waits.length < most ? -1 : states.duration[waits.at(-1)!.place]!);
  for (const [row, { states: lane }] of rows.entries()) {
    const end = lane.beginningFrom(view.to);
    for (let place = lane.endingAfter(view.from); place < end; place++) {
      const code = states.code[place]!;
      if (code < RUNNABLE || code > IDLE || states.duration[place]! <= shortest()) continue;
      const at = waits.findIndex((other) => states.duration[other.place]! < states.duration[place]!);
      waits.splice(at < 0 ? waits.length : at, 0, { row, place });
      if (waits.length > most) waits.pop();
    }
  }
  return waits;
}

/** The longest calls that overlap the view: places of calls, the longest first. */
export function longestCalls(
  model: Model,
  view: View,
  most: number,
): readonly { row: number; place: number }[] {
  return model.rows
    .flatMap(({ calls: lane }, row) => {
      const places: { row: number; place: number }[] = [];
      for (let place = lane.endingAfter(view.from); place < lane.beginningFrom(view.to); place++)
        places.push({ row, place });
      return places;
    })
    .sort((a, b) => model.calls.duration[b.place]! - model.calls.duration[a.place]!)
    .slice(0, most);
}

export interface ThreadTotal {
  readonly row: number;
  readonly calls: number;
  readonly onCpuNs: number;
  readonly runnableNs: number;
  readonly asleepNs: number;
  readonly uninterruptibleNs: number;
  readonly stoppedNs: number;
  readonly tracerNs: number;
}

export function threadTotals(model: Model, view: View): readonly ThreadTotal[] {
  return model.rows.map(({ calls }, row) => {
    const times = spentBetween(model, row, view.from, view.to);
    return {
      row,
      calls: Math.max(0, calls.beginningFrom(view.to) - calls.beginningFrom(view.from)),
      onCpuNs: times[ON_CPU]!,
      runnableNs: times[RUNNABLE]! + times[PREEMPTED]!,
      asleepNs: times[ASLEEP]!,
      uninterruptibleNs: times[UNINTERRUPTIBLE]!,
      stoppedNs: times[STOPPED]!,
      tracerNs: times[TRACER]!,
    };
  });
}
