import type { ProcessEvidence } from '../evidence/process.ts';
import type { ThreadEvidence } from '../evidence/thread.ts';
import { lineFact, stateFact } from '../waits/facts.ts';
import type { Confidence, Edge, Fact } from '../waits/graph.ts';
import { edge, processNode } from '../waits/nodes.ts';
import { looksFromInside } from '../waits/objects/pid-namespace.ts';
import { isWithheld } from '../waits/objects/tracer.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, duration, isSteady } from './blame.ts';

/** A zombie younger than this may be on its way: init systems, and parents that look now and then, take a second and more. */
const REAPED_WITHIN_SECONDS = 2;
/** One that is younger has to be there still after it was watched for so long. */
const WATCHED_SECONDS = 1;

interface Unreaped {
  readonly zombies: readonly ProcessEvidence[];
  readonly confidence: Confidence;
  readonly because: string;
  /** Dead for less than it may take to be reaped: see Finding. */
  readonly young: boolean;
  /** What the parent does instead, as a clause. */
  readonly doing: string;
  readonly chain: readonly Edge[];
  readonly facts: readonly Fact[];
}

/** The zombies among a process's children that it has had time enough to wait for; none or one group. */
export function unreaped(blame: Blame, parent: ProcessEvidence): Unreaped[] {
  const { evidence } = blame;
  const dead = parent.children
    .map((pid) => evidence.process(pid))
    .filter((child) => child !== undefined)
    .filter(
      (child) =>
        child.state === 'Z' &&
        (child.status?.threads ?? 1) <= 1 &&
        !isWithheld(evidence, child.status) &&
        waiterInVain(blame, child) === undefined,
    );
  const old = dead.filter((child) => isOld(blame, child));
  const asked = blame.target.state === 'Z' ? old.filter((child) => child.pid === blame.target.pid) : old;
  const [first] = asked;
  if (first === undefined) return [];
  const ages = old.map((child) => child.leader.secondsAsleep ?? 0);
  const oldest = Math.max(...ages);
  const steps = blame.steps.filter(({ wait }) => wait.process.pid === parent.pid);
  const doing = steps[0] === undefined ? '' : `; it is in ${steps[0].wait.point}`;
  const ppid = lineFact(evidence, `${first.dir}/status`, 'PPid:');
  const from = blame.target.pid === parent.pid ? first : blame.target;
  return [
    {
      zombies: old,
      confidence: oldest >= REAPED_WITHIN_SECONDS ? 'certain' : 'likely',
      because:
        oldest >= REAPED_WITHIN_SECONDS
          ? `dead for ${duration(oldest)}, and still there`
          : 'dead at every look; a parent that looks for its children now and then may still come to it',
      young: oldest < REAPED_WITHIN_SECONDS,
      doing,
      chain: [
        edge(
          processNode(from),
          processNode(parent),
          'to be reaped by',
          'wait4 of its parent',
          'only the parent can take a zombie away',
          ppid,
        ),
      ],
      facts: [
        ...old
          .slice(0, 3)
          .flatMap((child) => [
            ...stateFact(evidence, child),
            ...lineFact(evidence, `${child.dir}/status`, 'PPid:'),
          ]),
        ...stateFact(evidence, parent),
        ...lineFact(evidence, `${parent.dir}/status`, 'SigIgn:'),
      ],
    },
  ];
}

export function isOld(blame: Blame, child: ProcessEvidence): boolean {
  const age = child.leader.secondsAsleep ?? 0;
  // Until it has been watched for as long it is a candidate, and worth another look.
  if (age >= REAPED_WITHIN_SECONDS || blame.spanSeconds < WATCHED_SECONDS) return true;
  return child.leader.moved === false;
}

/** wait(2): flags with which a wait does not mean every child. */
const WNOTHREAD = 0x2000_0000;
const WCLONE = 0x8000_0000;
const WEXITED = 4;
const SIGCHLD = 17;

/**
 * The parent's thread that waits for just this zombie, and is not told of it: there is a tracer, then, which cannot be seen
 * from inside of a PID namespace (TracerPid 0). Undefined where there is no such contradiction, or another way out of it.
 */
export function waiterInVain({ evidence, steps }: Blame, child: ProcessEvidence): Step | undefined {
  if (child.state !== 'Z' || (child.status?.tracerPid ?? 0) !== 0) return undefined;
  const waiter = steps.find(
    (step) =>
      step.wait.kind === 'wait-child' &&
      step.wait.process.pid === child.status?.ppid &&
      step.wait.hops.some(({ next }) => next?.pid === child.pid) &&
      meansAnyEnd(step.wait.thread) &&
      isSteady(step),
  );
  const isOrdinary = child.stat?.exitSignal === SIGCHLD;
  return waiter !== undefined && isOrdinary && looksFromInside(evidence) ? waiter : undefined;
}

function meansAnyEnd(thread: ThreadEvidence): boolean {
  const isWaitid = thread.syscallName === 'waitid';
  const flags = thread.argument(isWaitid ? 3 : 2);
  if (flags === undefined || (Number(flags) & (WNOTHREAD | WCLONE)) !== 0) return false;
  return !isWaitid || (Number(flags) & WEXITED) !== 0;
}
