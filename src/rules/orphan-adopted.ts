import { familyFact, lineFact } from '../waits/facts.ts';
import { edge, strangerNode } from '../waits/nodes.ts';
import { named } from './blame.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'orphan-adopted',
  family: 'pid-namespace',
  title: 'Lost its parent, and was adopted',
  find: (blame) => {
    const { evidence, target } = blame;
    const { status, stat } = target;
    // Of the parent nothing but what the canary has brought: most processes have one, and few are orphans.
    const parent = status === undefined ? undefined : evidence.host.stat(status.ppid);
    if (stat === undefined || parent === undefined || target.isKernelThread || target.state === 'Z')
      return [];
    // A session leader was started on its own; another's member whose parent is of a different session has been adopted.
    if (stat.session === target.pid || stat.session === parent.session || stat.session === 0) return [];
    if (stat.pgrp === target.pid && parent.pid !== 1) return [];
    const adopter = strangerNode(parent.pid, parent.comm);
    const facts = lineFact(evidence, `${target.dir}/status`, 'PPid:');
    return [
      {
        severity: 'info',
        confidence: 'likely',
        because: `its session ${stat.session} is not its parent’s (${parent.session}), and it did not start one of its own`,
        title: `lost its parent; adopted by ${named(adopter)}`,
        summary: `${target.pid} ${target.comm} belongs to session ${stat.session}, and is now a child of ${named(adopter)}.`,
        culprit: adopter,
        chain: [edge(blame.node, adopter, 'adopted by', 'reparenting', 'PPid', facts)],
        facts: [
          ...facts,
          ...familyFact(evidence, target, `session ${stat.session}, process group ${stat.pgrp}`),
        ],
        weight: 5,
        remedies: [],
      },
    ];
  },
  explanation: {
    meaning:
      "The process's parent ended first: the kernel gave it to the nearest subreaper above, to the " +
      'init of its PID namespace, or to PID 1, which reaps it when it ends. That is how daemons ' +
      'work, and no trouble in itself. It is part of other stories: an orphan that inherited a pipe ' +
      'keeps its reader waiting (`pipe-held`), and an adopter which never waits collects zombies ' +
      '(`pidns-init-not-reaping`). Inside of a PID namespace PPid 0 means that the parent is ' +
      'outside. SIGKILL works as ever.',
    byHand: [
      "`grep -E '^(PPid|NSpid|NSsid)' /proc/PID/status`: the adopter: 1, a `systemd --user`, a " +
        'container shim …',
      '`cat /proc/PPID/comm`. A subreaper has no mark in /proc: it is inferred from a PPid that ' +
        'never started such a program.',
      '`timeout -s KILL 2 readlink /proc/PID/fd/0 /proc/PID/fd/1 /proc/PID/fd/2`: pipes and ' +
        'terminals that it still holds.',
    ],
    resolves: [
      'Nothing, if it is a daemon.',
      '`kill PID`, if it was left behind by mistake. For later: `PR_SET_PDEATHSIG`, a process group ' +
        'of its own and `kill -- -PGID`, or a cgroup to end them all.',
    ],
    doesNot: [
      'Waiting for it in its grandparent: only a parent, the adopter, can wait for it (unless the ' +
        'grandparent is a subreaper).',
    ],
    lookAlikes: [
      'A process entered into a container (nsenter) has PPid 0 when seen from inside: not an ' +
        'orphan, its parent is outside.',
    ],
    sources: [
      'credentials(7), prctl(2) (PR_SET_CHILD_SUBREAPER), setsid(2)',
      'kernel/exit.c (find_new_reaper)',
    ],
  },
});
