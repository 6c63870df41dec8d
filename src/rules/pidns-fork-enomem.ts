import { links } from '../evidence/keys.ts';
import { fact } from '../waits/facts.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'pidns-fork-enomem',
  family: 'pid-namespace',
  title: 'fork fails with ENOMEM: the PID namespace for children is dead',
  find: (blame) => {
    const { evidence, target } = blame;
    const own = target.namespace('pid');
    const forChildren = target.namespace('pid_for_children');
    if (target.state === 'Z' || target.isExiting || own === undefined || own === forChildren) return [];
    // A namespace without an init has an empty link, or one that no living process is a member of.
    const members = [...evidence.host.statuses.keys()].filter((pid) => {
      const member = evidence.process(pid);
      return member !== undefined && member.state !== 'Z' && member.namespace('pid') === forChildren;
    });
    if (members.length > 0) return [];
    if (forChildren === undefined && !evidence.outcome(links(target.namespaceDir))) return [];
    const never = forChildren === undefined;
    const facts = [
      fact(`${target.dir}/ns/pid`, own),
      ...(forChildren === undefined
        ? []
        : [fact(`${target.dir}/ns/pid_for_children`, forChildren, 'no living process is in it')]),
    ];
    if (never) return [];
    return [
      {
        severity: 'warning',
        confidence: 'likely',
        because: `looked at every process: none is in the namespace in which its children would be born`,
        title: 'cannot fork: the PID namespace for its children has lost its init',
        summary: `${target.pid} ${target.comm} has entered a PID namespace for its children (unshare -p without --fork, or setns) whose first process has ended: every fork fails with ENOMEM (“Cannot allocate memory”), whatever memory is free.`,
        culprit: blame.node,
        chain: [],
        facts,
        weight: 20,
        remedies: [
          advice(
            'Start it anew with `unshare --pid --fork --mount-proc …`: the first child is the namespace’s init and has to live as long as the namespace.',
          ),
          advice('More memory, overcommit or ulimit do not help: ENOMEM means “no init” here.'),
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'The process called unshare(CLONE_NEWPID) (or setns): it stayed where it was, and its first ' +
      'child became PID 1 of the new namespace. That child has ended, and the namespace with it; ' +
      'every further fork fails with ENOMEM, "Cannot allocate memory", with plenty of memory free. ' +
      'The culprit is how it was started: `unshare -p` without `--fork`. The process itself is not ' +
      'blocked, SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 readlink /proc/PID/ns/pid /proc/PID/ns/pid_for_children`: two different ' +
        'numbers.',
      "`timeout -s KILL 10 find /proc/[0-9]*/ns/pid -lname 'pid:\\[INO\\]'` with the second number: " +
        'nobody lives there.',
      '`strace -f -e trace=clone,clone3,fork,vfork -p PID`: `ENOMEM` at the next fork.',
    ],
    resolves: [
      'Start again with `unshare --pid --fork --mount-proc COMMAND`.',
      'In programs: after unshare(CLONE_NEWPID) let the first child live as an init which reaps, as ' +
        'long as children are needed.',
    ],
    doesNot: [
      'More memory, swap, `vm.overcommit_memory`: memory is not what is missing.',
      'Another unshare or setns in the same process: start a new process instead.',
    ],
    lookAlikes: [
      'EAGAIN of fork is a limit: pids.max of the cgroup, `ulimit -u`, pid_max.',
      'ENOMEM with equal namespaces: memory or overcommit after all.',
      'Different numbers with a living init there: a process that starts children in a container ' +
        '(nsenter): healthy.',
    ],
    sources: ['unshare(1), pid_namespaces(7), fork(2) (ENOMEM)', 'kernel/pid.c (alloc_pid)'],
  },
});
