import { whoIs } from '../../../../../trace/who.ts';
import { DIED, STATES, STILL_OPEN, SUPERSEDED } from '../data.ts';
import type { Model } from '../model.ts';

/** `4712 libuv-worker`. */
export function threadText({ about }: Model, row: number): string {
  const thread = about.threads[row];
  return thread === undefined ? 'a thread that is not traced' : `${thread.tid} ${thread.name}`;
}

export function callName({ about, calls }: Model, place: number): string {
  return about.names[calls.name[place]! - 1] ?? '?';
}

/** The arguments; says so where there was no room for them. */
export function callArgs({ texts, calls }: Model, place: number): string {
  const text = calls.args[place]!;
  return text === 0 ? '… left out for their size' : texts[text - 1]!;
}

/** What a call returned, or why it did not. */
export function callResult({ about, calls }: Model, place: number): string {
  const flags = calls.flags[place]!;
  if (flags & DIED) return 'never returned: the thread died in it';
  if (flags & STILL_OPEN) return 'had not returned when the trace ended';
  if (flags & SUPERSEDED) return 'was ended by the exec of another thread';
  return about.results[calls.result[place]! - 1] || 'unknown';
}

/** `asleep in read`, `runnable`. */
export function stateText({ about, states }: Model, place: number): string {
  const state = STATES[states.code[place]!] ?? '?';
  const during = about.names[states.during[place]! - 1];
  return during === undefined ? state : `${state} in ${during}`;
}

/** The innermost functions of a stack that say something: those of the scheduler are in all of them. */
export function waitsIn({ about }: Model, stack: number): string {
  const frames = (about.stacks[stack - 1] ?? []).map((frame) => about.frames[frame]!);
  return frames.find((frame) => !/^(?:__)?(?:io_)?schedule|^__switch_to/.test(frame)) ?? frames[0] ?? '';
}

/** `4711 node with futex, in write`. */
export function wakerText({ about }: Model, waker: number): string {
  const by = about.wakers[waker - 1];
  if (by === undefined) return 'nobody knows';
  if (by.interrupt || (by.tid === 0 && by.outside !== true)) return `an interrupt (${by.how})`;
  return `${whoIs(by)} (${by.how})${by.during === undefined ? '' : ` in ${by.during}`}`;
}
