import type { Finding } from '../rules/rule.ts';
import type { Fact } from '../waits/graph.ts';

/** The facts of a finding and of the arrows of its chain, each once, the finding's own first. */
export function evidenceOf(finding: Pick<Finding, 'facts' | 'chain'>): Fact[] {
  const seen = new Map<string, Fact>();
  for (const fact of [...finding.facts, ...finding.chain.flatMap((edge) => edge.facts)]) {
    const key = `${fact.path}\0${fact.line}`;
    const known = seen.get(key);
    // The same line may be cited twice, once with a word on what it shows: keep the word.
    if (known === undefined || (known.says === undefined && fact.says !== undefined)) seen.set(key, fact);
  }
  return [...seen.values()];
}
