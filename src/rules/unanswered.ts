import { type Blame, culpritOf, named } from './blame.ts';
import { findingAt, stateClause, who } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import type { Finding, Remedy } from './rule.ts';

/**
 * Findings of a wait for a user-space helper that the kernel has asked and that does not answer.
 * @param kind of wait; `what` it waits for and `helper`, who should answer, as clauses
 * @param ending what to say instead of `kill HELPER`: what its end does to the waiters differs from kind to kind
 */
export function unansweredFindings(
  blame: Blame,
  kind: string,
  what: string,
  helper: string,
  ending: (helper: number, waiter: number) => Remedy,
): Finding[] {
  return blame.stepsOf(kind).map((step) => {
    const culprit = culpritOf(step);
    const known = culprit.pid !== undefined && culprit.id !== step.wait.node.id;
    const answer = known ? `is ${named(culprit)}${stateClause(blame, culprit)}` : 'could not be found';
    return findingAt(blame, step, {
      severity: 'critical',
      title: `waits for ${what}${known ? `: ${named(culprit)} does not answer` : ''}`,
      summary: `${who(step)} waits in ${step.wait.point}; ${helper} ${answer}.`,
      remedies: [
        ...remediesFor(blame, known ? culprit : undefined).map((remedy) =>
          culprit.pid !== undefined && remedy.command === `kill ${culprit.pid}`
            ? ending(culprit.pid, step.wait.process.pid)
            : remedy,
        ),
        advice('SIGKILL works on the waiter: this sleep is killable.'),
      ],
    });
  });
}
