import type { Fact } from '../waits/graph.ts';
import type { HostFacts, Judged } from './diagnosis.ts';

/** What was found, with the paths as they are on this host, where `--proc` named another proc file system than /proc. */
export function relocated(findings: readonly Judged[], proc: string): readonly Judged[] {
  if (proc === '/proc') return findings;
  return findings.map((finding) => ({
    ...finding,
    facts: movedFacts(finding.facts, proc),
    chain: finding.chain.map((edge) => ({ ...edge, facts: movedFacts(edge.facts, proc) })),
  }));
}

export function relocatedHost(host: HostFacts, proc: string): HostFacts {
  if (proc === '/proc') return host;
  const hazards = host.hazards.map((hazard) => ({ ...hazard, facts: movedFacts(hazard.facts, proc) }));
  return { ...host, hazards };
}

function movedFacts(facts: readonly Fact[], proc: string): Fact[] {
  return facts.map((fact) => ({ ...fact, path: fact.path.replace(/^\/proc(?=\/(?!self\/))/, proc) }));
}
