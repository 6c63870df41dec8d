import type { Edge, Fact } from '../waits/graph.ts';
import type { Hop } from '../waits/wait.ts';
import type { Step } from '../waits/walk.ts';

/** Waits that lead back to where they began: none of them ends before another one of them has. */
export interface Circle {
  /** The waiters in order: each waits for the next, the last for the first. Begins with the one that is told. */
  readonly ring: readonly Step[];
  /** From the target to the circle and once around it. */
  readonly chain: readonly Edge[];
  readonly facts: readonly Fact[];
  /** There is a lock or a full buffer in it, not only processes that wait for each other to say something. */
  readonly hard: boolean;
  /** Nobody else could end any of these waits: a deadlock. */
  readonly proven: boolean;
}

/** Waits that last until the one that is waited for does something; all others in a circle only pass its hang on. */
const HARD = new Set(['futex-lock', 'vfork', 'file-lock', 'pipe-write', 'socket-write']);
/** In a circle that has one of these it is told, wherever the target comes to it. */
const FIRST_OF_ALL = ['futex-lock', 'vfork'];
/** Waits without a limit that a circle of nothing else may be made of: each can be ended by the next alone. */
const SOFT = new Set(['pipe-read', 'wait-child', 'join']);
/** One of several holders is enough to end these. */
const ANY_HOLDER = new Set(['pipe-read', 'pipe-write', 'socket-write', 'socket-read', 'wait-child']);

/**
 * The circles of a walk, by each of their members. A circle is told once: at what is told first of all, else at the first of
 * its waits that is no mere passing on, as the target comes to them.
 */
export function circlesOf(steps: readonly Step[]): ReadonlyMap<Step, Circle> {
  const found = new Map<Step, Circle>();
  for (const closing of steps) {
    const start = closing.cycle;
    const hop = closing.via?.hop;
    if (start === undefined || hop === undefined) continue;
    const ring = ringOf(closing, start);
    if (ring.some((step) => step.wait.thread.moved === true || found.has(step))) continue;
    const hard =
      FIRST_OF_ALL.map((kind) => ring.find(({ wait }) => wait.kind === kind)).find(
        (step) => step !== undefined,
      ) ?? ring.find(({ wait }) => HARD.has(wait.kind));
    const proven = isProven(ring, closing, hard !== undefined);
    // What only idle waits make up is a circle when that is certain, and else no trouble at all.
    const told = hard ?? (proven ? ring.find(({ wait }) => wait.kind === 'pipe-read') : undefined);
    if (told === undefined) continue;
    const from = ring.indexOf(told);
    const circle: Circle = {
      ring: [...ring.slice(from), ...ring.slice(0, from)],
      chain: closing.chain,
      facts: [...ring.flatMap(({ wait }) => wait.facts), ...closing.chain.flatMap(({ facts }) => facts)],
      hard: hard !== undefined,
      proven,
    };
    for (const step of ring) found.set(step, circle);
  }
  return found;
}

/** The steps from the start of the circle to its last, in order. */
function ringOf(closing: Step, start: Step): Step[] {
  const ring: Step[] = [];
  for (let at: Step | undefined = closing.via?.step; at !== undefined; at = at.via?.step) {
    ring.unshift(at);
    if (at === start) break;
  }
  return ring;
}

function isProven(ring: readonly Step[], closing: Step, hard: boolean): boolean {
  const members = new Set(ring.map(({ wait }) => wait.process.pid));
  return ring.every((step, index) => {
    const { wait } = step;
    // The way into this member within the circle: the closing one for the first, which may have been come to from outside.
    const entry: Hop | undefined = index === 0 ? closing.via?.hop : step.via?.hop;
    // Of a process with more threads another one might do what is waited for.
    if (wait.process.tids.length > 1 && entry?.next?.tid === undefined) return false;
    if (!HARD.has(wait.kind) && !SOFT.has(wait.kind)) return false;
    // A named pipe can be opened by anybody at any time.
    if (!hard && wait.kind === 'pipe-read' && !String(wait.detail?.pipe).startsWith('pipe:[')) return false;
    if (!ANY_HOLDER.has(wait.kind)) return true;
    return wait.hops.every(({ next }) => next !== undefined && members.has(next.pid));
  });
}
