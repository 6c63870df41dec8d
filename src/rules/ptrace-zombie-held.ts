import type { ProcessEvidence } from '../evidence/process.ts';
import { lineFact, stateFact } from '../waits/facts.ts';
import type { Node } from '../waits/graph.ts';
import { edge, processNode, strangerNode } from '../waits/nodes.ts';
import { isWithheld, tracerOf } from '../waits/objects/tracer.ts';
import { type Blame, named, neighbourOf } from './blame.ts';
import { BLOCKED } from './blocked.ts';
import { findingAt } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { type Finding, type Remedy, rule } from './rule.ts';
import { isOld, waiterInVain } from './zombies.ts';

export default rule({
  id: 'ptrace-zombie-held',
  family: 'ptrace',
  title: 'Dead child withheld from its parent by a tracer',
  absorbs: ['stopped', 'stopped-tty', 'ptrace-stopped', 'ptrace-tracer-stopped', 'cgroup-frozen', ...BLOCKED],
  find: (blame) => [
    ...blame.stepsOf('zombie-traced').map((step) => {
      const tracer = neighbourOf(step);
      return findingAt(blame, step, {
        severity: 'critical',
        title: `dead, but withheld from its parent by its tracer ${named(tracer)}`,
        summary: story(step.wait.process, named(tracer)),
        ...(tracer === undefined ? {} : { culprit: tracer }),
        remedies: [
          ...release(blame, tracer),
          advice(
            'Signals to the zombie do nothing; killing the parent is not needed. In the parent: a pidfd of the child becomes readable even now.',
          ),
        ],
      });
    }),
    ...byStrangers(blame),
    ...unnoticed(blame),
  ],
  explanation: {
    meaning:
      'The process is a zombie, and a tracer that is not its parent has not waited for it yet. ' +
      'Until then the kernel withholds the death from the real parent: no SIGCHLD, `wait4` sleeps ' +
      'on in `do_wait`, and `waitid` with WNOHANG says "not yet". Only a pidfd of the child polls ' +
      'readable. The culprit is the tracer, `TracerPid` of the zombie, not the parent. The rule is ' +
      'the same for wait4, waitpid and waitid; tracing the *parent* does no such thing. A zombie ' +
      'cannot be killed; SIGKILL of the tracer releases it at once.',
    byHand: [
      "`grep -E '^(State|PPid|TracerPid)' /proc/ZOMBIE/status`: Z, and TracerPid neither 0 nor " + 'PPid.',
      '`timeout -s KILL 2 cat /proc/PARENT/wchan /proc/PARENT/syscall`: `do_wait`, and 61 (wait4 on ' +
        "x86-64) with the child's PID in hex, or 247 (waitid).",
      "`grep -E '^(Name|State)' /proc/TRACER/status; timeout -s KILL 2 cat /proc/TRACER/wchan`: " +
        'what the tracer does instead of waiting.',
    ],
    resolves: [
      '`kill -CONT TRACER` if it is stopped; quit or detach the debugger if it still answers: the ' +
        'parent gets the exit status.',
      '`kill -KILL TRACER`: the parent gets the exit status at once; other tracees of it run on (or ' +
        'die, with PTRACE_O_EXITKILL).',
    ],
    doesNot: [
      '`kill -9` of the zombie: it is dead already.',
      '`kill -CHLD PARENT`: there is nothing to collect for it.',
      'Killing the parent: the tracer still holds the zombie.',
    ],
    lookAlikes: [
      'A zombie with TracerPid 0 or equal to PPid: the parent does not wait: ' +
        '`zombie-parent-not-waiting`.',
      'strace of a process tree at work reaps each death within milliseconds.',
    ],
    sources: ['ptrace(2), wait(2), pidfd_open(2)', 'kernel/exit.c (wait_consider_task), kernel/ptrace.c'],
  },
});

