import { tracerOf } from '../waits/objects/tracer.ts';
import { culpritOf, isSteady, named } from './blame.ts';
import { BLOCKED } from './blocked.ts';
import { findingAt, who } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'ptrace-attach-blocked',
  family: 'ptrace',
  title: 'A debugger hangs while it attaches',
  absorbs: ['cgroup-frozen', ...BLOCKED],
  find: (blame) =>
    blame.steps
      .filter((step) => step.depth === 0 && step.wait.kind === 'wait-child' && isSteady(step))
      .flatMap((step) => {
        const tracee = step.next.find(
          ({ wait }) =>
            tracerOf(blame.evidence, wait.thread.status)?.pid === blame.target.pid &&
            wait.thread.state === 'D' &&
            wait.idle === undefined,
        );
        if (tracee === undefined) return [];
        const end = culpritOf(tracee);
        const node = end.pid === undefined ? { ...end, pid: tracee.wait.process.pid } : end;
        return [
          findingAt(blame, step, {
            severity: 'critical',
            title: `hangs in attaching to ${tracee.wait.process.pid} ${tracee.wait.process.comm}, which is in D`,
            summary: `${who(step)} has attached to ${tracee.wait.process.pid}, and waits for it to stop; a task in D cannot stop. What holds the target is ${named(end)}.`,
            culprit: node,
            remedies: [
              {
                command: `kill -KILL ${blame.target.pid}`,
                effect: 'ends the tracer; the target is as it was before',
                risk: 'none for the target',
              },
              {
                command: `procdiag inspect ${tracee.wait.process.pid}`,
                effect: 'shows what the target itself waits for',
                risk: 'none: reads only',
              },
              advice('SIGTERM and Ctrl+C do not end strace here: it cannot detach from a task in D.'),
            ],
          }),
        ];
      }),
  explanation: {
    meaning:
      'strace, gdb or another tool attached to a process that cannot stop for it, as that is in ' +
      'uninterruptible sleep: the target already shows the tracer in `TracerPid` and stays in D, ' +
      'and the tracer waits in `do_wait` (with __WALL, 0x40000000 in its third argument) for a stop ' +
      'that does not come. If the target is in the middle of execve the tracer does not even get so ' +
      'far: it sleeps in `ptrace_attach`. The debugger is only a second victim; the culprit is what ' +
      'the target waits for. strace in this state ignores SIGTERM and Ctrl+C, but SIGKILL works, ' +
      "and the target's TracerPid is 0 again.",
    byHand: [
      '`timeout -s KILL 2 cat /proc/TRACER/wchan /proc/TRACER/syscall`: `do_wait` with 61 (wait4 on ' +
        'x86-64), or `ptrace_attach`.',
      "`grep -l '^TracerPid:.TRACER$' /proc/[0-9]*/task/*/status`: the threads it attached to; " +
        'never blocks.',
      "`grep -E '^(State|SigPnd)' /proc/PID/task/*/status`: the target's thread in D.",
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): what the target waits for; no ' +
        'answer: it is stuck inside execve.',
    ],
    resolves: [
      'Fix what the target waits for: it stops for the tracer, and the tracer goes on.',
      '`kill -KILL TRACER`: the debugger ends, the target is as before.',
    ],
    doesNot: [
      'SIGTERM, SIGINT or Ctrl+C to strace: it cannot detach.',
      'Another debugger, with more options or as root: it hangs the same way, or is refused.',
    ],
    lookAlikes: [
      'strace of a sleeping process shows one unfinished call and no more: it has attached, the ' +
        'target sleeps: healthy.',
      'Attach refused (`Operation not permitted`): another tracer, Yama or a missing right, no ' + 'hang.',
      'A target in a FUSE wait was S before, and is left in D by the attach: `fuse-wait`.',
    ],
    sources: ['ptrace(2), strace(1)', 'kernel/ptrace.c (ptrace_attach)'],
  },
});
