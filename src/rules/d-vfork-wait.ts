import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { deadlockAt } from './deadlock.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-vfork-wait',
  family: 'd-state',
  title: 'Suspended in vfork until its child execs or exits',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('vfork').map((step) => {
      const circle = deadlockAt(
        blame,
        step,
        'In the program: between vfork and exec a child must wait for nothing, least of all for its parent.',
      );
      if (circle !== undefined) return circle;
      const child = neighbourOf(step);
      return findingAt(blame, step, {
        severity: 'critical',
        title: `suspended by its vfork child ${named(child)}`,
        summary: `${who(step)} runs again when its vfork child ${named(child)}${stateAside(blame, child)} has executed a program or exited; it has done neither.`,
        remedies: [
          ...remediesFor(blame, culpritOf(step)),
          advice(
            'SIGKILL works on the parent too: the sleep is killable, in spite of D. strace -p on it hangs.',
          ),
        ],
      });
    }),
  explanation: {
    meaning:
      'vfork(2), posix_spawn(3), Go and Python start programs with CLONE_VFORK: the kernel suspends ' +
      'the calling thread until the child has called execve or exited. It sleeps in D, ' +
      '`kernel_clone` under `__do_sys_vfork` (or `__do_sys_clone`), on all kernels alike. No disk ' +
      'is involved; `procs_blocked` does not count it and khungtaskd never reports it. The culprit ' +
      'is the child, or what the child waits for before its exec: often the execve itself, of a ' +
      'program on a dead FUSE or network mount. In Go the suspended thread holds ' +
      '`syscall.ForkLock`, so every other exec of that program waits as well. This D is killable: ' +
      "SIGKILL of the parent works, of the child too if the child's own wait lets it die.",
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `kernel_clone`, then ' +
        '`__do_sys_vfork` or `__do_sys_clone`.',
      '`cat /proc/PID/task/TID/children`: the children of this thread; the one it waits for is ' +
        'mostly the last.',
      '`timeout -s KILL 2 readlink /proc/PID/exe /proc/CHILD/exe`: the same program twice: the ' +
        "child has not exec'ed yet. No answer: the child is stuck inside execve (kernels 6.12, 6.18).",
      '`grep State /proc/CHILD/status; timeout -s KILL 2 cat /proc/CHILD/wchan ' +
        '/proc/CHILD/syscall`: what the child waits for; 59 is execve on x86-64.',
    ],
    resolves: [
      'Fix what the child waits for (continue a stopped child or FUSE daemon, bring back the ' +
        'mount): both go on.',
      '`kill -KILL CHILD`, if it can die: the parent goes on, the start of that program has failed.',
      '`kill -KILL PID`: the parent itself can be killed.',
    ],
    doesNot: [
      'SIGTERM or SIGINT with a handler in the parent: it is delivered only after the wait.',
      '`strace -p PID`: attaches, hangs, and ignores SIGTERM: end it with SIGKILL.',
      'Looking for a disk or NFS server of the parent: the parent waits for nothing but its child.',
    ],
    lookAlikes: [
      'Any program that starts others: the wait lasts micro- to milliseconds, and the child is ' +
        'another one at each look.',
      '`wait4` of a shell for its child is S in `do_wait`, and healthy.',
    ],
    sources: [
      'vfork(2), clone(2) (CLONE_VFORK), posix_spawn(3)',
      'kernel/fork.c (kernel_clone, wait_for_vfork_done)',
    ],
  },
});
