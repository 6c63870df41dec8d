import type { Confidence } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { culpritOf } from './blame.ts';
import { BLOCKED } from './blocked.ts';
import { findingAt } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'zombie-parent-dstate',
  family: 'reaping',
  title: 'Zombie: its parent is blocked in the kernel',
  absorbs: BLOCKED,
  find: (blame) =>
    blame.stepsOf('zombie').flatMap((step) => {
      const parent = step.next.find(({ wait }) => wait.idle === undefined);
      if (parent === undefined || !(parent.wait.thread.state === 'D' && parent.wait.kind !== 'frozen'))
        return [];
      const culprit = culpritOf(step);
      const { process } = step.wait;
      return [
        findingAt(blame, step, {
          severity: 'warning',
          title: `zombie: its parent ${parent.wait.process.pid} ${parent.wait.process.comm} is in D and cannot reap`,
          summary: `${process.pid} ${process.comm} is dead; its parent ${parent.wait.process.pid} ${parent.wait.process.comm} cannot wait for it now: ${parent.wait.point}.`,
          culprit,
          weight: 10,
          ...doubt(parent),
          remedies: [...remediesFor(blame, culprit), advice('Signals to the zombie do nothing.')],
        }),
      ];
    }),
  explanation: {
    meaning:
      'The child has ended, and its parent cannot wait for it now, as it is itself in ' +
      'uninterruptible sleep: on a disk, a frozen file system, a vfork of another child, a lock. ' +
      'The culprit is what the parent waits for. The zombie goes when the parent comes back and ' +
      'waits. A zombie cannot be killed; whether the parent dies of SIGKILL depends on its wait ' +
      '(vfork: yes; frozen file system, fsync: no).',
    byHand: [
      "`grep -E '^(State|PPid)' /proc/PID/status`: Z and the parent.",
      "`grep -E '^(State|SigPnd)' /proc/PARENT/task/*/status`: D. In a program of many threads it " +
        'has to be the one that would wait.',
      '`timeout -s KILL 2 cat /proc/PARENT/task/TID/stack` (root): what it waits for; no answer: it ' +
        'is stuck inside execve.',
    ],
    resolves: [
      "Fix the parent's wait, as its own cause says.",
      '`kill -KILL PARENT`, if its wait is killable: init reaps the zombie.',
    ],
    doesNot: [
      '`kill -9` of the zombie.',
      '`kill -CHLD PARENT`: it is pending already.',
      '`strace -p PARENT`: hangs.',
    ],
    lookAlikes: [
      'A parent in D for a moment (disk work): another look shows it elsewhere.',
      'Some thread in D of a program whose other thread reaps: no trouble for the zombie, which is ' +
        'gone at the next look.',
    ],
    sources: ['wait(2), proc(5)', 'kernel/exit.c (do_wait)'],
  },
});

/** Of several threads it may be another one that waits for children. */
function doubt({ wait }: Step): { confidence?: Confidence; because?: string } {
  const count = wait.process.tids.length;
  if (count <= 1) return {};
  return {
    confidence: 'likely',
    because: `thread ${wait.thread.tid} is in D, one of ${count}: whether it is the one that would wait for the zombie is not told`,
  };
}
