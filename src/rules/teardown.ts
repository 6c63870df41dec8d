import type { ProcessEvidence } from '../evidence/process.ts';
import { lineFact, stateFact } from '../waits/facts.ts';
import type { Node } from '../waits/graph.ts';
import { edge, processNode } from '../waits/nodes.ts';
import { namespaceInit } from '../waits/objects/pid-namespace.ts';
import { isWithheld } from '../waits/objects/tracer.ts';
import { inFrames } from '../waits/wait.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, culpritOf } from './blame.ts';
import { remediesFor } from './remedies.ts';
import type { Finding } from './rule.ts';

/** Who keeps the last member of a dying PID namespace: the outside parent of a zombie, or the member itself. */
export function holderOf(_blame: Blame, member: Step): Node {
  const end = culpritOf(member);
  return end.pid === undefined ? processNode(member.wait.process) : end;
}

/** The same story asked about the member, or about the outside parent which does not wait for it. */
export function heldMembers(blame: Blame): Finding[] {
  const { evidence, target } = blame;
  const members = target.state === 'Z' ? [target] : target.children.map((pid) => evidence.process(pid));
  const level = target.status?.nsPid.length ?? 1;
  for (const member of members) {
    if (member === undefined || member.state !== 'Z') continue;
    const depth = member.status?.nsPid.length ?? 1;
    const parent = evidence.process(member.status?.ppid);
    if (depth < 2 || parent === undefined || (member !== target && depth <= level)) continue;
    // A parent inside is dying as well; and whoever is withheld from his parent, his tracer holds.
    if (isWithheld(evidence, member.status) || (parent.status?.nsPid.length ?? 1) >= depth) continue;
    const init = namespaceInit(evidence, member);
    if (init === undefined || init.pid === member.pid || !isDying(init)) continue;
    const facts = [
      ...stateFact(evidence, member),
      ...lineFact(evidence, `${member.dir}/status`, 'PPid:'),
      ...lineFact(evidence, `${member.dir}/status`, 'NSpid:'),
      ...lineFact(evidence, init.leader.path('wchan'), 'zap_pid_ns_processes', 'the namespace’s init'),
    ];
    const toParent = edge(
      processNode(member),
      processNode(parent),
      'to be reaped by',
      'wait4 of its parent',
      'its parent lives outside of the namespace',
      facts,
    );
    return [
      {
        severity: 'critical',
        confidence: 'certain',
        because: 'the namespace’s dead init waits in zap_pid_ns_processes, and this member is a zombie',
        title: `keeps a dead PID namespace from ending: zombie ${member.pid}`,
        summary: `The PID namespace of ${init.pid} ${init.comm} cannot end while ${member.pid} ${member.comm} is not reaped; its parent ${parent.pid} ${parent.comm} lives outside and does not wait for it.`,
        culprit: processNode(parent),
        chain:
          member === target
            ? [toParent]
            : [
                edge(
                  processNode(init),
                  processNode(member),
                  'waits for the end of',
                  'a member of its PID namespace',
                  'zap_pid_ns_processes',
                  facts,
                ),
                toParent,
              ],
        facts,
        weight: 15,
        remedies: remediesFor(blame, processNode(parent)),
      },
    ];
  }
  return [];
}

function isDying(init: ProcessEvidence): boolean {
  return inFrames(init.leader, /^zap_pid_ns_processes$/) || init.isExiting;
}
