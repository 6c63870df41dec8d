import { STATES } from './data.ts';
import type { Model } from './model.ts';

/** How long a thread was in each state between two moments, exactly, by the codes of the states. */
export function spentBetween(model: Model, row: number, from: number, to: number): Float64Array {
  const { states, spent } = model;
  const lane = model.rows[row]!.states;
  const first = lane.endingAfter(from);
  const end = lane.beginningFrom(to);
  const times = new Float64Array(STATES.length);
  if (first >= end) return times;
  for (let code = 0; code < times.length; code++) times[code] = spent[code]![end]! - spent[code]![first]!;
  // The first and the last may stick out.
  const before = from - states.start[first]!;
  if (before > 0) times[states.code[first]!]! -= before;
  const after = states.end[end - 1]! - to;
  if (after > 0) times[states.code[end - 1]!]! -= after;
  return times;
}
