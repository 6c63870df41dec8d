import type { Evidence } from '../evidence/evidence.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { ThreadEvidence } from '../evidence/thread.ts';
import type { Edge, Node } from './graph.ts';
import { resolvers } from './kinds/index.ts';
import { contextOf, type Hop, type Wait, waitOf } from './wait.ts';

/** One wait of the walk through the wait-for graph, and how the walk came there. */
export interface Step {
  readonly wait: Wait;
  /** Hops from the target; 0 = one of its own threads. */
  readonly depth: number;
  /** Edges from the target's thread to this waiter. */
  readonly chain: readonly Edge[];
  /** The step before, and the hop that led here; absent for the target's own threads. */
  readonly via?: { readonly step: Step; readonly hop: Hop };
  /** What comes next: the waits of those that this one waits for. */
  readonly next: Step[];
  /** The walk has come back to a waiter on this very chain: a deadlock. */
  cycle?: Step;
}

/** How far the chain is followed: processes deep, and steps in all. */
export interface WalkLimits {
  readonly depth: number;
  readonly steps: number;
}

const WHOLE_STOP = new Set(['stopped', 'stopped-tty', 'ptrace-stop', 'frozen']);
/** Waits of one holder that are followed: the blocked ones, or its main thread's when none is. */
const THREADS_FOLLOWED = 6;

/** What one thread waits for, by the first resolver that recognises it. */
function waitOfThread(evidence: Evidence, process: ProcessEvidence, thread: ThreadEvidence): Wait {
  const context = contextOf(evidence, process, thread);
  for (const resolve of resolvers) {
    const wait = resolve(context);
    if (wait !== undefined) return wait;
  }
  return waitOf(context, { kind: 'unknown', point: 'unknown' });
}

/** Walks from the threads of `target` (or the one named by `tid`) along all that they wait for. Breadth first. */
export function walk(evidence: Evidence, target: ProcessEvidence, limits: WalkLimits, tid?: number): Step[] {
  const known = new Map<string, Wait>();
  const waitFor = (process: ProcessEvidence, thread: ThreadEvidence): Wait => {
    const id = `${process.pid}/${thread.tid}`;
    const wait = known.get(id) ?? waitOfThread(evidence, process, thread);
    known.set(id, wait);
    return wait;
  };
  const own = target.threads.filter((thread) => thread.deep && (tid === undefined || thread.tid === tid));
  const steps: Step[] = own.map((thread) => ({
    wait: waitFor(target, thread),
    depth: 0,
    chain: [],
    next: [],
  }));
  // A healthy chain behind many threads is walked once; a blocked one for each, up to the limit.
  for (let i = 0; i < steps.length && steps.length < limits.steps; i++) {
    const step = steps[i];
    if (step === undefined || step.depth >= limits.depth || step.cycle !== undefined) continue;
    for (const hop of step.wait.hops) {
      for (const wait of nextWaits(evidence, hop, waitFor)) {
        const chain = [...step.chain, ...hop.edges];
        const next: Step = { wait, depth: step.depth + 1, chain, via: { step, hop }, next: [] };
        const again = onChain(step, wait.node);
        if (again !== undefined) next.cycle = again;
        step.next.push(next);
        steps.push(next);
      }
    }
  }
  return withoutFree(steps);
}

/** Leaves out what lies behind the waits that one of those whom they wait for is free to end (Hop.unlessFree). */
function withoutFree(steps: Step[]): Step[] {
  const out = new Set<Step>();
  // The deepest first: what is free there makes those before it free.
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i];
    const choices = step?.wait.hops.filter((hop) => hop.unlessFree === true) ?? [];
    if (step === undefined || choices.length === 0) continue;
    const isFree = choices.some((hop) => !isHeldUpBehind(step, hop));
    if (isFree) for (const next of step.next.splice(0)) out.add(next);
  }
  if (out.size === 0) return steps;
  return steps.filter((step) => {
    // Breadth first: the step before comes before.
    if (step.via !== undefined && out.has(step.via.step)) out.add(step);
    return !out.has(step);
  });
}

function isHeldUpBehind(step: Step, hop: Hop): boolean {
  const behind = step.next.filter(({ via }) => via?.hop === hop);
  return behind.length > 0 && behind.every(isHeldUp);
}

/** Kinds of wait of which it is not known that they last: somebody at work, or a dead one whose parent is about to see it. */
const MAY_GO_ON = new Set(['running', 'unknown', 'zombie']);

/** Does the step's thread not get on by itself: blocked, or waiting for nobody but such? */
function isHeldUp({ wait, next, cycle }: Step): boolean {
  if (cycle !== undefined) return true;
  if (MAY_GO_ON.has(wait.kind) || (wait.thread.moved === true && wait.restless !== true)) return false;
  if (wait.idle === undefined || wait.detail?.held === true) return true;
  return next.length > 0 && next.every(isHeldUp);
}

/** Healthy by itself, and yet for one that is known: a child, or who writes into a pipe. */
const isForSomebody = ({ kind, hops }: Wait): boolean =>
  (kind === 'wait-child' || kind === 'pipe-read') && hops.length > 0;

function nextWaits(
  evidence: Evidence,
  hop: Hop,
  waitFor: (p: ProcessEvidence, t: ThreadEvidence) => Wait,
): Wait[] {
  const process = evidence.process(hop.next?.pid);
  if (process === undefined || hop.next === undefined) return [];
  const { tid } = hop.next;
  if (tid !== undefined) {
    const thread = process.thread(tid);
    return thread === undefined ? [] : [waitFor(process, thread)];
  }
  const waits = process.threads.filter((thread) => thread.deep).map((thread) => waitFor(process, thread));
  const blocked = waits.filter((wait) => wait.idle === undefined);
  // Of several threads another one may do what is waited for, of one only a stop or its own wait can keep it from that.
  if (hop.stopsOnly === true && process.tids.length !== 1)
    return blocked.filter((wait) => WHOLE_STOP.has(wait.kind)).slice(0, 1);
  if (hop.stopsOnly === true) return blocked.slice(0, 1);
  if (blocked.length > 0) return blocked.slice(0, THREADS_FOLLOWED);
  // The thread at work waits for somebody, its idle colleagues for nobody.
  const busy = hop.soft === true || hop.anyOf === true ? undefined : waits.find(isForSomebody);
  return busy === undefined ? waits.slice(0, 1) : [busy];
}

function onChain(step: Step, node: Node): Step | undefined {
  for (let at: Step | undefined = step; at !== undefined; at = at.via?.step) {
    if (at.wait.node.id === node.id) return at;
  }
  return undefined;
}
