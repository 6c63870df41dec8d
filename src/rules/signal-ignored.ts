import { maskSignals, signalName } from '../procfs/signals.ts';
import { lineFact } from '../waits/facts.ts';

const SIGTERM = 15;
/** SIGHUP, SIGINT, SIGQUIT, SIGTERM: those that people end programs with. */
const STOPPING = [1, 2, 3, SIGTERM];

import { rule } from './rule.ts';

export default rule({
  id: 'signal-ignored',
  family: 'signal',
  title: 'Ignores the signal that should end it',
  find: (blame) => {
    const { evidence, target } = blame;
    const { status } = target;
    if (status === undefined || target.isKernelThread || target.state === 'Z') return [];
    const ignored = maskSignals(status.sigIgn).filter((signal) => STOPPING.includes(signal));
    if (ignored.length === 0) return [];
    const names = ignored.map(signalName).join(', ');
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: 'SigIgn of its status',
        title: `ignores ${names}`,
        summary: `${target.pid} ${target.comm} ignores ${names}: Ctrl+C or kill with these does nothing. Such settings are inherited over exec (nohup, “cmd &” in a script).`,
        culprit: blame.node,
        chain: [],
        facts: lineFact(evidence, `${target.dir}/status`, 'SigIgn:', names),
        weight: 8,
        remedies: [
          {
            command: ignored.includes(SIGTERM) ? `kill -KILL ${target.pid}` : `kill ${target.pid}`,
            effect: ignored.includes(SIGTERM) ? 'the only signal left' : 'SIGTERM is not ignored',
            risk: 'ends it',
          },
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'The signal\'s action is "ignore": the kernel drops it when it is sent, nothing is pending. ' +
      'Often the program did not ask for it: an ignored signal stays ignored over fork and exec, ' +
      'and `nohup` (SIGHUP) and shells that start `cmd &` without job control (SIGINT, SIGQUIT) ' +
      'leave it so. A Go program that inherits SIGINT as ignored keeps it so, until signal.Notify ' +
      'asks for it. The culprit is the process, or the parent that it has it from. SIGKILL and ' +
      'SIGSTOP cannot be ignored: SIGKILL works.',
    byHand: [
      '`grep SigIgn /proc/PID/status`: hex, bit n-1 of signal n: 0x1 SIGHUP, 0x2 SIGINT, 0x4 ' +
        'SIGQUIT, 0x4000 SIGTERM.',
      '`grep SigIgn /proc/PPID/status`: the same bits in the parent: inherited.',
      '`grep SigCgt /proc/PID/status`: which signals have a handler and so may still end it.',
    ],
    resolves: [
      'Another signal that is not ignored: `kill -TERM PID` for an ignored SIGINT.',
      '`kill -KILL PID`: without clean-up.',
      'For later: reset the action before exec (`env --default-signal=INT COMMAND`, signal(SIGINT, ' +
        'SIG_DFL), Notify in Go).',
    ],
    doesNot: [
      'Sending it again, or as root.',
      '`trap - INT` in the started script: a shell cannot reset signals that were ignored when it ' +
        'started.',
    ],
    lookAlikes: [
      'Blocked: the signal stays pending: `signal-blocked-pending`.',
      'A handler that does nothing, or a slow shutdown: bit in SigCgt, not in SigIgn.',
      'The init of a PID namespace drops signals without SigIgn: `pidns-init-ignores-signals`.',
      'Ctrl+C does not reach it at all: `signal-not-foreground`, `signal-no-tty`.',
    ],
    sources: ['signal(7), sigaction(2), proc(5), nohup(1)', 'kernel/signal.c (sig_ignored)'],
  },
});
