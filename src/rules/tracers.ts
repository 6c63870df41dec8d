import type { Node } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { culpritOf, neighbourOf } from './blame.ts';

const CANNOT_ACT = /[TtDZ]/;

/** Is the tracer of this stopped task itself stopped, traced to a stop, or in D? */
export function isTracerStopped(step: Step): boolean {
  const next = step.next.find((candidate) => candidate.cycle === undefined);
  if (next === undefined) return false;
  const { process } = next.wait;
  if (process.state !== 't') return CANNOT_ACT.test(process.state) || next.wait.kind === 'frozen';
  return true;
}

/** The tracer at the end of a chain of tracers: the first that is not in a tracing stop itself. */
export function rootTracer(step: Step): Node {
  const next = step.next.find((candidate) => candidate.cycle === undefined);
  if (next === undefined || next.wait.idle !== undefined) return neighbourOf(step) ?? step.wait.node;
  if (next.wait.kind === 'ptrace-stop') return rootTracer(next);
  if (next.wait.kind === 'stopped') return neighbourOf(step) ?? next.wait.node;
  const end = culpritOf(next);
  return end.pid === undefined ? (neighbourOf(step) ?? end) : end;
}
