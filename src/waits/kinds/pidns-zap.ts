import { lineFact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode } from '../nodes.ts';
import { namespaceMembers } from '../objects/pid-namespace.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** A dying init of a PID namespace: waits until the last member is gone (kernel/pid_namespace.c, zap_pid_ns_processes). */
export const pidnsZap: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (!inFrames(thread, /^zap_pid_ns_processes$/)) return undefined;
  const members = namespaceMembers(evidence, process).slice(0, 16);
  return waitOf(context, {
    kind: 'pidns-zap',
    point: 'exit: waits until its PID namespace is empty',
    subsystem: 'pidns-zap',
    killable: false,
    facts: [...pointFacts(evidence, thread), ...lineFact(evidence, `${process.dir}/status`, 'NSpid:')],
    hops: members.map((member) => ({
      next: { pid: member.pid },
      edges: [
        edge(
          node,
          processNode(member),
          'waits for the end of',
          'a member of its PID namespace',
          'killed, and still there',
          [...stateFact(evidence, member), ...lineFact(evidence, `${member.dir}/status`, 'NSpid:')],
        ),
      ],
    })),
  });
};
