import type { ThreadEvidence } from '../../evidence/thread.ts';
import { lineFact, stateFact } from '../facts.ts';
import { edge, processNode, strangerNode, threadNode } from '../nodes.ts';
import { isWithheld, tracerOf } from '../objects/tracer.ts';
import { type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** Dead, and not yet reaped: waits for its parent, for the tracer that hides its death, or for its own last threads. */
export const zombie: Resolver = (context) => {
  const { evidence, process, thread } = context;
  const status = process.status;
  if (!thread.isLeader || process.state !== 'Z' || status === undefined) return undefined;
  const dead = stateFact(evidence, process);
  const live = process.threads.filter((t) => !t.isLeader && t.state !== 'Z' && t.state !== 'X');
  const self = processNode(process);
  if (live.length > 0) {
    const threads = lineFact(evidence, `${process.dir}/status`, 'Threads:');
    return waitOf(context, {
      kind: 'leader-exited',
      point: 'exited; other threads of the process live on',
      idle: 'idle-leader-exited',
      facts: [...dead, ...threads],
      hops: live.slice(0, 8).map((t) => ({
        soft: true,
        next: { pid: process.pid, tid: t.tid },
        edges: [
          edge(
            self,
            threadNode(process, t),
            'cannot be reaped before',
            `thread ${t.tid}`,
            'its thread still lives',
            [...stateFact(evidence, t)],
          ),
        ],
      })),
    });
  }
  const held = withheldThread(context);
  const tracer = tracerOf(evidence, held?.status ?? status);
  if (tracer !== undefined && (held !== undefined || isWithheld(evidence, status))) {
    const facts = [...lineFact(evidence, `${(held ?? process).dir}/status`, 'TracerPid:'), ...tracer.facts];
    const how =
      held === undefined
        ? 'a tracee’s death is withheld from its parent until the tracer has waited for it'
        : `its dead thread ${held.tid} stays until its tracer has waited for it, and the process with it`;
    return waitOf(context, {
      kind: 'zombie-traced',
      point: `exited; waits for its tracer ${tracer.pid} to reap it`,
      facts: [...dead, ...facts],
      hops: [
        {
          next: { pid: tracer.pid },
          edges: [edge(self, tracer.node, 'withheld by', 'its wait status', how, facts)],
        },
      ],
    });
  }
  const parent = evidence.process(status.ppid);
  const facts = lineFact(evidence, `${process.dir}/status`, 'PPid:');
  return waitOf(context, {
    kind: 'zombie',
    point: `exited; waits for its parent ${status.ppid} to reap it`,
    facts: [...dead, ...facts],
    detail: { parent: status.ppid },
    hops: [
      {
        next: { pid: status.ppid },
        edges: [
          edge(
            self,
            parent === undefined
              ? strangerNode(status.ppid, status.ppid === 0 ? 'outside of this PID namespace' : '')
              : processNode(parent),
            'to be reaped by',
            'wait4 of its parent',
            'only the parent can take a zombie away',
            facts,
          ),
        ],
      },
    ],
  });
};

/** A dead thread that a tracer keeps: an untraced one would be gone at once, and its process is not told dead before it is. */
function withheldThread({ process }: WaitContext): ThreadEvidence | undefined {
  return process.threads.find((thread) => !thread.isLeader && (thread.status?.tracerPid ?? 0) !== 0);
}
