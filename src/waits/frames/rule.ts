import type { Subsystem } from './subsystem.ts';

/**
 * How a function on a stack counts, walking from the innermost outwards:
 *
 * - `pass`: the scheduler and other code that every sleeper goes through; says nothing
 * - `lock`: a lock's own code (mutex, rwsem …): the mechanism; its caller may name the subsystem
 * - `page`: waits for a page's lock or writeback: the mechanism; only file systems served from elsewhere say more
 * - `event`: a generic wait (completion, bit, wait queue, I/O): says little, its callers say what for
 * - `wait`: this function itself is a place to sleep, with a meaning of its own: decides
 * - `taker`: a function that takes a certain lock: decides when it stands directly outside of the lock's code, or is the top
 *   frame, as /proc/PID/stack hides the lock's code
 * - `here`: as `wait`, but only as the innermost function outside of the scheduler; further out it is just a caller
 * - `family`: code of a subsystem: decides when nothing inner did
 */
export type Tier = 'pass' | 'lock' | 'page' | 'event' | 'wait' | 'here' | 'taker' | 'family';

/** One row of the vocabulary. */
export interface FrameRule {
  readonly tier: Tier;
  readonly subsystem: Subsystem;
  /** A human clause: "waits for …". */
  readonly waitsFor: string;
  /** true: an idle, healthy sleep; false: blocked on something that should have come; null: the stack alone cannot tell. */
  readonly benign: boolean | null;
  /** SIGKILL ends this sleep; null: it depends on kernel or path. */
  readonly killable: boolean | null;
  /** The lock that the function takes: what a thread in D with this as its top frame waits for. */
  readonly lock?: Subsystem;
  /**
   * Decides also behind a wait for a page: `anywhere` on the stack (network file systems), or `adjacent` to the wait
   * (reclaim). Other rules do not: whoever reads a page, its device is what is waited for.
   */
  readonly pages?: 'anywhere' | 'adjacent';
  /** See `patternsOf`: a text until it is asked, which most looks at healthy processes never do. */
  readonly frames: string;
}

/** The functions of a row, in the spelling of canonicalName; `x*` = begins with x. */
export function patternsOf({ frames }: FrameRule): string[] {
  return frames.trim().split(/\s+/);
}

/** One table of rules: a family of subsystems. */
export type Vocabulary = readonly FrameRule[];

interface Options {
  readonly benign?: boolean | null;
  readonly killable?: boolean | null;
  readonly lock?: Subsystem;
  readonly pages?: 'anywhere' | 'adjacent';
}

const rule =
  (tier: Tier, benign: boolean | null) =>
  (subsystem: Subsystem, waitsFor: string, frames: string, options: Options = {}): FrameRule => ({
    tier,
    subsystem,
    waitsFor,
    benign: options.benign === undefined ? benign : options.benign,
    killable: options.killable ?? null,
    ...(options.lock === undefined ? {} : { lock: options.lock }),
    ...(options.pages === undefined ? {} : { pages: options.pages }),
    frames,
  });

/** See `Tier`. `frames` are separated by blanks. */
export const pass = (frames: string): FrameRule => rule('pass', null)('unknown', '', frames);
export const lock = rule('lock', false);
export const page = rule('page', false);
export const event = rule('event', null);
/** A wait for something that should come soon: blocked until it does. */
export const wait = rule('wait', false);
/** A place where healthy programs and threads sleep. */
export const idle = (
  subsystem: Subsystem,
  waitsFor: string,
  frames: string,
  options: Options = {},
): FrameRule => rule('wait', true)(subsystem, waitsFor, frames, { killable: true, ...options });
/** A place where both healthy and hung programs sleep. */
export const either = (
  subsystem: Subsystem,
  waitsFor: string,
  frames: string,
  options: Options = {},
): FrameRule => rule('wait', null)(subsystem, waitsFor, frames, { killable: true, ...options });
/** A function which sleeps itself, and through which much else goes too (`do_exit`, `kernel_clone`). */
export const here = rule('here', false);
/** The main function of a kernel thread or worker: asleep there, it has nothing to do. */
export const main = (subsystem: Subsystem, waitsFor: string, frames: string): FrameRule =>
  rule('here', true)(subsystem, waitsFor, frames, { killable: false });
export const taker = rule('taker', false);
export const family = rule('family', false);
