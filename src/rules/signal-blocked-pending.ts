import { maskSignals, signalName } from '../procfs/signals.ts';
import { lineFact } from '../waits/facts.ts';
import { advice } from './remedies.ts';

const SIGCHLD = 17;
const FIRST_REALTIME = 32;

import { rule } from './rule.ts';

export default rule({
  id: 'signal-blocked-pending',
  family: 'signal',
  title: 'The signal was sent, and is blocked',
  find: (blame) => {
    const { evidence, target } = blame;
    const { status } = target;
    if (status === undefined || target.isKernelThread || target.state === 'Z') return [];
    const threads = target.threads.filter((thread) => thread.deep && thread.status !== undefined);
    const everywhere = threads.reduce((mask, thread) => mask & (thread.status?.sigBlk ?? 0n), ~0n);
    const own = threads.reduce(
      (mask, t) => mask & ((t.status?.sigPnd ?? 0n) & (t.status?.sigBlk ?? 0n)),
      ~0n,
    );
    // Whoever waits for signals (sigwait, signalfd) takes them out at once: what is pending at every look is not taken.
    const shared = blame.statuses.reduce((mask, look) => mask & look.shdPnd, ~0n) & everywhere;
    const pending = BigInt.asUintN(64, shared | (threads.length === 1 ? own : 0n));
    const stuck = maskSignals(pending).filter((signal) => signal < FIRST_REALTIME && signal !== SIGCHLD);
    if (stuck.length === 0) return [];
    const names = stuck.map(signalName).join(', ');
    return [
      {
        severity: 'warning',
        confidence: 'certain',
        because: 'pending, and blocked in every thread',
        title: `${names} ${stuck.length === 1 ? 'is' : 'are'} pending and blocked in every thread`,
        summary: `${target.pid} ${target.comm} was sent ${names} and blocks it in all of its ${threads.length} thread${threads.length === 1 ? '' : 's'}: it arrives when one of them unblocks it or waits for it.`,
        culprit: blame.node,
        chain: [],
        facts: ['SigPnd:', 'ShdPnd:', 'SigBlk:'].flatMap((name) =>
          lineFact(evidence, `${target.dir}/status`, name),
        ),
        weight: 12,
        remedies: [
          { command: `kill -KILL ${target.pid}`, effect: 'cannot be blocked', risk: 'no clean shutdown' },
          advice(
            'In the program: unblock the signal (pthread_sigmask) in at least one thread, or read it by sigwait or signalfd.',
          ),
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'The signal is in the mask of every thread (SigBlk), so the kernel keeps it pending (ShdPnd, ' +
      'or SigPnd of one thread) until one unblocks it. A forgotten sigprocmask, or a mask inherited ' +
      'from the parent: it survives fork and exec. If one single thread has it unblocked, it is ' +
      'delivered there: look at all of them. The culprit is the process with its mask. SIGKILL and ' +
      'SIGSTOP cannot be blocked: SIGKILL works.',
    byHand: [
      "`grep -H -E '^(SigBlk|SigPnd|ShdPnd)' /proc/PID/task/*/status`: hex, bit n-1 of signal n " +
        '(SIGTERM: 0x4000); the same bit in every SigBlk and in a Pnd.',
      '`grep sigmask /proc/PID/fdinfo/*`: a signalfd for it (then it is a way to receive it: ' +
        '`signal-signalfd`).',
      '`grep SigBlk /proc/PPID/status`: inherited from the parent?',
    ],
    resolves: [
      "If a thread should unblock or fetch it and hangs: fix that thread's wait.",
      '`kill -KILL PID`: without clean-up.',
      'For later: restore the mask before exec; `env --list-signal-handling true` shows what a ' +
        'started program inherits.',
    ],
    doesNot: ['Sending it again: standard signals (1 to 31) do not queue.', 'SIGCONT: it is not stopped.'],
    lookAlikes: [
      'Stopped (T) or frozen processes have signals pending without a mask: they wait for SIGCONT ' +
        'or the thaw.',
      '`SigPnd` bit 0x100 is SIGKILL: already killed, in an unkillable wait or a v1 freezer.',
      'A Go program has a thread (often the first) with nearly all signals blocked: others are ' +
        'open, healthy.',
    ],
    sources: ['signal(7), sigprocmask(2), proc(5), env(1)', 'kernel/signal.c (complete_signal)'],
  },
});
