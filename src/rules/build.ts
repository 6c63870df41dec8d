import type { Confidence, Edge, Fact, Node } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, chainOf, confidenceOf, culpritOf, factsOf } from './blame.ts';
import type { Finding, Remedy, Severity } from './rule.ts';

export interface Told {
  readonly severity: Severity;
  readonly title: string;
  readonly summary: string;
  readonly remedies: readonly Remedy[];
  readonly culprit?: Node;
  readonly confidence?: Confidence;
  readonly because?: string;
  readonly facts?: readonly Fact[];
  readonly chain?: readonly Edge[];
  readonly weight?: number;
}

/** A finding about one step of the walk: chain, culprit, facts and confidence come from the walk where nothing else is said. */
export function findingAt(blame: Blame, step: Step, told: Told): Finding {
  const chain = told.chain ?? chainOf(step);
  const confidence = told.confidence ?? confidenceOf(chain);
  const weakest = chain.find((edge) => edge.confidence === confidence && confidence !== 'certain');
  const because =
    told.because ??
    `${blame.steadiness(step)}${weakest === undefined ? '' : `; ${weakest.relation} ${weakest.on}: ${weakest.how}`}`;
  const { subsystem } = step.wait;
  return {
    severity: told.severity,
    confidence,
    because,
    title: told.title,
    summary: told.summary,
    ...(subsystem === undefined ? {} : { subsystem }),
    culprit: told.culprit ?? culpritOf(step),
    chain,
    facts: told.facts ?? factsOf(step),
    remedies: told.remedies,
    step,
    ...(told.weight === undefined ? {} : { weight: told.weight }),
  };
}

/** Who waits in a step, for a sentence: `4711 api-worker`, `thread 4713 of 4711 api-worker`. */
export function who(step: Step): string {
  const { process, thread } = step.wait;
  const name = `${process.pid} ${process.comm}`;
  return thread.isLeader ? name : `thread ${thread.tid} of ${name}`;
}

/** State of a culprit that is a process, as a clause at the end of a sentence: `, which is stopped`. */
export function stateClause(blame: Blame, node: Node | undefined): string {
  const process = blame.evidence.process(node?.pid);
  if (process === undefined || node?.kind === 'terminal') return '';
  const words: Record<string, string> = {
    T: ', which is stopped',
    t: ', which is stopped by a tracer',
    D: ', which is itself in an uninterruptible sleep',
    Z: ', which is dead and not reaped',
  };
  return words[process.state] ?? '';
}

/** The same in the middle of a sentence: `, which is stopped,`. */
export function stateAside(blame: Blame, node: Node | undefined): string {
  const clause = stateClause(blame, node);
  return clause === '' ? '' : `${clause},`;
}
