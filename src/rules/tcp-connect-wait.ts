import { culpritOf, named } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { advice, remediesFor, ssOf } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'tcp-connect-wait',
  family: 'wait',
  title: 'Waits for the answer to a TCP connect',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('connect').map((step) => {
      const remote = step.wait.hops[0]?.edges.at(-1)?.to;
      return findingAt(blame, step, {
        severity: 'warning',
        title: `connect is not answered: ${remote === undefined ? (step.wait.detail?.to ?? '') : named(remote)}`,
        summary:
          remote?.pid === undefined
            ? `${who(step)} waits in ${step.wait.point} for the other side to accept; a host that drops packets, or a full backlog, gives no answer until the time-out (about two minutes).`
            : `${who(step)} waits in ${step.wait.point}: ${named(remote)}${stateAside(blame, remote)} listens there, and has connections pending that it has not accepted.`,
        ...(remote === undefined ? {} : { culprit: culpritOf(step) }),
        remedies: [
          ...remediesFor(blame, remote),
          {
            command: ssOf(blame, step.wait.process.pid, '-tano state syn-sent'),
            effect: 'shows the connects that are under way, and when each is tried again',
            risk: 'none',
          },
          advice('In the program: connect with a time-out of its own (non-blocking connect and poll).'),
        ],
      });
    }),
  explanation: {
    meaning:
      "The connection's SYN is not answered, neither by acceptance nor by refusal: a firewall drops " +
      'it, the route leads nowhere, or the host is gone. connect(2) sleeps in S, `wait_woken` under ' +
      '`__inet_stream_connect`, and gives up with ETIMEDOUT after about two minutes ' +
      '(`net.ipv4.tcp_syn_retries`, 6 by default). The culprit is the remote address or the way to ' +
      'it, not the process. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 42 is connect on x86-64.',
      '`awk \'$4=="02"\' /proc/PID/net/tcp /proc/PID/net/tcp6`: connections in SYN_SENT with the ' +
        "remote address in hex; the file is that of the process's own network namespace.",
      '`nsenter -t PID -n ss -tnpo state syn-sent`: the same in words, with the retransmit timer.',
      '`nsenter -t PID -n ip route get ADDRESS`: which way it goes; a neighbour in FAILED (`ip ' +
        'neigh`) does not answer on the own network.',
    ],
    resolves: [
      'Repair the firewall, route, address or server.',
      '`ss -K state syn-sent dst ADDRESS` (root; not built into every kernel): the call fails now, and the program can try ' +
        'elsewhere.',
      'For later: a connect timeout in the program, or a lower `tcp_syn_retries`.',
    ],
    doesNot: [
      'TCP keepalive and SO_KEEPALIVE: only for established connections.',
      'Restarting the program: the next connect waits as well.',
    ],
    lookAlikes: [
      'Nothing listens: ECONNREFUSED comes at once, that is no wait.',
      'A non-blocking connect waits in poll or epoll; the socket is in SYN_SENT all the same.',
      "The server's accept queue is full: SYNs are dropped by a host that is alive (`ss -ltn` " +
        'there: Recv-Q above Send-Q).',
    ],
    sources: [
      'connect(2), tcp(7)',
      'Documentation/networking/ip-sysctl.rst (tcp_syn_retries)',
      'net/ipv4/af_inet.c (__inet_stream_connect)',
    ],
  },
});
