import type { Node } from '../waits/graph.ts';
import type { Step } from '../waits/walk.ts';
import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'futex-held',
  family: 'wait',
  title: 'Waits for a lock whose owner waits for something else',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame
      .stepsOf('futex-lock')
      .filter(
        (step) =>
          step.wait.idle === undefined &&
          step.wait.detail?.gone !== true &&
          step.wait.detail?.self !== true &&
          !leadsToCycle(step),
      )
      .map((step) => {
        const owner = neighbourOf(step);
        const next = step.next[0];
        const culprit = culpritOf(step);
        const { readers } = step.wait.detail ?? {};
        const many = `${readers} reader${readers === 1 ? '' : 's'}`;
        return findingAt(blame, step, {
          severity: 'warning',
          title:
            readers === undefined
              ? `waits for a lock that ${ownerName(owner)} holds`
              : `waits to write under a read-write lock that ${many} hold${readers === 1 ? 's' : ''}`,
          summary:
            readers === undefined
              ? `${who(step)} waits in ${step.wait.point}; the owner is ${ownerName(owner)}, ${next === undefined ? 'of which nothing could be read' : `which is in ${next.wait.point}`}.`
              : `${who(step)} waits in ${step.wait.point}, to write; ${many} of ${named(owner)} hold${readers === 1 ? 's' : ''} it, and such a lock does not say who they are.`,
          culprit,
          weight: 2,
          remedies: [
            {
              command: `procdiag inspect ${step.wait.process.pid} --threads`,
              effect: 'shows all threads and what they wait for',
              risk: 'none: reads only',
            },
            {
              command: `gdb -p ${owner?.pid ?? step.wait.process.pid} -batch -ex 'thread apply all bt'`,
              effect: 'shows where in the program the owner has taken the lock',
              risk: 'stops the process for a moment',
            },
          ],
        });
      }),
  explanation: {
    meaning:
      'A thread wants a user-space mutex, and its owner, a thread of the same process or, in shared ' +
      'memory, of another one, sleeps in something else while it holds it: I/O, a network call, a ' +
      'stop, a child. The waiter is S in `futex_do_wait` (6.1, 6.12: `futex_wait_queue`; 5.10: ' +
      "`futex_wait_queue_me`). A glibc mutex has its owner's TID in the third word (address + 8), a " +
      "priority-inheriting one (FUTEX_LOCK_PI) in the first. The culprit is the owner's wait. A " +
      'futex operation without the private flag (0x80) means that the owner may be in another ' +
      'process. SIGKILL of the waiter works.',
    byHand: [
      '`timeout -s KILL 2 grep -H . /proc/PID/task/*/syscall`: 202 (futex on x86-64), address, ' +
        'operation, value (2 for a contended glibc mutex).',
      '`timeout -s KILL 2 dd if=/proc/PID/mem iflag=skip_bytes,count_bytes bs=16 skip=$((ADDRESS)) ' +
        "count=12 status=none | od -An -td4`: the third number is the owner's TID. Own memory only: " +
        "on a page of a dead mount this hangs and holds the target's mmap_lock.",
      '`grep -s . /proc/*/task/OWNER/comm` and `timeout -s KILL 2 cat /proc/PID/task/OWNER/syscall ' +
        '/proc/PID/task/OWNER/wchan`: which process it is in, and what it does.',
      "`gdb -p PID -batch -ex 'thread apply all bt'`: where the owner took it; stops the process " +
        'meanwhile.',
    ],
    resolves: [
      'Fix what the owner waits for: it gives the lock back.',
      "`kill -CONT OWNER_PROCESS`, when the owner's process is stopped (shared memory).",
      'Restart the process; for shared memory all that use it, since the data may be half changed.',
      'For later: no slow calls under a lock.',
    ],
    doesNot: [
      'Restarting only the waiter, when the owner is in another process.',
      'More threads: they queue at the same lock.',
    ],
    lookAlikes: [
      'pthread_join (operation 0x109, value = a TID) and condition variables (0x189) wait by ' +
        'design: healthy.',
      'Contention: other owners and growing context switches at each look.',
    ],
    sources: [
      'futex(2), pthread_mutexattr_setprotocol(3p)',
      'kernel/futex/, glibc nptl/pthread_mutex_lock.c',
    ],
  },
});

/** Part of a deadlock, or held up by one: that is told as `futex-deadlock`. */
const leadsToCycle = (step: Step): boolean =>
  step.next.some((next) => next.cycle !== undefined || leadsToCycle(next));

const ownerName = (node: Node | undefined) =>
  node?.tid === undefined ? named(node) : `thread ${node.tid} ${node.name}`;
