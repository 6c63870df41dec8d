import type { TraceHead } from '../../../src/report/trace/output.ts';
import type { TraceSummary } from '../../../src/report/trace/summary.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { HEAD, SUMMARY, TASKS } from './summary.ts';
import { type Actor, World } from './world.ts';

/** A made-up trace of a small server, its database and a shell, as a correlation would give it. The same for the same seed. */
export interface FakeTrace {
  readonly head: TraceHead;
  readonly events: readonly TraceEvent[];
  readonly summary: TraceSummary;
}

/** At least `events` events, and few more. */
export function fakeTrace({ events, seed = 1 }: { events: number; seed?: number }): FakeTrace {
  const world = new World(seed);
  for (const [tid, pid, comm, role] of TASKS)
    world.add({ tid, pid, comm, role, now: (tid - 4700) * 900, left: 0 });
  while (world.events.length < events) {
    const awake = world.actors.filter((actor) => actor.waiting === undefined);
    const next = awake.reduce<Actor | undefined>(
      (first, actor) => (first === undefined || actor.now < first.now ? actor : first),
      undefined,
    );
    const horizon = next?.now ?? Infinity;
    const overdue = world.actors.find(
      (actor) =>
        actor.waiting !== undefined &&
        actor.waiting.name !== 'wait4' &&
        actor.waiting.slept + patience(actor.waiting.name) < horizon,
    );
    if (overdue?.waiting !== undefined)
      world.timeout(overdue, overdue.waiting.slept + patience(overdue.waiting.name));
    else if (next !== undefined) world.step(next);
  }
  world.close();
  return { head: HEAD, events: world.events, summary: SUMMARY };
}

/** After how long a sleeper is woken from outside: by its timer, or by a request from elsewhere. */
function patience(name: string): number {
  return name === 'nanosleep' ? 50_000_000 : name === 'epoll_wait' ? 1_700_000 : 40_000_000;
}