/** A tracer that is stopped takes no SIGTERM, and would reap by itself once it goes on. */
function release(blame: Blame, tracer: Node | undefined): Remedy[] {
  if (tracer?.pid === undefined) return [];
  const held = blame.steps.some(
    ({ wait }) => wait.process.pid === tracer.pid && /^(?:stopped|frozen)/.test(wait.kind),
  );
  return [
    ...(held ? remediesFor(blame, tracer) : []),
    {
      command: `kill ${held ? '-KILL ' : ''}${tracer.pid}`,
      effect: 'when the tracer ends, the parent is told of the death at once',
      risk: 'ends the debugging session',
    },
  ];
}

function story({ pid, comm, status }: ProcessEvidence, tracer: string): string {
  return `${pid} ${comm} has exited; its parent ${status?.ppid} does not learn of it before the tracer ${tracer} has waited for it. The parent is innocent.`;
}

/** Seen from inside of a PID namespace, by a tracer outside of it: shown by the parent alone, which waits for it in vain. */
function byStrangers(blame: Blame): Finding[] {
  return blame.stepsOf('zombie').flatMap((step) => {
    const { process } = step.wait;
    const waiter = waiterInVain(blame, process);
    if (waiter === undefined) return [];
    const stranger = strangerNode(0, 'a tracer outside of this PID namespace');
    const how = `${waiter.wait.point} of its parent means it, and is not told of it`;
    const facts = [...step.wait.facts, ...waiter.wait.facts];
    return [
      findingAt(blame, step, {
        severity: 'critical',
        confidence: 'likely',
        because: `${blame.steadiness(step)}; its parent ${waiter.wait.process.pid} sleeps in ${waiter.wait.point} all the while, and from inside of a PID namespace a tracer outside reads as TracerPid 0`,
        title: 'dead, but withheld from its parent by a tracer outside of this PID namespace',
        summary: story(process, '(not visible from here)'),
        culprit: stranger,
        chain: [
          ...step.chain,
          edge(step.wait.node, stranger, 'withheld by', 'its wait status', how, facts, 'likely'),
        ],
        facts,
        remedies: [
          advice(`Look from the host, where TracerPid of this zombie tells the tracer: end that one.`),
          advice('Signals to the zombie do nothing; killing the parent is not needed.'),
        ],
      }),
    ];
  });
}

/** Asked about a parent which does something else meanwhile: it will not learn of these deaths however often it looks. */
function unnoticed(blame: Blame): Finding[] {
  const { evidence, target } = blame;
  const told = new Set(blame.steps.map(({ wait }) => wait.process.pid));
  return target.children
    .map((pid) => evidence.process(pid))
    .filter((child) => child !== undefined)
    .filter(
      (child) =>
        child.state === 'Z' &&
        !told.has(child.pid) &&
        isWithheld(evidence, child.status) &&
        isOld(blame, child),
    )
    .slice(0, 1)
    .map((child) => {
      const tracer = tracerOf(evidence, child.status)?.node;
      const facts = [
        ...stateFact(evidence, child),
        ...lineFact(evidence, `${child.dir}/status`, 'PPid:'),
        ...lineFact(evidence, `${child.dir}/status`, 'TracerPid:'),
      ];
      const how = 'a tracee’s death is withheld from its parent until the tracer has waited for it';
      return {
        severity: 'warning' as const,
        confidence: 'certain' as const,
        because: `dead at every look, and its tracer is not its parent`,
        title: `its child ${child.pid} is dead, but withheld from it by the tracer ${named(tracer)}`,
        summary: story(child, named(tracer)),
        ...(tracer === undefined ? {} : { culprit: tracer }),
        chain:
          tracer === undefined
            ? []
            : [edge(processNode(child), tracer, 'withheld by', 'its wait status', how, facts)],
        facts,
        // What the parent itself hangs in, if it does, is told first.
        weight: -1,
        remedies: [...release(blame, tracer), advice('Signals to the zombie do nothing.')],
      };
    });
}
