import { describe, expect, it } from 'vitest';
import type { Judged } from '../../src/diagnosis/diagnosis.ts';
import { ranked } from '../../src/diagnosis/rank.ts';
import type { Severity } from '../../src/rules/rule.ts';
import { thing } from '../../src/waits/nodes.ts';
import type { Step } from '../../src/waits/walk.ts';

/** A chain of steps, the target's first; the thread of each is its process's leader. */
function chain(length: number, leader = true): Step[] {
  const steps: Step[] = [];
  for (let depth = 0; depth < length; depth++) {
    const before = steps.at(-1);
    const via = before === undefined ? {} : { via: { step: before, hop: { edges: [] } } };
    steps.push({
      wait: { thread: { isLeader: leader } } as Step['wait'],
      depth,
      chain: [],
      next: [],
      ...via,
    });
  }
  return steps;
}

function finding(
  id: string,
  severity: Severity,
  step?: Step,
  more: { absorbs?: string[]; weight?: number; culprit?: string } = {},
): Judged {
  const { absorbs = [], weight, culprit = id } = more;
  return {
    rule: { id, family: 'wait', title: '', explanation: {} as Judged['rule']['explanation'], absorbs },
    severity,
    confidence: 'certain',
    because: '',
    title: '',
    summary: '',
    culprit: thing('kernel', culprit, culprit),
    chain: [],
    facts: [],
    remedies: [],
    ...(step === undefined ? {} : { step }),
    ...(weight === undefined ? {} : { weight }),
  };
}

const order = (...findings: Judged[]) => {
  const forwards = ranked(findings).map(({ rule }) => rule.id);
  // The order in which rules are listed must not decide.
  expect(ranked(findings.toReversed()).map(({ rule }) => rule.id)).toEqual(forwards);
  return forwards;
};

describe('along one chain', () => {
  const [near, middle, far] = chain(3) as [Step, Step, Step];

  it('the deeper cause is first, though it be the milder', () => {
    expect(order(finding('near', 'critical', near), finding('far', 'warning', far))).toEqual(['far', 'near']);
    expect(
      order(
        finding('near', 'warning', near),
        finding('middle', 'critical', middle),
        finding('far', 'warning', far),
      )[0],
    ).toBe('far');
  });

  it('what absorbs the deeper cause stays before it', () => {
    const about = finding('about', 'warning', near, { absorbs: ['far'] });
    expect(order(about, finding('far', 'critical', far))).toEqual(['about', 'far']);
  });

  it('what absorbs what absorbs the deepest cause stays before both', () => {
    const about = finding('about', 'warning', near, { absorbs: ['middle', 'about'] });
    const between = finding('middle', 'critical', middle, { absorbs: ['far'] });
    expect(order(about, between, finding('far', 'critical', far))).toEqual(['about', 'middle', 'far']);
    // With nothing between the two that is told with it, the deepest is a story of its own.
    expect(order(about, finding('far', 'critical', far))).toEqual(['far', 'about']);
  });

  it('a note explains no trouble', () => {
    expect(order(finding('near', 'warning', near), finding('note', 'info', far))).toEqual(['near', 'note']);
  });
});

describe('of different chains', () => {
  const [a] = chain(1) as [Step];
  const [b] = chain(1) as [Step];

  it('the graver is first', () => {
    expect(order(finding('a', 'warning', a), finding('b', 'critical', b))).toEqual(['b', 'a']);
  });

  it('of two as grave the weightier is first', () => {
    expect(order(finding('a', 'warning', a), finding('b', 'warning', b, { weight: 3 }))).toEqual(['b', 'a']);
  });

  it('a note is never before a trouble, not even before one that is explained', () => {
    const [near, far] = chain(2) as [Step, Step];
    const troubles = [finding('near', 'warning', near), finding('far', 'critical', far)];
    expect(order(...troubles, finding('note', 'info'))).toEqual(['far', 'near', 'note']);
  });

  it('a note is never before a trouble, whatever its weight', () => {
    expect(
      order(finding('note', 'info', a, { weight: 99 }), finding('b', 'warning', b, { weight: -5 })),
    ).toEqual(['b', 'note']);
  });
});

it('one cause with one culprit is told once: from the main thread, else by the shortest way', () => {
  const [, leaderFar] = chain(2) as [Step, Step];
  const [workerNear] = chain(1, false) as [Step];
  const [found, ...more] = ranked([finding('x', 'warning', workerNear), finding('x', 'warning', leaderFar)]);
  expect(more).toEqual([]);
  expect(found?.step).toBe(leaderFar);
});

it('one cause with two culprits is told twice', () => {
  const [step] = chain(1) as [Step];
  expect(
    ranked([
      finding('x', 'warning', step, { culprit: 'a' }),
      finding('x', 'warning', step, { culprit: 'b' }),
    ]),
  ).toHaveLength(2);
});
