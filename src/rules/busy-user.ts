import { lineFact } from '../waits/facts.ts';
import { BUSY_SHARE, cpuOf } from './cpu.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'busy-user',
  family: 'busy',
  title: 'Not blocked: burns CPU in its own code',
  find: (blame) => {
    const spent = cpuOf(blame);
    if (spent === undefined || spent.share < BUSY_SHARE || spent.user < spent.system) return [];
    const { target } = blame;
    const { thread } = spent;
    const where = thread.isLeader ? '' : ` (thread ${thread.tid} ${thread.comm})`;
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: `${Math.round(spent.share * 100)} % of one CPU between the looks, most of it in user code`,
        title: `busy in user code: it is not blocked at all${where}`,
        summary: `${target.pid} ${target.comm} burns ${Math.round(spent.share * 100)} % of a CPU${where}, ${Math.round((spent.user / (spent.user + spent.system)) * 100)} % of that in user code.`,
        culprit: blame.node,
        chain: [],
        facts: lineFact(blame.evidence, `${thread.dir}/status`, 'State:'),
        weight: 25,
        remedies: [
          { command: `perf top -p ${target.pid}`, effect: 'shows in which functions', risk: 'little' },
        ],
      },
    ];
  },
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
