import type { ProcessEvidence } from '../evidence/process.ts';
import { lineFact, stateFact } from '../waits/facts.ts';
import type { Confidence, Edge, Fact } from '../waits/graph.ts';
import { edge, processNode } from '../waits/nodes.ts';
import { type Blame, duration } from './blame.ts';

/** A zombie younger than this may be on its way: init systems and shells take up to a second (measured). */
const REAPED_WITHIN_SECONDS = 1;

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
    .filter((child) => child.state === 'Z' && (child.status?.threads ?? 1) <= 1 && !withheld(child));
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
      confidence: 'certain',
      because:
        oldest >= REAPED_WITHIN_SECONDS
          ? `dead for ${duration(oldest)}, and still there`
          : 'dead at every look',
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

const withheld = (child: ProcessEvidence) =>
  (child.status?.tracerPid ?? 0) !== 0 && child.status?.tracerPid !== child.status?.ppid;

function isOld(blame: Blame, child: ProcessEvidence): boolean {
  const age = child.leader.secondsAsleep ?? 0;
  // Until it has been watched for as long it is a candidate, and worth another look.
  if (age >= REAPED_WITHIN_SECONDS || blame.spanSeconds < REAPED_WITHIN_SECONDS) return true;
  return child.leader.moved === false;
}
