import { shellWord } from '../rules/remedies.ts';
import type { Fact } from '../waits/graph.ts';
import type { HostFacts, Judged } from './diagnosis.ts';

/**
 * What was found, with the paths as they are on this host, where `--proc` named another proc file system than /proc; and
 * with commands that do no harm here. `foreign`: its PIDs are of another namespace than ours.
 */
export function relocated(findings: readonly Judged[], proc: string, foreign: boolean): readonly Judged[] {
  if (proc === '/proc' && !foreign) return findings;
  return findings.map((finding) => ({
    ...finding,
    facts: movedFacts(finding.facts, proc),
    chain: finding.chain.map((edge) => ({ ...edge, facts: movedFacts(edge.facts, proc) })),
    remedies: foreign
      ? finding.remedies.map((remedy) => ({ ...remedy, command: movedCommand(remedy.command, proc) }))
      : finding.remedies,
  }));
}

const NAMES_PID = /(?:^|\s)(?:kill|(?:gdb|strace|perf)\b.* -p|procdiag \w+|nsenter -t)\s.*?\b\d+\b/;

/**
 * The PID in a command is another process's here: kill(2) is done from within the namespace, where a task of it is known to
 * enter it by. All else becomes a comment, which a shell that it is pasted into leaves alone.
 */
function movedCommand(command: string, proc: string): string {
  if (!NAMES_PID.test(command)) return command;
  if (proc === '/proc') return `# outside of this PID namespace: ${command}`;
  if (command.startsWith('procdiag inspect ')) return `${command} --proc ${shellWord(proc)}`;
  const member = /^\/proc\/(\d+)\/root\/proc\/?$/.exec(proc)?.[1];
  if (member !== undefined && command.startsWith('kill ')) return `nsenter -t ${member} -p ${command}`;
  return `# in the PID namespace of ${proc}: ${command}`;
}

export function relocatedHost(host: HostFacts, proc: string): HostFacts {
  if (proc === '/proc') return host;
  const hazards = host.hazards.map((hazard) => ({ ...hazard, facts: movedFacts(hazard.facts, proc) }));
  return { ...host, hazards };
}

function movedFacts(facts: readonly Fact[], proc: string): Fact[] {
  return facts.map((fact) => ({ ...fact, path: fact.path.replace(/^\/proc(?=\/(?!self\/))/, proc) }));
}
