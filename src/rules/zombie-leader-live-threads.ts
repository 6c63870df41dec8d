import { findingAt } from './build.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'zombie-leader-live-threads',
  family: 'reaping',
  title: 'The main thread has exited, other threads live on',
  find: (blame) =>
    blame.stepsOf('leader-exited').map((step) => ({
      ...findingAt(blame, step, {
        severity: 'info',
        title: 'its main thread has exited, other threads live on: no zombie to be reaped',
        summary: `${step.wait.process.pid} ${step.wait.process.comm} shows state Z since its leader has called pthread_exit or died alone; ${step.wait.hops.length} of its threads live. Its files are at task/TID.`,
        chain: step.chain,
        facts: step.wait.facts,
        weight: 20,
        remedies: [
          {
            command: `procdiag inspect ${step.wait.process.pid} --threads`,
            effect: 'shows what its living threads do',
            risk: 'none: reads only',
          },
        ],
      }),
      culprit: undefined,
    })),
  explanation: {
    meaning:
      'The first thread of the process called pthread_exit (or its system call), and the others ' +
      'work on: `State: Z (zombie)`, but `Threads:` is 2 or more. The process is alive and is not ' +
      'to be reaped before the last thread ends; its parent is innocent. If SIGKILL was sent and it ' +
      "is still there, one of the threads is in D and cannot die: that thread's wait is the cause. " +
      'SIGKILL works, except for a thread in such an uninterruptible wait.',
    byHand: [
      "`grep -E '^(State|Threads)' /proc/PID/status`: Z with 2 or more threads.",
      "`grep -E '^(State|SigPnd)' /proc/PID/task/*/status`: the living threads; D with `SigPnd` bit " +
        '0x100: killed, and cannot die.',
      '`timeout -s KILL 2 cat /proc/PID/task/TID/cmdline`, `ls /proc/PID/task/TID/fd` (`ls -l` can ' +
        'hang when it is stuck in execve): those of /proc/PID are empty, those of a living thread are ' +
        'not.',
    ],
    resolves: [
      'Nothing, while the threads do their work.',
      'For a killed one with a thread in D: fix what that thread waits for.',
    ],
    doesNot: ['Killing the parent, or repairing its wait: there is nothing to wait for yet.'],
    lookAlikes: [
      'A true zombie has `Threads: 1`: `zombie-parent-not-waiting`.',
      'Tools show it as `[name] <defunct>`, although it serves.',
    ],
    sources: ['pthread_exit(3), wait(2), proc(5)', 'kernel/exit.c (delay_group_leader)'],
  },
});
