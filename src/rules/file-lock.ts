import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { deadlockAt } from './deadlock.ts';
import { remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'file-lock',
  family: 'wait',
  title: 'Waits for a file lock that another process holds',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame
      .stepsOf('file-lock')
      // Waits for its turn to accept.
      .filter(({ wait }) => wait.idle === undefined)
      .map((step) => {
        const circle = deadlockAt(
          blame,
          step,
          'In the program: take locks in one order everywhere, and wait for nobody while one is held.',
        );
        if (circle !== undefined) return circle;
        const holder = neighbourOf(step);
        const culprit = culpritOf(step);
        const { file, lock } = step.wait.detail ?? {};
        return findingAt(blame, step, {
          severity: 'warning',
          title:
            holder?.pid === undefined
              ? `waits for a ${lock} on ${file ?? 'a file'}`
              : `${lock} held by ${named(holder)}`,
          summary: `${who(step)} waits for the ${lock} on ${file ?? 'a file'}; ${holder === undefined ? 'its holder could not be found' : `${named(holder)}${stateAside(blame, holder)} holds it`}.`,
          culprit,
          remedies: remediesFor(blame, culprit),
        });
      }),
  explanation: {
    meaning:
      'The thread asked for a flock, POSIX or OFD lock without a limit of time, and another one has ' +
      'it. It sleeps in S: flock in `locks_lock_inode_wait`, fcntl in `fcntl_setlk` (all kernels ' +
      'alike). A flock or OFD lock belongs to the open file, not to the process: each copy of the ' +
      'descriptor, over fork or exec, keeps it. So `/proc/locks` may name a process that has ended ' +
      "(its PID may be somebody else's by now), while a daemon that inherited the descriptor holds " +
      'the lock. The culprit is the holder, and what it does with the lock. SIGKILL of the waiter ' +
      'works.',
    byHand: [
      "`cat /proc/locks`: the waiter in a line with `->`, the lock's holder in the line above; " +
        'MAJ:MIN:INODE is the file. OFD locks show PID -1; holders outside of your PID namespace are ' +
        'missing.',
      "`grep -s '^lock:' /proc/[0-9]*/fdinfo/*`: who really holds it by a descriptor; never blocks.",
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall` and `timeout -s KILL 2 readlink ' +
        '/proc/PID/fd/N`: 73 is flock, 72 fcntl on x86-64, and the file.',
      '`grep State /proc/HOLDER/task/*/status; timeout -s KILL 2 cat /proc/HOLDER/task/*/wchan`: ' +
        'what the holder waits for.',
    ],
    resolves: [
      'Continue or fix the holder: it gives the lock back.',
      'End the holder: `kill HOLDER`; the kernel frees its locks. What the lock protects may be ' +
        'half done.',
      'For later: `flock -w SECONDS`, `flock -o` (the command does not inherit the lock), O_CLOEXEC ' +
        'for lock files.',
    ],
    doesNot: [
      'Deleting the lock file: waiters still wait for the old inode, and a new one locks a new ' +
        'file: two owners.',
      'Killing the PID in `/proc/locks` without a look: it may be gone or another process.',
    ],
    lookAlikes: [
      'A lock that changes hands: another holder at each look, contention and no hang.',
      'On NFS the holder may be on another client: `/proc/locks` here knows nobody.',
      'The holder waits for a lock of the waiter: with POSIX locks the kernel says EDEADLK; a cycle ' +
        'of flocks stays for ever.',
    ],
    sources: ['flock(2), fcntl_locking(2), proc(5) (/proc/locks), flock(1)', 'fs/locks.c'],
  },
});
