import type { Evidence } from '../../evidence/evidence.ts';
import type { Holder } from '../../evidence/host.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import { fact, lineFact, stateFact } from '../facts.ts';
import type { Node } from '../graph.ts';
import { edge, processNode, thing } from '../nodes.ts';
import type { Hop } from '../wait.ts';

/** Who holds the other end of a pipe. */
export interface PipeEnds {
  readonly holders: readonly { process: ProcessEvidence; holder: Holder }[];
  /** All processes' descriptors could be read. */
  readonly complete: boolean;
  /** Write or read ends, where `holders` are only some of them. */
  readonly all?: number;
  /** Some could not for want of time: who else has an end of it is not known. */
  readonly late: boolean;
}

/** Holders of one end of a pipe or FIFO: `access` w = who can write into it. One entry a process. */
export function pipeEnds(evidence: Evidence, target: string, access: 'r' | 'w'): PipeEnds {
  const found = new Map<number, { process: ProcessEvidence; holder: Holder }>();
  for (const holder of evidence.host.holders(target)) {
    if (holder.access !== access && holder.access !== 'rw') continue;
    const process = evidence.process(holder.pid);
    if (process !== undefined && !found.has(holder.pid)) found.set(holder.pid, { process, holder });
  }
  const { missing, late } = evidence.host.fdCoverage;
  return { holders: [...found.values()], complete: missing === 0, late: late > 0 };
}

/**
 * Could the reader have been meant to see the end of the pipe long ago? True for a holder that got it by inheritance and
 * was left behind: adopted by an init or a subreaper, outside of the reader's own line and its parent's (a pipeline's
 * members are siblings).
 */
export function isLeftBehind(evidence: Evidence, holder: ProcessEvidence, reader: ProcessEvidence): boolean {
  const parent = holder.status?.ppid ?? 0;
  if (parent === reader.pid) return false;
  if (isAncestor(evidence, reader.pid, holder) || isAncestor(evidence, holder.pid, reader)) return false;
  if (!isAdopter(evidence, parent, holder)) return false;
  if (parent !== reader.status?.ppid) return true;
  // Both adopted by the same init: the members of an orphaned pipeline share a session that neither leads; whoever is of
  // the reader's own session, or has left for another, was begotten by the reader.
  const [session, readers] = [holder.stat?.session, reader.stat?.session];
  return session !== readers || readers === reader.pid || reader.stat?.pgrp === reader.pid;
}

/** Did `process` come from `ancestor`, over living parents? */
export function isAncestor(evidence: Evidence, ancestor: number, process: ProcessEvidence): boolean {
  let pid = process.status?.ppid ?? 0;
  for (let hops = 0; pid > 1 && hops < 64; hops++) {
    if (pid === ancestor) return true;
    pid = evidence.host.status(pid)?.ppid ?? 0;
  }
  return false;
}

/** Is `parent` an adopter of `child`: init, a namespace's init, or a process of another session (a subreaper)? */
function isAdopter(evidence: Evidence, parent: number, child: ProcessEvidence): boolean {
  if (parent <= 1) return true;
  const status = evidence.host.status(parent);
  if (status === undefined || status.nsPid.at(-1) === 1) return true;
  const session = child.stat?.session;
  const theirs = evidence.host.stat(parent)?.session;
  return session !== undefined && session !== child.pid && theirs !== undefined && theirs !== session;
}

export function pipeHops(
  evidence: Evidence,
  from: Node,
  target: string,
  what: string,
  end: 'r' | 'w',
  ends: PipeEnds,
  soft: boolean,
): Hop[] {
  const pipe = thing('pipe', target, target);
  const waits = edge(from, pipe, what, target, 'the descriptor of its system call', []);
  if (ends.holders.length === 0) return [{ edges: [waits], soft }];
  const all = ends.all ?? ends.holders.length;
  const name = end === 'w' ? 'write end' : 'read end';
  return ends.holders.slice(0, 8).map(({ process, holder }) => ({
    next: { pid: process.pid },
    soft,
    anyOf: end === 'r',
    edges: [
      waits,
      edge(
        pipe,
        processNode(process),
        end === 'w' ? 'kept open by' : 'to be read by',
        `${name}, fd ${holder.fd}`,
        all === 1 ? `the only ${name} there is` : `one of ${all} that hold a ${name}`,
        [
          fact(`/proc/${process.pid}/fd/${holder.fd}`, holder.target),
          ...lineFact(evidence, `${process.dir}/status`, 'PPid:'),
          ...stateFact(evidence, process),
        ],
        ends.complete ? 'certain' : 'likely',
      ),
    ],
  }));
}
