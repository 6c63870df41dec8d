import { maskSignals, signalName } from '../procfs/signals.ts';
import { lineFact } from '../waits/facts.ts';
import { rule } from './rule.ts';
import { signalfdMask } from './signalfds.ts';

export default rule({
  id: 'signal-signalfd',
  family: 'signal',
  title: 'Receives its signals by signalfd or sigwait',
  find: (blame) => {
    const { evidence, target } = blame;
    const { status } = target;
    if (status === undefined || target.state === 'Z') return [];
    const mask = signalfdMask(target) & status.sigBlk & ~status.sigCgt;
    const signals = maskSignals(mask).filter((signal) => [1, 2, 3, 15].includes(signal));
    if (signals.length === 0) return [];
    const names = signals.map(signalName).join(', ');
    const fd = target.fds.find(({ target: to }) => to === 'anon_inode:[signalfd]');
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: 'blocked, without handler, and in the mask of a signalfd',
        title: `takes ${names} through a signalfd`,
        summary: `${target.pid} ${target.comm} blocks ${names} and reads ${signals.length === 1 ? 'it' : 'them'} from a signalfd: no handler is needed. A signal has its effect when the program reads that descriptor.`,
        culprit: blame.node,
        chain: [],
        facts: [
          ...lineFact(evidence, `${target.dir}/status`, 'SigBlk:'),
          ...(fd === undefined ? [] : lineFact(evidence, target.fdinfoPath(fd.fd), 'sigmask:')),
        ],
        weight: 9,
        remedies: [],
      },
    ];
  },
  explanation: {
    meaning:
      'The signal is blocked in all threads and has no handler, which looks as if it could never ' +
      'arrive. But the program reads it from a signalfd, or fetches it by sigwait or sigtimedwait: ' +
      'that is the proper way to do so (systemd, many event loops). It arrives as soon as the ' +
      'program reads; so when nothing happens, the loop that should read is what hangs. Healthy by ' +
      'itself. SIGKILL works.',
    byHand: [
      "`grep -E '^(SigBlk|SigCgt|ShdPnd)' /proc/PID/task/*/status`: the bit is in SigBlk, not in " +
        'SigCgt; in ShdPnd only if it has not been read.',
      '`grep -H sigmask /proc/PID/fdinfo/*`: the signals (bit n-1) that come by that descriptor; ' +
        'never blocks.',
      '`timeout -s KILL 2 cat /proc/PID/task/*/wchan`: `signalfd_read_iter` (5.10, 6.1: ' +
        '`signalfd_read`), `do_sigtimedwait`, or an epoll that watches the descriptor.',
    ],
    resolves: [
      'Nothing, as long as nothing is pending.',
      'If it is pending: fix what the reading thread waits for.',
      '`kill -KILL PID`, if its loop does not come back.',
    ],
    doesNot: ['Sending it again: it is pending already, and does not queue.'],
    lookAlikes: [
      'No `sigmask:` with that bit and nobody in sigwait, and the bit in ShdPnd: ' +
        '`signal-blocked-pending`.',
      'The signal is ignored: `signal-ignored`.',
    ],
    sources: ['signalfd(2), sigwaitinfo(2), proc(5) (fdinfo)', 'fs/signalfd.c'],
  },
});
