import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateClause, who } from './build.ts';
import { remediesFor, sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'd-lock-contention',
  family: 'd-state',
  title: 'Waits for a kernel lock that another task holds',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('kernel-lock', 'proc-reader', 'exec-dethread').map((step) => {
      const culprit = culpritOf(step);
      const lock = step.wait.detail?.lock ?? 'a kernel lock';
      const known = culprit.pid !== undefined && culprit.id !== step.wait.node.id;
      const dethread = step.wait.kind === 'exec-dethread';
      return findingAt(blame, step, {
        severity: 'critical',
        title: dethread
          ? 'execve waits for a thread that does not die'
          : `waits for ${lock}${known ? `, held up by ${named(culprit)}` : ''}`,
        summary: dethread
          ? `${who(step)} executes a program: all other threads have to die first, and ${named(neighbourOf(step))} does not.`
          : `${who(step)} waits in ${step.wait.point}; ${known ? `the trouble is ${named(culprit)}${stateClause(blame, culprit)}` : 'who holds it could not be told'}.`,
        ...(known
          ? {}
          : {
              confidence: 'possible' as const,
              because: `${blame.steadiness(step)}; the holder of the lock was not found`,
            }),
        remedies: known
          ? remediesFor(blame, culprit)
          : [
              {
                command: 'echo w > /proc/sysrq-trigger; dmesg | procdiag stack -',
                effect: 'the kernel prints all blocked tasks and, from 6.16 on, who owns the lock',
                risk: 'fills the kernel log',
              },
              ...(step.wait.killable === false ? [sigkillDoesNot()] : []),
            ],
      });
    }),
  explanation: {
    meaning:
      'The thread waits until another task gives back a lock inside the kernel: mmap_lock of an ' +
      "address space, the rwsem of an inode or directory, a mutex (a pipe's, rtnl). The lock " +
      'functions themselves are not on the stack from 6.1 on (5.10 shows ' +
      '`rwsem_down_write_slowpath`, but no mutexes): the top frame is the caller, as ' +
      '`vm_mmap_pgoff` (mmap_lock), `filename_create` (directory), `fuse_file_write_iter` (inode), ' +
      '`anon_pipe_read` (6.18, 7.2) or `pipe_read` (pipe). State and frame belong together: ' +
      "`anon_pipe_read` in D waits for the pipe's lock, in S it is a healthy reader. The holder is " +
      'mostly a victim itself, of a FUSE daemon, a disk or a tracer: follow it to the end. SIGKILL ' +
      'ends mmap_lock waiters, but not waiters for directories, inodes, pipes or rtnl.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): state D and a frame as above.',
      "`dmesg | grep 'likely owned by'`: 6.18 and 7.2 name the holder of an rwsem or mutex " +
        '(CONFIG_DETECT_HUNG_TASK_BLOCKER). `sysctl kernel.hung_task_warnings`: at 0 the log is ' +
        'silent, and proves nothing.',
      '`echo w > /proc/sysrq-trigger; dmesg | tail -n 300` (root): the stacks of all tasks in D, ' +
        'with the lock functions.',
      '`timeout -s KILL 5 grep -s . /proc/[0-9]*/task/*/wchan`: who else sleeps where; look for one ' +
        'on the same directory or mount that does not wait for a lock (`request_wait_answer`, ' +
        '`folio_wait_bit_common`): the likely holder, S or D.',
      'mmap_lock: `timeout -s KILL 2 cat /proc/PID/cmdline` gives no answer, as `ps -ef`, `pgrep ' +
        '-f` and `pidof` then hang. The holder is a task with `__access_remote_vm`, ' +
        '`get_user_pages_remote` or a page fault of that process in its stack.',
    ],
    resolves: [
      'Fix what the holder waits for: the convoy dissolves at once.',
      'End the holder, if it can die.',
      'For a convoy behind FUSE: `echo 1 > /sys/fs/fuse/connections/N/abort`. All requests of that ' +
        'mount fail.',
    ],
    doesNot: [
      'Killing the waiters: those of directories and inodes stay, and of those that die the next ' +
        'ones queue up.',
      'Restarting the service while the lock is held: one more waiter.',
      'Ending the one that the log names without looking at what it waits for: the named owner may ' +
        'be a mere victim.',
    ],
    lookAlikes: [
      'Short contention of a busy host: the same lock, but other waiters at each look, and context ' +
        'switches grow.',
      'The same function in S (`pipe_read`, `fuse_dev_do_read`): a healthy wait.',
      'A frozen file system: `percpu_rwsem_wait`, and no holder at all.',
    ],
    sources: [
      'kernel/hung_task.c, kernel/locking/rwsem.c, kernel/locking/mutex.c',
      'Documentation/admin-guide/sysctl/kernel.rst (hung_task_*)',
      'Documentation/filesystems/directory-locking.rst, Documentation/mm/process_addrs.rst',
    ],
  },
});
