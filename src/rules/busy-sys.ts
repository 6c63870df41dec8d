import { busyFindings } from './busy.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'busy-sys',
  family: 'busy',
  title: 'Not blocked: burns CPU inside the kernel',
  find: (blame) =>
    busyFindings(blame, 'system', [
      {
        command: `strace -c -f -p ${blame.target.pid}`,
        effect: 'counts its system calls until Ctrl+C',
        risk: 'stops it twice per system call: slows it down many times over meanwhile',
      },
    ]),
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
