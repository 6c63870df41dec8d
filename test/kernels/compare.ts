import type { Look } from '../../src/lab/scene.ts';

/** The parts of `procdiag inspect --json` that are held against the truth. */
export interface Report {
  readonly verdict: { readonly state: string; readonly idle?: string; readonly summary?: string };
  readonly findings: readonly {
    readonly cause: string;
    readonly severity: string;
    readonly culprit?: { readonly kind: string; readonly pid?: number; readonly name?: string };
  }[];
}

/** What a report says that is not so, one sentence each; empty when it is right. */
export function differences(look: Look, report: Report, exitCode: number | null): string[] {
  const wrong: string[] = [];
  const serious = report.findings.filter(({ severity }) => severity !== 'info');
  const [first] = look.cause === null ? serious : report.findings;
  const cause = first?.cause ?? null;
  const allowed = [look.cause, ...(look.alsoOk ?? [])];
  if (!allowed.includes(cause)) wrong.push(`cause ${cause}, not ${allowed.join(' or ')}`);
  if (look.culprit !== undefined && first !== undefined && first.culprit?.pid !== look.culprit)
    wrong.push(`culprit ${first.culprit?.pid ?? first.culprit?.name ?? 'none'}, not ${look.culprit}`);
  if (look.culpritKind !== undefined && first !== undefined && first.culprit?.kind !== look.culpritKind)
    wrong.push(`culprit a ${first.culprit?.kind}, not a ${look.culpritKind}`);
  if (look.idle !== undefined && report.verdict.idle !== look.idle)
    wrong.push(`idle ${report.verdict.idle}, not ${look.idle}`);
  const expected = serious.length > 0 ? 1 : 0;
  if (exitCode !== expected) wrong.push(`exit code ${exitCode}, not ${expected}`);
  return wrong;
}

/**
 * What is said falsely to a user who may see little of the process: that it is well when it is not, or not when it is.
 * To know less is no lie.
 */
export function liesToNobody(look: Look, { verdict, findings }: Report): string[] {
  const serious = findings.filter(({ severity }) => severity !== 'info');
  const allowed = [look.cause, ...(look.alsoOk ?? [])];
  if (look.cause === null && serious.length > 0 && !allowed.includes(serious[0]?.cause ?? null))
    return [`nobody is told ${serious[0]?.cause}`];
  const told = findings.some(({ cause }) => allowed.includes(cause));
  if (look.cause !== null && !allowed.includes(null) && !told && verdict.state === 'healthy')
    return [`nobody is told that it is healthy: ${verdict.idle ?? verdict.summary}`];
  return [];
}

/** The findings of a report in short: `cause/culprit(severity)`. */
export function said({ findings }: Report): string[] {
  return findings.map(
    ({ cause, severity, culprit }) => `${cause}/${culprit?.pid ?? culprit?.name ?? ''}(${severity})`,
  );
}
