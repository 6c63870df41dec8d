import { pointFacts, stateFact } from '../facts.ts';
import { edge, threadNode } from '../nodes.ts';
import { inFrames, type Resolver, waitOf } from '../wait.ts';

/** execve of one thread: waits until all its siblings are dead (fs/exec.c, de_thread). */
export const execDethread: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (thread.state !== 'D' || !inFrames(thread, /^(?:begin_new_exec|de_thread|flush_old_exec)$/, 1))
    return undefined;
  const siblings = process.threads.filter((t) => t.tid !== thread.tid && t.state !== 'Z' && t.state !== 'X');
  if (siblings.length === 0) return undefined;
  return waitOf(context, {
    kind: 'exec-dethread',
    point: 'execve: waits for the end of its other threads',
    killable: true,
    facts: pointFacts(evidence, thread),
    hops: siblings.slice(0, 8).map((sibling) => ({
      next: { pid: process.pid, tid: sibling.tid },
      edges: [
        edge(
          node,
          threadNode(process, sibling),
          'waits for the end of',
          `thread ${sibling.tid}`,
          'execve kills all other threads first',
          stateFact(evidence, sibling),
        ),
      ],
    })),
  });
};
