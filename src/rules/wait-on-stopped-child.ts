import type { ProcessEvidence } from '../evidence/process.ts';
import { lineFact, stateFact } from '../waits/facts.ts';
import { edge, processNode } from '../waits/nodes.ts';
import type { Blame } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, inForeground } from './remedies.ts';
import { type Finding, type Remedy, rule } from './rule.ts';

export default rule({
  id: 'wait-on-stopped-child',
  family: 'wait',
  title: 'Waits for a child that is stopped, not dead',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) => {
    const told = waits(blame);
    return told.length > 0 ? told : beside(blame);
  },
  explanation: {
    meaning:
      'The parent is in wait4 or waitid (S, `do_wait`), and its child is stopped (T), held by a ' +
      'tracer (t) or frozen. A wait without WUNTRACED (WSTOPPED) returns for deaths only, so it ' +
      'lasts as long as the stop. The culprit is the child, and whoever stopped it. The wait is ' +
      'interruptible and killable: SIGKILL ends the parent; the child stays stopped then.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: `do_wait`; 61 ' +
        "(wait4 on x86-64) with the child's PID in hex as the first argument (-1 in hex: any child), " +
        'or 247 (waitid): 1 = PID, 3 = a pidfd whose number follows.',
      "`grep '^Pid:' /proc/PID/fdinfo/N`: the process behind that pidfd.",
      "`cat /proc/PID/task/*/children`, then `grep -E '^(State|TracerPid)' /proc/CHILD/status`: T, " +
        'or t with its tracer.',
    ],
    resolves: [
      '`kill -CONT CHILD` (T): the child goes on, and the wait ends with it.',
      'End or continue the tracer (t), thaw the cgroup (frozen).',
      '`kill -KILL CHILD`: the wait returns at once.',
    ],
    doesNot: [
      '`kill -CONT PID` of the parent: it is not the one that is stopped.',
      '`kill CHILD`: SIGTERM is pending until SIGCONT.',
      '`kill -CHLD PID`: no child has died.',
    ],
    lookAlikes: [
      'A parent whose child works or sleeps: healthy (`idle-wait-child`), however long.',
      'One stopped child of several, or a parent that looks after it now and then (WNOHANG, a wait with ' +
        'a time limit): it may go on without that child. Told as a note.',
      'The child is a zombie and the wait still does not return: a tracer withholds it: ' +
        '`ptrace-zombie-held`.',
      'A Go program that hangs in cmd.Wait with its child gone: no thread is in wait4: `pipe-held`.',
    ],
    sources: ['wait(2) (WUNTRACED, WSTOPPED, P_PIDFD), pidfd_open(2)', 'kernel/exit.c (do_wait)'],
  },
});

/** Waits that are seen, wherever on the chain. */
function waits(blame: Blame): Finding[] {
  return blame.stepsOf('wait-child', 'watch', 'sleep').flatMap((step) => {
    const child = step.next.find(({ wait }) => ['stopped', 'stopped-tty'].includes(wait.kind));
    if (child === undefined) return [];
    const { process } = child.wait;
    // What watches descriptors waits for a child by them only: a stopped stranger at the other end is told as `stopped`.
    if (step.wait.kind !== 'wait-child' && process.status?.ppid !== step.wait.process.pid) return [];
    return [
      findingAt(blame, step, {
        severity: 'warning',
        title: `waits for a child that is stopped, not dead: ${process.pid} ${process.comm}`,
        summary: `${who(step)} is in ${step.wait.point}; the child ${process.pid} ${process.comm} was stopped by ${child.wait.detail?.signal ?? 'a signal'}, and a wait for its end goes on until then.`,
        culprit: processNode(process),
        chain: child.chain,
        facts: [...step.wait.facts, ...child.chain.flatMap(({ facts }) => facts), ...child.wait.facts],
        remedies: [
          ...(child.wait.kind === 'stopped-tty'
            ? inForeground(child.wait.detail?.signal)
            : [continueChild(process)]),
          advice(
            'In the parent: a wait with WUNTRACED (waitid: WSTOPPED) is told of the stop; WNOHANG and a deadline bound it.',
          ),
        ],
      }),
    ];
  });
}

/** Of more children than this nothing is made: a supervisor, or an init. */
const FEW_CHILDREN = 200;

/**
 * A child of the asked process that is stopped, though no wait for it is seen: it may be waited for beside others, or looked
 * after now and then (WNOHANG, as a wait with a limit of time is made of; or by SIGCHLD in an event loop). A note: it is no
 * hang that could be proved. The stopped jobs of a shell are there by intent.
 */
function beside(blame: Blame): Finding[] {
  const { evidence, target } = blame;
  const pid = target.children
    .slice(0, FEW_CHILDREN)
    .find((child) => evidence.host.status(child)?.state === 'T' && evidence.process(child) !== undefined);
  const child = evidence.process(pid);
  if (child === undefined || target.state === 'T' || isJob(blame, child)) return [];
  // An init has adopted it, and whoever is on the chain already is told there.
  if (target.status?.nsPid.at(-1) === 1 || blame.steps.some(({ wait }) => wait.process === child)) return [];
  return [
    {
      severity: 'info',
      confidence: 'possible',
      because: 'it is not seen to wait for that child alone, and would not be told of the stop',
      title: `its child ${child.pid} ${child.comm} is stopped`,
      summary: `${target.pid} ${target.comm} may wait for the end of its child ${child.pid} ${child.comm}, which does not come while that is stopped: beside other children, by looking now and then, or in an event loop until SIGCHLD comes.`,
      culprit: processNode(child),
      chain: [
        edge(
          blame.node,
          processNode(child),
          'is the parent of',
          'its child',
          'PPid of the child',
          stateFact(evidence, child),
          'possible',
        ),
      ],
      facts: [...lineFact(evidence, `${child.dir}/status`, 'PPid:'), ...stateFact(evidence, child)],
      weight: 11,
      remedies: [continueChild(child)],
    },
  ];
}

const isJob = ({ target }: Blame, child: ProcessEvidence) =>
  child.stat?.ttyNr !== 0 && child.stat?.pgrp !== target.stat?.pgrp;

const continueChild = ({ pid }: ProcessEvidence): Remedy => ({
  command: `kill -CONT ${pid}`,
  effect: 'the child goes on; the wait ends when it ends',
  risk: 'none, unless somebody stopped it on purpose',
});
