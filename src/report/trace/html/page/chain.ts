import { ASLEEP, IDLE, UNINTERRUPTIBLE } from './data.ts';
import type { Model } from './model.ts';

/** A sleep, and who ended it. */
export interface Link {
  readonly row: number;
  /** Of the state. */
  readonly place: number;
  /** Number of the waker; 0: unknown. */
  readonly waker: number;
}

const MOST_LINKS = 24;

/**
 * From a sleep back over those who ended it: its waker may have slept until shortly before, and so on. Ends with one who
 * is not traced, or who was awake all the time that the first one slept.
 */
export function chainOf(model: Model, row: number, place: number): readonly Link[] {
  const { about, states } = model;
  const since = states.start[place]!;
  const links: Link[] = [{ row, place, waker: states.waker[place]! }];
  while (links.length < MOST_LINKS) {
    const { waker, place: from } = links.at(-1)!;
    const by = about.wakers[waker - 1]?.thread ?? -1;
    if (by < 0) break;
    const sleep = sleepBefore(model, by, states.end[from]!);
    if (sleep < 0 || states.end[sleep]! <= since || links.some((link) => link.place === sleep)) break;
    links.push({ row: by, place: sleep, waker: states.waker[sleep]! });
  }
  return links;
}

/** The last sleep of a thread that was over at that time; -1: none. */
function sleepBefore({ states, rows }: Model, row: number, time: number): number {
  const lane = rows[row]!.states;
  for (let at = lane.beginningFrom(time) - 1; at >= lane.first; at--)
    if (states.end[at]! <= time && isSleep(states.code[at]!)) return at;
  return -1;
}

/** The longest sleep of a thread within a call of it; -1: none. */
export function sleepWithin({ states, rows }: Model, row: number, from: number, to: number): number {
  const lane = rows[row]!.states;
  let longest = -1;
  const end = lane.beginningFrom(to);
  for (let at = lane.endingAfter(from); at < end; at++)
    if (isSleep(states.code[at]!) && (longest < 0 || states.duration[at]! > states.duration[longest]!))
      longest = at;
  return longest;
}

function isSleep(code: number): boolean {
  return code === ASLEEP || code === UNINTERRUPTIBLE || code === IDLE;
}
