import { culpritOf, named } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'coredump-wait',
  family: 'd-state',
  title: 'Dumps core into a handler that does not read',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('coredump').map((step) => {
      const culprit = culpritOf(step);
      const known = culprit.id !== step.wait.node.id && culprit.pid !== undefined;
      return findingAt(blame, step, {
        severity: 'critical',
        title: known ? `core dump handler ${named(culprit)} does not read` : 'the core dump does not get on',
        summary: `${who(step)} has crashed and writes its core into the pipe of core_pattern; ${known ? `${named(culprit)}${stateAside(blame, culprit)} does not read it` : 'its handler could not be found'}. The process cannot be restarted or reaped before.`,
        remedies: [
          ...(known
            ? [
                {
                  command: `kill -KILL ${culprit.pid}`,
                  effect: 'ends the handler; the dump is given up and the process dies',
                  risk: 'the core is lost',
                },
              ]
            : []),
          {
            command: `kill -KILL ${step.wait.process.pid}`,
            effect: 'ends the dump',
            risk: 'the core is lost',
          },
          advice('SIGTERM does nothing to a process that dumps core.'),
        ],
      });
    }),
  explanation: {
    meaning:
      'The process crashed, and its core goes through a pipe to the handler of ' +
      '`kernel.core_pattern` (systemd-coredump, apport, a crash reporter), which does not read. The ' +
      'dumping thread is S in `anon_pipe_write` (before 6.18: `pipe_write`) under `elf_core_dump`; ' +
      'its other threads wait in `do_exit`, in state I (5.10: D), and `CoreDumping:` in status is ' +
      '1. Until the dump is over the process does not exit, so its supervisor waits too. The ' +
      'culprit is the handler: a child of kthreadd (PPid 2) that is no kernel thread. SIGKILL of ' +
      'the crashed process works (the core is lost); SIGTERM does nothing.',
    byHand: [
      "`grep -E '^(CoreDumping|State|Threads)' /proc/PID/status`: `CoreDumping: 1`.",
      '`timeout -s KILL 2 cat /proc/PID/task/*/stack` (root): one in `anon_pipe_write` with ' +
        '`elf_core_dump` below, the others in `do_exit`.',
      "`cat /proc/sys/kernel/core_pattern`: the handler's program, after the `|`.",
      "`grep -l '^PPid:.2$' /proc/[0-9]*/status | xargs grep -l '^Kthread:.0'`: the handler (6.12 " +
        'and later; before, the one with an exe); then its State and wchan.',
    ],
    resolves: [
      '`kill -CONT HANDLER`, or fix what it waits for (a full disk, a dead mount): the core is ' +
        'written whole.',
      '`kill -KILL HANDLER`: the dump ends, the process exits; the core is cut.',
      '`kill -KILL PID`: the process exits; the core is lost.',
    ],
    doesNot: [
      '`kill PID` (SIGTERM): nothing happens.',
      'Changing `core_pattern`: it takes effect at the next crash.',
      'Restarting the service: its supervisor still waits for the old process.',
    ],
    lookAlikes: [
      "A large process takes minutes to dump: the handler's `/proc/HANDLER/io` grows, the dumper's " +
        'context switches as well.',
      'Kernel threads are in state I too: `Kthread: 1`, and no CoreDumping.',
    ],
    sources: ['core(5), systemd-coredump(8)', 'fs/coredump.c (vfs_coredump)'],
  },
});
