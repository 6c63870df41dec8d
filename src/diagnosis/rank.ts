import { isBeside } from '../rules/blame.ts';
import type { Step } from '../waits/walk.ts';
import type { Judged } from './diagnosis.ts';

const SEVERITY = { critical: 2, warning: 1, info: 0 } as const;

/**
 * Orders findings: the one that explains the hang first. Along one chain the deeper finding explains those before it,
 * unless the one before is about just that (its rule absorbs the deeper cause: a stopped daemon is told as `fuse-wait`).
 * Several findings of one cause and culprit are one.
 */
export function ranked(findings: readonly Judged[]): Judged[] {
  const explained = new Set(
    findings
      .filter((finding) => findings.some((other) => other !== finding && explains(other, finding, findings)))
      .map(keyOf),
  );
  const score = (finding: Judged) => [
    finding.severity === 'info' ? 0 : 1,
    explained.has(keyOf(finding)) ? 0 : 1,
    SEVERITY[finding.severity],
    finding.weight ?? 0,
    -depthOf(finding),
  ];
  return dropDuplicates(findings).sort((a, b) => compare(score(b), score(a)));
}

const keyOf = (finding: Judged) => `${finding.rule.id}\0${finding.culprit?.id ?? ''}`;

/** Of one cause and culprit the story that begins with the main thread is told, else the shortest. */
function dropDuplicates(findings: readonly Judged[]): Judged[] {
  const seen = new Map<string, Judged>();
  for (const finding of findings) {
    const known = seen.get(keyOf(finding));
    if (known === undefined || rankOfStory(finding) < rankOfStory(known)) seen.set(keyOf(finding), finding);
  }
  return [...seen.values()];
}

function rankOfStory(finding: Judged): number {
  let root = finding.step;
  while (root?.via !== undefined) root = root.via.step;
  return (root === undefined || root.wait.thread.isLeader ? 0 : 1000) + depthOf(finding);
}

const depthOf = (finding: Judged) => finding.step?.depth ?? 0;

/** Does `cause` explain `symptom`? Then the symptom never outranks it. */
function explains(cause: Judged, symptom: Judged, all: readonly Judged[]): boolean {
  if (cause.severity === 'info' && symptom.severity !== 'info') return false;
  // A parent that is itself held up cannot wait for its children: its zombies are a consequence.
  if (symptom.step === undefined && symptom.rule.family === 'reaping') return cause.step !== undefined;
  if (cause.rule.absorbs?.includes(symptom.rule.id) === true)
    return isOnChain(symptom.step, cause.step) || isOnChain(cause.step, symptom.step);
  if (absorbs(symptom, cause, all)) return false;
  return (
    symptom.step !== undefined &&
    cause.step !== undefined &&
    cause.step !== symptom.step &&
    isOnChain(cause.step, symptom.step)
  );
}

/** Is the symptom told with this cause in it, or with one between the two that is told with it? */
function absorbs(symptom: Judged, cause: Judged, all: readonly Judged[]): boolean {
  const own = symptom.rule.absorbs ?? [];
  if (own.includes(cause.rule.id)) return true;
  const rest = all.filter((other) => other !== symptom);
  return rest.some(
    (between) =>
      between !== cause &&
      own.includes(between.rule.id) &&
      isOnChain(between.step, symptom.step) &&
      isOnChain(cause.step, between.step) &&
      absorbs(between, cause, rest),
  );
}

/** Was `deep` reached over `shallow`? The target's own findings (no step) stand before every chain. */
function isOnChain(deep: Step | undefined, shallow: Step | undefined): boolean {
  if (shallow === undefined || deep === undefined) return shallow === undefined && deep === undefined;
  for (let at: Step | undefined = deep; at !== undefined; at = at.via?.step) {
    if (at === shallow) return true;
    if (isBeside(at)) return false;
  }
  return false;
}

/** From left to right. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
