import type { Evidence } from '../../evidence/evidence.ts';
import type { ProcessEvidence } from '../../evidence/process.ts';
import type { ProcStatus } from '../../procfs/status.ts';
import { lineFact } from '../facts.ts';
import type { Fact, Node } from '../graph.ts';
import { processNode, strangerNode } from '../nodes.ts';

/** Who traces a task. */
export interface Tracer {
  /** The process whose thread it is. */
  readonly pid: number;
  /** The thread that attached: it alone can let the tracee go on (ptrace(2)). */
  readonly tid: number;
  /** Undefined where nothing of it can be seen. */
  readonly process: ProcessEvidence | undefined;
  /** State letter of that thread. */
  readonly state: string;
  readonly node: Node;
  /** Whose thread it is, where that is not told by TracerPid alone. */
  readonly facts: readonly Fact[];
}

/** The tracer of the task that has this status: `TracerPid` names a thread, which need not be the main one of its process. */
export function tracerOf(evidence: Evidence, status: ProcStatus | undefined): Tracer | undefined {
  const tid = status?.tracerPid ?? 0;
  if (tid === 0) return undefined;
  const own = evidence.host.status(tid);
  const pid = own?.tgid ?? tid;
  const process = evidence.process(pid);
  return {
    pid,
    tid,
    process,
    state: own?.state ?? '?',
    node: process === undefined ? strangerNode(pid, '') : processNode(process),
    facts: pid === tid ? [] : lineFact(evidence, `/proc/${tid}/status`, 'Tgid:', `thread ${tid} of ${pid}`),
  };
}

/**
 * Is the death of this process withheld from its parent? The kernel tells of it only once a tracer of another process has
 * waited for it (kernel/exit.c, wait_consider_task: ptrace_reparented).
 */
export function isWithheld(evidence: Evidence, status: ProcStatus | undefined): boolean {
  const tracer = tracerOf(evidence, status);
  return tracer !== undefined && tracer.pid !== status?.ppid;
}
