import type { ProcessEvidence } from '../../evidence/process.ts';
import { fdFact, lineFact, pointFacts, stateFact } from '../facts.ts';
import { edge, processNode } from '../nodes.ts';
import { tracerOf } from '../objects/tracer.ts';
import { type Hop, inFrames, type Resolver, type WaitContext, waitOf } from '../wait.ts';

/** A wait for any of more children than this is not looked behind, but where all of them are stopped or in D. */
const CHILDREN_FOLLOWED = 8;

/** waitid(2) */
const P_ALL = 0;
const P_PID = 1;
const P_PGID = 2;
const P_PIDFD = 3;

interface Asked {
  /** The call as text: `wait4(4250)`. */
  readonly call: string;
  /** Does it wait for this child? */
  readonly wants: (child: ProcessEvidence) => boolean;
  /** One certain child, not any of several. */
  readonly specific: boolean;
  readonly facts: ReturnType<typeof fdFact>;
}

/** wait4 and waitid: waits for a child to die, and so for whatever holds that child. */
export const waitChild: Resolver = (context) => {
  const { evidence, process, thread, node } = context;
  if (!inFrames(thread, /^do_wait$/, 2) && !/^(?:wait4|waitid)$/.test(thread.syscallName ?? ''))
    return undefined;
  const asked = whatIsAsked(context);
  const family = [...new Set([...process.children, ...tracees(context)])];
  const known = family.map((pid) => evidence.process(pid)).filter((child) => child !== undefined);
  const children = known.filter((child) => asked.wants(child) && !isToldToTracer(context, child));
  // A wait for any child is over as soon as one of them ends: one stuck child of several is no trouble of this waiter.
  const isAny = !asked.specific && children.length > 1;
  const isToBlame = !isAny || children.every((child) => /[TtD]/.test(child.state));
  const hops: Hop[] = children.map((child) => ({
    soft: true,
    ...(isToBlame ? {} : { unlessFree: true }),
    next: { pid: child.pid },
    edges: [
      edge(node, processNode(child), 'waits for the end of', asked.call, howOf(process, child), [
        ...asked.facts,
        ...relationFact(context, child),
        ...stateFact(evidence, child),
      ]),
    ],
  }));
  return waitOf(context, {
    kind: 'wait-child',
    point: asked.call,
    idle: 'idle-wait-child',
    subsystem: 'wait-child',
    killable: true,
    facts: pointFacts(evidence, thread),
    detail: { children: children.length },
    hops: isToBlame || children.length <= CHILDREN_FOLLOWED ? hops : [],
  });
};

/** A tracee in its stop: its tracer is told of each stop, waits for what comes next, and can let it go on itself. */
function isToldToTracer({ evidence, process }: WaitContext, child: ProcessEvidence): boolean {
  return child.state === 't' && tracerOf(evidence, child.status)?.pid === process.pid;
}

function howOf(process: ProcessEvidence, child: ProcessEvidence): string {
  if (child.status?.ppid !== process.pid) return 'it is its tracee';
  return child.state === 'Z' ? 'its child is dead' : 'its child lives';
}

function relationFact({ evidence, process }: WaitContext, child: ProcessEvidence) {
  const line = child.status?.ppid === process.pid ? 'PPid:' : 'TracerPid:';
  return lineFact(evidence, `${child.dir}/status`, line);
}

/** Processes that this one traces: only a thread that waits for nothing it has begotten makes us look for them. */
function tracees({ evidence, process, thread }: WaitContext): number[] {
  const pid = thread.intArgument(0);
  const mine = new Set(process.children);
  const forTracee =
    process.children.length === 0 ||
    (pid !== undefined &&
      pid > 0 &&
      ![...mine].some((child) => numberIn(evidence.process(child), process) === pid));
  if (!forTracee) return [];
  return [...evidence.host.statuses]
    .filter(([, status]) => process.tids.includes(status.tracerPid))
    .map(([child]) => child);
}

/** A process's number as another one counts: at that one's level of PID namespaces. */
function numberIn(child: ProcessEvidence | undefined, viewer: ProcessEvidence): number | undefined {
  const level = (viewer.status?.nsPid.length ?? 1) - 1;
  return child?.status?.nsPid[level];
}

function whatIsAsked({ evidence, process, thread }: WaitContext): Asked {
  const name = thread.syscallName;
  const specific = (call: string, pid: number): Asked => ({
    call,
    wants: (child) => numberIn(child, process) === pid,
    specific: true,
    facts: [],
  });
  const any = (call: string, wants: Asked['wants']): Asked => ({
    call,
    wants,
    specific: false,
    facts: [],
  });
  if (name === 'wait4') {
    const pid = thread.intArgument(0) ?? -1;
    if (pid > 0) return specific(`wait4(${pid})`, pid);
    if (pid === -1) return any('wait4(any child)', () => true);
    const group = pid === 0 ? process.stat?.pgrp : -pid;
    return any(
      `wait4(process group ${group ?? '?'})`,
      (child) => group === undefined || child.stat?.pgrp === group,
    );
  }
  if (name === 'waitid') {
    const type = thread.intArgument(0) ?? P_ALL;
    const id = thread.intArgument(1) ?? 0;
    if (type === P_PID) return specific(`waitid(pid ${id})`, id);
    if (type === P_PGID)
      return any(`waitid(process group ${id})`, (child) => id === 0 || child.stat?.pgrp === id);
    if (type === P_PIDFD) {
      const pid = process.fdinfo(id)?.pidfdPid;
      return {
        call: `waitid(pidfd ${id}${pid === undefined ? '' : ` = ${pid}`})`,
        wants: (child) => child.pid === pid,
        specific: true,
        facts: [...fdFact(process, id), ...lineFact(evidence, process.fdinfoPath(id), 'Pid:')],
      };
    }
    return any('waitid(any child)', () => true);
  }
  // Without its arguments (not root) it is known that it waits, and not for whom.
  return any('wait for a child', () => true);
}
