import { named, neighbourOf } from './blame.ts';
import { findingAt } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'ptrace-zombie-held',
  family: 'ptrace',
  title: 'Dead child withheld from its parent by a tracer',
  absorbs: ['stopped', 'stopped-tty', 'ptrace-stopped'],
  find: (blame) =>
    blame.stepsOf('zombie-traced').map((step) => {
      const tracer = neighbourOf(step);
      const { process } = step.wait;
      return findingAt(blame, step, {
        severity: 'critical',
        title: `dead, but withheld from its parent by its tracer ${named(tracer)}`,
        summary: `${process.pid} ${process.comm} has exited; its parent ${process.status?.ppid} does not learn of it before the tracer ${named(tracer)} has waited for it. The parent is innocent.`,
        ...(tracer === undefined ? {} : { culprit: tracer }),
        remedies: [
          ...(tracer?.pid === undefined
            ? []
            : [
                {
                  command: `kill ${tracer.pid}`,
                  effect: 'when the tracer ends, the parent’s wait returns at once',
                  risk: 'ends the debugging session',
                },
              ]),
          advice(
            'Signals to the zombie do nothing; killing the parent is not needed. In the parent: a pidfd of the child becomes readable even now.',
          ),
        ],
      });
    }),
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
