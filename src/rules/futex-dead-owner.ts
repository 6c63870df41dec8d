import { findingAt, who } from './build.ts';
import { advice } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'futex-dead-owner',
  family: 'wait',
  title: 'Waits for a lock whose owner is gone',
  find: (blame) =>
    blame
      .stepsOf('futex-lock')
      .filter((step) => step.wait.detail?.gone === true)
      .map((step) => {
        const tid = step.wait.detail?.owner;
        return findingAt(blame, step, {
          severity: 'critical',
          title: `waits for a lock whose owner is gone (TID ${tid})`,
          summary: `${who(step)} waits in ${step.wait.point}; thread ${tid}, which has taken the lock, has ended without giving it back. Nobody ever will.`,
          weight: 10,
          remedies: [
            {
              command: `kill ${step.wait.process.pid}`,
              effect: 'ends the process; a restart begins with a fresh lock',
              risk: 'state in memory is lost',
            },
            advice(
              'In the program: a robust mutex (pthread_mutexattr_setrobust) gives EOWNERDEAD to the next; do not cancel or kill threads that hold locks.',
            ),
          ],
        });
      }),
  explanation: {
    meaning:
      'The mutex names an owner whose thread no longer exists: it ended, was cancelled or was ' +
      'killed without unlocking. Nobody can give the lock back, so the waiter sleeps for ever, S in ' +
      '`futex_do_wait` (6.1, 6.12: `futex_wait_queue`; 5.10: `futex_wait_queue_me`). In memory ' +
      'shared by processes this is what a SIGKILL of the owner leaves behind, unless the mutex is ' +
      'robust. Nobody alive is to blame; the code that left with the lock taken is. SIGKILL of the ' +
      'waiter works.',
    byHand: [
      '`timeout -s KILL 2 grep -H . /proc/PID/task/*/syscall`: 202 (futex on x86-64), address, ' +
        'operation (with 0x80 private), value 2.',
      '`timeout -s KILL 2 dd if=/proc/PID/mem iflag=skip_bytes,count_bytes bs=16 skip=$((ADDRESS)) ' +
        "count=12 status=none | od -An -td4`: the third number is the owner's TID. Own memory only: " +
        "on a page of a dead mount this hangs and holds the target's mmap_lock.",
      '`ls -d /proc/[0-9]*/task/OWNER`: no such file: gone. A TID can be reused by a thread of ' +
        'another process: for a private mutex it has to be in /proc/PID/task.',
    ],
    resolves: [
      'Restart the process (shared memory: all users, and create the segment anew).',
      'For later: unlock on each path (RAII, `defer`, pthread_cleanup_push); for shared memory ' +
        'PTHREAD_MUTEX_ROBUST, whose next locker gets EOWNERDEAD.',
    ],
    doesNot: [
      'Waiting; signals with a handler.',
      'Writing the mutex free with gdb: the data under it may be half changed.',
    ],
    lookAlikes: [
      'A memory word that is no glibc mutex (Go, Java, own futex code) may hold any number where ' +
        'the owner would be.',
      'The owner lives in another PID namespace: its number there is not the one you see.',
    ],
    sources: [
      'futex(2), pthread_mutexattr_setrobust(3), get_robust_list(2)',
      'kernel/futex/, glibc nptl/pthread_mutex_lock.c',
    ],
  },
});
