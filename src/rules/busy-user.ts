import { busyFindings } from './busy.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'busy-user',
  family: 'busy',
  title: 'Not blocked: burns CPU in its own code',
  find: (blame) => busyFindings(blame, 'user'),
  explanation: {
    meaning:
      'A thread is in state R and uses a whole CPU, nearly all of it in user space: an endless ' +
      'loop, a spinning lock, a catastrophic regular expression, garbage collection, or just much ' +
      'work. It hangs for its users, and waits for nothing. The kernel cannot say where: `stack` ' +
      'and `wchan` are of no use for a running task, `syscall` says `running`. A profiler can. The ' +
      'culprit is the code that it runs. SIGKILL works.',
    byHand: [
      '`top -H -p PID` (on a host with a process stuck in execve, 6.12 and 6.18, it can hang): the ' +
        'thread and its share.',
      "`timeout -s KILL 2 cat /proc/PID/task/TID/stat | sed 's/.*) //' | cut -d' ' -f12,13` twice: " +
        'utime grows by about 100 a second, stime does not.',
      '`perf top -p PID`, or `perf record -g -p PID -- sleep 5; perf report`: in which function.',
      "`gdb -p PID -batch -ex 'thread apply all bt'` two or three times: the frames that stay; Go: " +
        '`kill -QUIT PID` dumps the goroutines, and ends it.',
    ],
    resolves: [
      'Give it time, if it has a large job.',
      'Repair the loop that the profiler names.',
      '`kill PID`, then `kill -KILL PID`.',
    ],
    doesNot: [
      '`strace -p PID`: shows nothing, as there are no system calls.',
      'Looking for locks, disks or servers: it waits for none.',
    ],
    lookAlikes: [
      "State R while utime stands still: throttled by cpu.max (`nr_throttled` in the cgroup's " +
        '`cpu.stat` grows), or starved by others.',
      'Useful work looks the same: progress (output, bytes in `/proc/PID/io`) tells.',
    ],
    sources: ['proc(5) (stat fields 14, 15), perf-record(1), top(1)'],
  },
});
