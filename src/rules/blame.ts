import type { Evidence } from '../evidence/evidence.ts';
import type { ProcessEvidence } from '../evidence/process.ts';
import type { ProcStatus } from '../procfs/status.ts';
import type { Confidence, Edge, Fact, Node } from '../waits/graph.ts';
import { processNode, thing } from '../waits/nodes.ts';
import type { Step } from '../waits/walk.ts';
import { type Circle, circlesOf } from './circle.ts';

/** A step whose thread has not been seen asleep for this long may still be ordinary work. */
const ORDINARY_SECONDS = 1;

/** What rules look at: the target, and the walk along what it waits for. */
export class Blame {
  readonly evidence: Evidence;
  readonly target: ProcessEvidence;
  readonly steps: readonly Step[];
  #circles: ReadonlyMap<Step, Circle> | undefined;

  constructor(evidence: Evidence, target: ProcessEvidence, steps: readonly Step[]) {
    this.evidence = evidence;
    this.target = target;
    this.steps = steps;
  }

  /**
   * Steps of these kinds of wait that have not moved between the looks, nearest to the target first. Of a circle only the
   * member that is told.
   */
  stepsOf(...kinds: string[]): Step[] {
    return this.steps.filter(
      (step) =>
        kinds.includes(step.wait.kind) &&
        step.cycle === undefined &&
        isSteady(step) &&
        (this.circleOf(step)?.ring[0] ?? step) === step,
    );
  }

  /** The circle of waits that a step is a member of. */
  circleOf(step: Step): Circle | undefined {
    this.#circles ??= circlesOf(this.steps);
    return this.#circles.get(step);
  }

  /** The target's own status-based node. */
  get node(): Node {
    return processNode(this.target);
  }

  /** More than one look was taken: what has not moved is proved not to have. */
  get sampled(): boolean {
    return this.evidence.world.rounds > 1;
  }

  /** The target's status at every look. */
  get statuses(): ProcStatus[] {
    return this.target.statuses;
  }

  /** Seconds between the first and the last look. */
  get spanSeconds(): number {
    const times = this.evidence.world.roundTimes;
    return ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  }

  /** How the step is sure not to be ordinary work, as a clause. */
  steadiness(step: Step): string {
    const seconds = secondsOf(step);
    const looks = this.evidence.world.rounds;
    if (step.wait.restless === true && looks > 1) return `in the same call at ${looks} looks`;
    const still = looks > 1 ? `unchanged in ${looks} looks` : 'seen once';
    return seconds === undefined ? still : `${still}, has not run for ${duration(seconds)}`;
  }
}

/** The blocking thread and every waiter before it stood still; a look that could not be repeated does not disprove it. */
export function isSteady(step: Step): boolean {
  return isStill(step) && (step.via === undefined || isStill(step.via.step));
}

function isStill({ wait }: Step): boolean {
  if (wait.thread.moved !== true) return true;
  return wait.restless === true && wait.thread.staysInCall;
}

/** Seconds that the step's thread has not run, where that can be told. */
function secondsOf(step: Step): number | undefined {
  return step.wait.thread.secondsAsleep;
}

/** Too young to be told from ordinary work: worth another look. */
export function isYoung(step: Step): boolean {
  const seconds = secondsOf(step);
  return seconds === undefined || seconds < ORDINARY_SECONDS;
}

/** The most interesting of the steps behind one: the blocked before the healthy, unless a healthy one could end the wait. */
function onward(step: Step): Step | undefined {
  const next = step.next.filter((candidate) => candidate.cycle === undefined);
  const free = next.find(({ wait, via }) => wait.idle !== undefined && via?.hop.anyOf === true);
  return (
    free ?? next.find((candidate) => candidate.wait.idle === undefined && isSteady(candidate)) ?? next[0]
  );
}

/** Is somebody else free to do what this step's waiter waits for? Then what holds this step up is not to blame. */
export function isBeside(step: Step): boolean {
  return (
    step.via?.hop.anyOf === true &&
    onward(step.via.step) !== step &&
    onward(step.via.step)?.wait.idle !== undefined
  );
}

/** The end of the blame chain behind a step: the first that does not wait for something again. */
export function culpritOf(step: Step): Node {
  let at = step;
  let next = onward(at);
  while (next !== undefined && next.wait.idle === undefined) {
    at = next;
    next = onward(at);
  }
  // All that lies behind leads back: then it is the neighbour that has to be acted on, and not the waiter itself.
  if (next === undefined && at.next.length > 0)
    return hopTo(step, onward(step))?.edges.at(-1)?.to ?? nobody(step);
  return endOf(at, next);
}

function endOf(step: Step, next: Step | undefined): Node {
  const last = hopTo(step, next)?.edges.at(-1);
  return (
    last?.to ??
    (step.depth > 0 || OWN_STATE.has(step.wait.kind) ? processNode(step.wait.process) : nobody(step))
  );
}

/** Kinds that are states of the process itself: it is their own end. */
const OWN_STATE = new Set(['stopped', 'zombie', 'zombie-traced', 'leader-exited', 'futex-lock']);

/** Whom the asked process waits for could not be found: that is not the process itself. */
function nobody({ wait }: Step): Node {
  const name =
    wait.subsystem === undefined || wait.subsystem === 'unknown' ? 'the kernel' : `kernel: ${wait.subsystem}`;
  return thing('kernel', `unknown:${wait.process.pid}`, name);
}

/** The nearest process that a step waits for, whatever that one waits for in turn. */
export function neighbourOf(step: Step): Node | undefined {
  return hopTo(step, onward(step))?.edges.at(-1)?.to;
}

function hopTo(step: Step, next: Step | undefined) {
  return next?.via?.hop ?? step.wait.hops[0];
}

/** All edges from the target over the step to its culprit. */
export function chainOf(step: Step): Edge[] {
  const chain: Edge[] = [...step.chain];
  for (let at: Step | undefined = step; at !== undefined; ) {
    const next: Step | undefined = onward(at);
    chain.push(...(hopTo(at, next)?.edges ?? []));
    at = next !== undefined && next.wait.idle === undefined ? next : undefined;
  }
  return chain;
}

/** Facts of the step, of its chain, and of what lies behind it; each line once. */
export function factsOf(step: Step): Fact[] {
  const all: Fact[] = [];
  for (let at: Step | undefined = step.via?.step; at !== undefined; at = at.via?.step)
    all.unshift(...at.wait.facts);
  all.push(...step.wait.facts, ...chainOf(step).flatMap((edge) => edge.facts));
  for (let at = onward(step); at !== undefined && at.wait.idle === undefined; at = onward(at))
    all.push(...at.wait.facts);
  const next = onward(step);
  if (next !== undefined && next.wait.idle !== undefined) all.push(...next.wait.facts);
  return [...new Map(all.map((fact) => [`${fact.path}\0${fact.line}`, fact])).values()];
}

/** The weakest of the confidences of a chain. */
export function confidenceOf(chain: readonly Edge[], start: Confidence = 'certain'): Confidence {
  const order: readonly Confidence[] = ['certain', 'likely', 'possible'];
  return chain.reduce(
    (worst, { confidence }) => (order.indexOf(confidence) > order.indexOf(worst) ? confidence : worst),
    start,
  );
}

/** `4711 api-worker`, raw. */
export function named(node: Node | undefined): string {
  if (node === undefined) return 'nobody';
  return node.pid === undefined ? node.name : `${node.pid}${node.name === '' ? '' : ` ${node.name}`}`;
}

/** `45 ms`, `12 s`, `3 min`, `2 h 31 min`, `4 d 3 h`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
