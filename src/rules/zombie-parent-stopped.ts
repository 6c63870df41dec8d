import { culpritOf } from './blame.ts';
import { findingAt } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'zombie-parent-stopped',
  family: 'reaping',
  title: 'Zombie: its parent is stopped',
  absorbs: ['stopped', 'stopped-tty', 'ptrace-stopped', 'ptrace-tracer-stopped', 'cgroup-frozen'],
  find: (blame) =>
    blame.stepsOf('zombie').flatMap((step) => {
      const parent = step.next.find(({ wait }) => wait.idle === undefined);
      if (
        parent === undefined ||
        !['stopped', 'stopped-tty', 'ptrace-stop', 'frozen'].includes(parent.wait.kind)
      )
        return [];
      const culprit = culpritOf(step);
      const { process } = step.wait;
      return [
        findingAt(blame, step, {
          severity: 'warning',
          title: `zombie: its parent ${parent.wait.process.pid} ${parent.wait.process.comm} is stopped and cannot reap`,
          summary: `${process.pid} ${process.comm} is dead; its parent ${parent.wait.process.pid} ${parent.wait.process.comm} cannot wait for it now: ${parent.wait.point}.`,
          culprit,
          weight: 10,
          remedies: [...remediesFor(blame, culprit), advice('Signals to the zombie do nothing.')],
        }),
      ];
    }),
  explanation: {
    meaning:
      'The child has ended, and its parent would wait for it, but is stopped: by SIGSTOP or job ' +
      'control (T), by a tracer (t), or with its frozen cgroup. SIGCHLD is pending for it. The ' +
      'culprit is what stopped the parent; the zombie goes as soon as the parent goes on and waits. ' +
      'A zombie cannot be killed; a stopped parent can (SIGKILL), then init reaps the zombie.',
    byHand: [
      "`grep -E '^(State|PPid)' /proc/PID/status`: Z and the parent.",
      "`grep -E '^(State|TracerPid|ShdPnd)' /proc/PARENT/status`: T or t; TracerPid says who holds " +
        'a t; `ShdPnd` with 0x10000 is SIGCHLD.',
      '`timeout -s KILL 2 cat /proc/PARENT/wchan`: `do_signal_stop`, `ptrace_stop`, `get_signal` ' +
        '(frozen, v2), `__refrigerator` (frozen, v1).',
    ],
    resolves: [
      '`kill -CONT PARENT` (T), end or continue the tracer (t), thaw the cgroup: the parent reaps.',
      '`kill -KILL PARENT`: its zombies are reaped by init. Not while a v1 freezer holds it: there ' +
        'SIGKILL waits for the thaw.',
    ],
    doesNot: ['`kill -9` of the zombie.', 'SIGCHLD or SIGTERM to the parent: pending until it goes on.'],
    lookAlikes: [
      'A shell whose job was stopped: the *job* is T, and the shell itself waits healthily.',
      'A parent that runs and does not wait: `zombie-parent-not-waiting`.',
    ],
    sources: ['wait(2), signal(7)', 'kernel/signal.c (do_signal_stop)'],
  },
});
