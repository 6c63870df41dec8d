import type { ProcessEvidence } from '../evidence/process.ts';
import { processNode, strangerNode } from '../waits/nodes.ts';
import { isNamespaceInit } from '../waits/objects/pid-namespace.ts';
import type { Blame } from './blame.ts';
import { findingAt } from './build.ts';
import { advice } from './remedies.ts';
import { type Finding, type Remedy, rule } from './rule.ts';
import { unreaped } from './zombies.ts';

export default rule({
  id: 'zombie-parent-not-waiting',
  family: 'reaping',
  title: 'Zombie: its parent lives and never waits for it',
  find: (blame) => {
    const { evidence, target } = blame;
    if (target.state === 'Z' && target.status?.ppid === 0) return ofStranger(blame);
    const subject = target.state === 'Z' ? evidence.process(target.status?.ppid) : target;
    if (subject === undefined || isNamespaceInit(evidence, subject) || /[TtD]/.test(subject.state)) return [];
    if (target.state === 'Z' && blame.stepsOf('zombie').length === 0) return [];
    return unreaped(blame, subject).map((found) => ({
      severity: 'warning',
      confidence: found.confidence,
      because: found.because,
      young: found.young,
      title: `${found.zombies.length} zombie${found.zombies.length === 1 ? '' : 's'}: the parent ${subject.pid} ${subject.comm} does not wait`,
      summary: `${subject.pid} ${subject.comm} lives and has not waited for ${found.zombies.length === 1 ? `its dead child ${found.zombies[0]?.pid}` : `${found.zombies.length} dead children`}${found.doing}.`,
      culprit: processNode(subject),
      ...(target.state === 'Z' && blame.steps[0] !== undefined ? { step: blame.steps[0] } : {}),
      chain: found.chain,
      facts: found.facts,
      weight: 10,
      remedies: [
        ...reminder(subject),
        subject.pid === 1
          ? advice(
              'It is PID 1, and everything here ends with it: start the container with an init that reaps (docker run --init, tini), or mend its own wait.',
            )
          : {
              command: `kill ${subject.pid}`,
              effect: 'when the parent ends, init reaps its zombies',
              risk: 'ends that program',
            },
        advice('Signals to the zombie do nothing: it is dead. A zombie holds its PID and nothing else.'),
      ],
    }));
  },
  explanation: {
    meaning:
      'The process has ended; all that is left is its entry with the exit status, which its parent ' +
      'has to collect by wait4 or waitid. The parent (a subreaper too) lives, and is neither ' +
      'stopped nor blocked: it sleeps or runs elsewhere and does not wait. A zombie holds its PID ' +
      'and no memory or descriptors. One does no harm; many use up PIDs and pids.max. The culprit ' +
      'is the parent. SIGKILL of a zombie is a no-op; when the parent ends the zombies go to its ' +
      'reaper and vanish.',
    byHand: [
      "`grep -E '^(State|PPid|TracerPid|Threads)' /proc/PID/status`: Z; TracerPid 0 (else " +
        '`ptrace-zombie-held`); Threads 1 (else `zombie-leader-live-threads`).',
      "`grep -E '^(Name|State|SigBlk|ShdPnd|SigIgn)' /proc/PARENT/status`: SIGCHLD is bit 0x10000: " +
        'in SigBlk and ShdPnd it is blocked and waits to be looked at.',
      '`timeout -s KILL 2 cat /proc/PARENT/task/*/wchan`: none is in `do_wait`; what the threads do ' +
        'instead.',
      '`grep se.exec_start /proc/PID/sched` (ms): when the zombie last ran; compare with the ' +
        'largest of the processes on its CPU: for how long it has been dead.',
    ],
    resolves: [
      "Fix the parent's own wait, if it is blocked: a parent that goes on may still reap.",
      'Repair the parent: a SIGCHLD handler which loops over `waitpid(-1, …, WNOHANG)` (signals ' +
        'coalesce: one can stand for many children), or SIGCHLD ignored explicitly, and the kernel ' +
        'reaps.',
      'Restart the parent: its zombies go to init and vanish.',
    ],
    doesNot: [
      '`kill -9 PID` of the zombie: it is dead already.',
      '`kill -CHLD PARENT`: helps only if it has a handler that waits in a loop.',
    ],
    lookAlikes: [
      'Each child is a zombie between its exit and the wait, up to a second with a slow init: the ' +
        'same PID and start time in two looks, 1-2 s apart, count.',
      'Z with `Threads: 2` or more: `zombie-leader-live-threads`.',
      'The parent is stopped or in D: `zombie-parent-stopped`, `zombie-parent-dstate`.',
    ],
    sources: ['wait(2), sigaction(2) (SA_NOCLDWAIT), proc(5)', 'kernel/exit.c (exit_notify, do_wait)'],
  },
});

const SIGCHLD_BIT = 1n << 16n;

/** Of use to a parent alone that has a handler for it, or reads it from a signalfd. */
function reminder({ pid, status }: ProcessEvidence): Remedy[] {
  if ((((status?.sigCgt ?? 0n) | (status?.sigBlk ?? 0n)) & SIGCHLD_BIT) === 0n) return [];
  return [
    { command: `kill -CHLD ${pid}`, effect: 'reminds a parent that has missed a SIGCHLD', risk: 'none' },
  ];
}

/** Seen from inside of a PID namespace: the parent has entered it from outside (nsenter, docker exec), and is not shown. */
function ofStranger(blame: Blame): Finding[] {
  return blame.stepsOf('zombie').map((step) =>
    findingAt(blame, step, {
      severity: 'warning',
      confidence: 'likely',
      because: `${blame.steadiness(step)}; PPid 0: its parent is outside of this PID namespace, and cannot be looked at from here`,
      title: 'zombie: its parent, outside of this PID namespace, does not wait',
      summary: `${step.wait.process.pid} ${step.wait.process.comm} was started from outside (nsenter, docker exec), and its parent there has not waited for it.`,
      culprit: strangerNode(0, 'its parent outside of this PID namespace'),
      weight: 10,
      remedies: [
        advice(
          'Look from the host: there PPid tells the parent. The init of this namespace is innocent, and cannot reap it.',
        ),
        advice('Signals to the zombie do nothing: it is dead. A zombie holds its PID and nothing else.'),
      ],
    }),
  );
}
