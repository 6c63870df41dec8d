import type { Beside } from '../waits/wait.ts';
import { type Blame, named } from './blame.ts';
import { remediesFor } from './remedies.ts';
import type { Finding } from './rule.ts';

/**
 * Room that a thread of the asked process waits for beside other things (a relay whose output is stuck, a server with a
 * client that does not read): a note, since what else it watches may let it go on.
 */
export function besideOthers(blame: Blame, kind: Beside['kind']): Finding[] {
  const step = blame.steps.find(
    ({ depth, wait }) => depth === 0 && wait.beside?.kind === kind && wait.thread.moved !== true,
  );
  const beside = step?.wait.beside;
  if (step === undefined || beside === undefined) return [];
  const chain = beside.hops[0]?.edges ?? [];
  const reader = chain.at(-1)?.to;
  if (reader === undefined) return [];
  return [
    {
      severity: 'info',
      confidence: 'possible',
      because: 'asleep, it is proved that there is no room; what else it watches may let it go on',
      title: `cannot get rid of its output: ${named(reader)} does not read`,
      summary: `${blame.target.pid} ${blame.target.comm} watches for ${beside.what} beside other things, and there is none: ${named(reader)} does not read.`,
      culprit: reader,
      chain,
      facts: [...step.wait.facts, ...beside.facts, ...chain.flatMap(({ facts }) => facts)],
      weight: 11,
      remedies: remediesFor(blame, reader),
    },
  ];
}
