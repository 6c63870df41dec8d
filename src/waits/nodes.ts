import type { ProcessEvidence } from '../evidence/process.ts';
import type { ThreadEvidence } from '../evidence/thread.ts';
import type { Confidence, Edge, Fact, Node, NodeKind } from './graph.ts';

/** The node of a process as a whole. */
export function processNode(process: ProcessEvidence): Node {
  return { id: `process:${process.pid}`, kind: 'process', name: process.comm, pid: process.pid };
}

/** The node of a thread; a leader without other threads is its process. */
export function threadNode(process: ProcessEvidence, thread: ThreadEvidence): Node {
  if (thread.isLeader && process.tids.length <= 1) return processNode(process);
  const name = thread.comm || process.comm;
  return { id: `thread:${thread.tid}`, kind: 'thread', name, pid: process.pid, tid: thread.tid };
}

/** A process of which nothing but the number is known (gone, or outside of this /proc). */
export function strangerNode(pid: number, name: string): Node {
  return { id: `process:${pid}`, kind: 'process', name, ...(pid > 0 ? { pid } : {}) };
}

/** Anything that is no process; `key` tells it from others of its kind. */
export function thing(kind: NodeKind, key: string, name: string): Node {
  return { id: `${kind}:${key}`, kind, name };
}

/** `from` `relation` `to`, by `on`; `how` it is known, and the facts that prove it. */
export function edge(
  from: Node,
  to: Node,
  relation: string,
  on: string,
  how: string,
  facts: readonly Fact[] = [],
  confidence: Confidence = 'certain',
): Edge {
  return { from, to, relation, on, how, confidence, facts };
}
