import { lineFact } from '../waits/facts.ts';
import { isNamespaceInit } from '../waits/objects/pid-namespace.ts';
import { advice, endOfNamespace } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'pidns-init-ignores-signals',
  family: 'pid-namespace',
  title: 'Init of a PID namespace has no handler for the signal',
  find: (blame) => {
    const { evidence, target } = blame;
    const { status } = target;
    if (
      status === undefined ||
      !isNamespaceInit(evidence, target) ||
      target.state === 'Z' ||
      target.isExiting
    )
      return [];
    if (target.mounts.length === 0) return [];
    const SIGTERM_BIT = 1n << 14n;
    if ((status.sigCgt & SIGTERM_BIT) !== 0n) return [];
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: 'it is PID 1 of its namespace and has no handler for SIGTERM',
        title: 'SIGTERM does nothing to it: init of a PID namespace without a handler',
        summary: `${target.pid} ${target.comm} is PID 1 of its PID namespace. The kernel drops signals with default action there, from inside and from the host alike: only SIGKILL and SIGSTOP from outside work.`,
        culprit: blame.node,
        chain: [],
        facts: [
          ...lineFact(evidence, `${target.dir}/status`, 'NSpid:'),
          ...lineFact(evidence, `${target.dir}/status`, 'SigCgt:', 'bit 15 (SIGTERM) is not set'),
        ],
        weight: 20,
        remedies: [
          ...endOfNamespace(target.pid),
          advice(
            'Install a handler for SIGTERM, or run it under an init that forwards signals (tini, dumb-init, `docker run --init`).',
          ),
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'The kernel protects the init of a PID namespace: a signal whose action is the default does ' +
      'not reach it. So SIGTERM or SIGINT to an application that is PID 1 of its container and has ' +
      'no handler is dropped, from inside *and* from the host; nothing is pending, and SigIgn need ' +
      'not have it. This is why `docker stop` takes ten seconds and then kills. From inside even ' +
      '`kill -9 1` "succeeds" and does nothing. From an ancestor namespace SIGKILL and SIGSTOP ' +
      'work. The culprit is the init: it needs a handler, or a real init in front.',
    byHand: [
      '`grep NSpid /proc/PID/status`: several numbers, the last one 1.',
      '`grep SigCgt /proc/PID/status`: bit n-1 of signal n is missing: 0x4000 for SIGTERM, 0x2 for ' +
        'SIGINT.',
      "`kill -TERM PID; grep -E '^(SigPnd|ShdPnd)' /proc/PID/status`: nothing pending, and the " +
        'process lives on.',
    ],
    resolves: [
      'Handle the signal in the program; in a shell script start the real program with `exec`, or ' +
        'use `trap`.',
      'Start with an init in front: `docker run --init`, tini, dumb-init.',
      '`STOPSIGNAL` in the image, if the program handles another signal.',
      '`kill -KILL PID` from the host: ends it with all members of its namespace, without clean-up.',
    ],
    doesNot: ['Repeating SIGTERM, or sending it as root.', '`kill -9 1` inside of the container.'],
    lookAlikes: [
      'A shell as PID 1 with the application as its child: it is the shell that drops the signal, ' +
        'and the application never hears of it.',
      'SIGTERM handled, and the shutdown takes long: SigCgt has 0x4000.',
    ],
    sources: ['pid_namespaces(7), kill(2)', 'kernel/signal.c (sig_task_ignored, SIGNAL_UNKILLABLE)'],
  },
});
