import { besideOthers } from './beside.ts';
import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { deadlockAt } from './deadlock.ts';
import { remediesFor, ssOf } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'socket-full',
  family: 'wait',
  title: 'Blocked send: the socket is full and the peer does not read',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) => [
    ...blame.stepsOf('socket-write').map((step) => {
      const circle = deadlockAt(
        blame,
        step,
        'In the program: read while you write (poll, a thread), or bound what is under way.',
      );
      if (circle !== undefined) return circle;
      const culprit = culpritOf(step);
      const peer = neighbourOf(step);
      return findingAt(blame, step, {
        severity: 'warning',
        title: `socket full: ${peer === undefined ? 'the peer' : named(peer)} does not read`,
        summary: `${who(step)} waits in ${step.wait.point} for room; ${peer?.pid === undefined ? 'the other end' : `the peer ${named(peer)}${stateAside(blame, peer)}`} does not read.`,
        culprit,
        remedies: [
          ...remediesFor(blame, culprit),
          {
            command: ssOf(blame, step.wait.process.pid, '-txanpe'),
            effect: 'shows the send and receive queues',
            risk: 'hangs on a host where a process is stuck inside execve',
          },
        ],
      });
    }),
    ...besideOthers(blame, 'socket-write'),
  ],
  explanation: {
    meaning:
      'The buffers of the connection are full, and the sender sleeps in S until the peer reads: ' +
      'Unix sockets in `sock_alloc_send_pskb` under `unix_stream_sendmsg`, TCP in `wait_woken` ' +
      'under `sk_stream_wait_memory`. The culprit is the peer, and what it does instead of reading; ' +
      'for TCP it may be on another host, or the network lost it. SIGKILL of the sender works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall` and `timeout -s KILL 2 readlink ' +
        '/proc/PID/fd/N`: `socket:[INO]`.',
      'TCP: `nsenter -t PID -n ss -tnpo | grep -C1 PEER` (plain `ss` in the same network ' +
        "namespace): Send-Q large; timer `persist` = the peer's window is zero: it does not read; " +
        'timer `on` that grows = the network loses it.',
      "Unix: `ss -xp | grep INO`: the peer's inode and process; /proc does not have it.",
      '`grep State /proc/PEER/task/*/status; timeout -s KILL 2 cat /proc/PEER/task/*/wchan`: ' +
        'stopped, or busy elsewhere.',
    ],
    resolves: [
      '`kill -CONT PEER` if it is stopped, else fix what it waits for: the sender goes on.',
      '`ss -K dst ADDRESS dport = PORT` (root; not built into every kernel): closes that TCP connection; the sender gets an ' +
        'error.',
      'End the peer: the sender gets EPIPE or ECONNRESET.',
      'For later: SO_SNDTIMEO, TCP_USER_TIMEOUT, or non-blocking sends.',
    ],
    doesNot: [
      'Larger buffers (`net.core.wmem_max`): later, but the same.',
      'TCP keepalive: a peer that lives and does not read answers it.',
    ],
    lookAlikes: [
      'A slow peer or line: Send-Q changes from look to look, and context switches grow.',
      'A receiver that waits for data (`__skb_wait_for_more_packets`, `wait_woken` elsewhere): ' + 'healthy.',
    ],
    sources: ['tcp(7), unix(7), ss(8)', 'net/core/stream.c (sk_stream_wait_memory), net/unix/af_unix.c'],
  },
});
