import { lineFact } from '../waits/facts.ts';
import { BUSY_SHARE, cpuOf } from './cpu.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'busy-sys',
  family: 'busy',
  title: 'Not blocked: burns CPU inside the kernel',
  find: (blame) => {
    const spent = cpuOf(blame);
    if (spent === undefined || spent.share < BUSY_SHARE || spent.system <= spent.user) return [];
    const { target } = blame;
    const { thread } = spent;
    const where = thread.isLeader ? '' : ` (thread ${thread.tid} ${thread.comm})`;
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: `${Math.round(spent.share * 100)} % of one CPU between the looks, most of it in the kernel`,
        title: `busy in the kernel: it is not blocked at all${where}`,
        summary: `${target.pid} ${target.comm} burns ${Math.round(spent.share * 100)} % of a CPU${where}, ${Math.round((spent.system / (spent.user + spent.system)) * 100)} % of that in the kernel.`,
        culprit: blame.node,
        chain: [],
        facts: lineFact(blame.evidence, `${thread.dir}/status`, 'State:'),
        weight: 25,
        remedies: [
          { command: `perf top -p ${target.pid}`, effect: 'shows in which functions', risk: 'little' },
          {
            command: `perf trace -s -p ${target.pid} -- sleep 2`,
            effect: 'counts its system calls',
            risk: 'slows it down for two seconds',
          },
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'A thread is in state R and uses a whole CPU, most of it in the kernel: a loop of system ' +
      'calls that return at once (a non-blocking read that says EAGAIN, a poll without a timeout, a ' +
      'stale descriptor in an epoll set), or one call with endless work. It hangs for its users, ' +
      'and waits for nothing. The culprit is itself: the calls say what it spins on. SIGKILL works, ' +
      'at the latest when the call it is in returns.',
    byHand: [
      "`timeout -s KILL 2 cat /proc/PID/task/TID/stat | sed 's/.*) //' | cut -d' ' -f12,13` twice: " +
        'stime grows, utime hardly.',
      '`timeout 5 strace -c -f -p PID`: which call, how often, and with which error. It slows the ' +
        'target, and interrupts its sleeping epoll_wait with EINTR.',
      '`perf top -p PID`, or `perf record -g -p PID -- sleep 5; perf report`: where in the kernel.',
      "`ls /proc/PID/fd | wc -l` and `grep -c '^tfd' /proc/PID/fdinfo/EPFD`: what it watches.",
    ],
    resolves: [
      'Repair the loop: handle EAGAIN, HUP and errors of each descriptor, remove it from the set ' +
        '*before* it is closed.',
      '`kill PID`, then `kill -KILL PID`.',
    ],
    doesNot: [
      'Looking for who blocks it: nobody does.',
      '`cat /proc/PID/stack`: a running task gives an empty, old or odd stack.',
    ],
    lookAlikes: [
      'Heavy I/O or networking: much stime, and bytes in `/proc/PID/io` grow.',
      "Memory reclaim: the cgroup's or host's `memory.pressure` is high.",
      'A busy virtual machine or hypervisor steal: `st` in `top`.',
    ],
    sources: ['proc(5) (stat fields 14, 15), strace(1), perf-record(1)'],
  },
});
