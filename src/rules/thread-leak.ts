import { rule } from './rule.ts';

export default rule({
  id: 'thread-leak',
  family: 'leak',
  title: 'Starts threads over and over that do not end',
  explanation: {
    meaning:
      'A process starts a thread for each request, timer or connection, and these wait for something that does not come: a lock, ' +
      'a queue that nobody closes, a peer without a timeout. Each thread holds a PID, counts for pids.max of the cgroup, for ' +
      'RLIMIT_NPROC of the user and for kernel.threads-max, and has a stack (8 MiB of addresses, and what it has used of that). ' +
      'When a limit is reached, clone fails with EAGAIN ("Resource temporarily unavailable", "unable to create new native ' +
      'thread"), for healthy processes of the same user or cgroup as well. The threads of a process end with it, by SIGKILL too.',
    byHand: [
      '`grep Threads /proc/PID/status`, twice, some minutes apart: whether it grows.',
      '`procdiag inspect --threads PID`: in what they sleep; many in one place are the leak.',
      '`procdiag trace PID --duration 60`: how many are started, how many end, and who starts them.',
      '`cat /sys/fs/cgroup/…/pids.current /sys/fs/cgroup/…/pids.max`: how far it is to the limit.',
    ],
    resolves: [
      'Give what they wait for a timeout, or wake them when it is over (close the queue, cancel the context, shut the socket).',
      'Start them from a pool of bounded size instead of one for each request.',
      'Restart the process: all of its threads end.',
    ],
    doesNot: [
      'Raising pids.max, RLIMIT_NPROC or threads-max: it takes longer, and ends the same way.',
      'Smaller stacks: they are addresses mostly, not memory.',
      'A signal to a single thread: a fatal one ends the whole process.',
    ],
    lookAlikes: [
      'A pool that is being filled: it stops growing at its size.',
      'Threads that come and go: their number comes back to where it was.',
      'Children that are processes: see `zombie-leak`, or `ps --ppid PID`.',
    ],
    sources: [
      'pthreads(7), clone(2) (EAGAIN), proc(5) (status), getrlimit(2) (RLIMIT_NPROC)',
      'kernel: kernel/fork.c (copy_process), Documentation/admin-guide/cgroup-v2.rst (PID)',
    ],
  },
});
