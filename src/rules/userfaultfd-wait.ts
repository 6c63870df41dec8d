import { rule } from './rule.ts';
import { unansweredFindings } from './unanswered.ts';

export default rule({
  id: 'userfaultfd-wait',
  family: 'd-state',
  title: 'Waits for a userfaultfd handler to fill a page',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    unansweredFindings(
      blame,
      'userfaultfd',
      'a page from its userfaultfd handler',
      'the userfaultfd handler',
      (handler, waiter) => ({
        command: `kill -KILL ${waiter}`,
        effect: `ends ${waiter}, which works`,
        risk: `its work is lost; but after the end of ${handler} its missing pages read as zeros, and it goes on with wrong data`,
      }),
    ),
  explanation: {
    meaning:
      "A part of the program's memory is filled by a handler over userfaultfd (CRIU lazy restore, " +
      'post-copy migration of virtual machines, some garbage collectors). The thread touched a ' +
      'missing page and sleeps in S, `handle_userfault`, outside of any system call (`syscall` ' +
      'begins with -1), until the handler provides it. The culprit is the process that holds the ' +
      'userfaultfd: another one, or a thread of the same. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: ' +
        '`handle_userfault` (5.10: 0), and -1.',
      "`grep -s '^pending' /proc/[0-9]*/fdinfo/*`: holders of a userfaultfd; `pending: 1` or more " +
        'that stays: faults which wait.',
      '`grep State /proc/HANDLER/task/*/status; timeout -s KILL 2 cat /proc/HANDLER/task/*/wchan`: ' +
        'what the handler does instead.',
    ],
    resolves: [
      "`kill -CONT HANDLER` if it is stopped, else fix its source (the migration's network, the " +
        "image's disk): the fault goes on.",
      '`kill -KILL PID`: the waiter dies.',
      'Do not end the handler lightly: the page is then filled as fresh memory (zeros), and the ' +
        'program goes on with wrong data.',
    ],
    doesNot: [
      'Signals with a handler: they wait until the fault is over, or repeat it.',
      'Looking for a system call or descriptor of the waiter: there is none, it is a page fault.',
    ],
    lookAlikes: [
      'A running migration or restore: `pending` falls again at each look, and `total` changes.',
      'An ordinary page fault on a slow disk or FUSE: D, `filemap_fault` or ' + '`folio_wait_bit_common`.',
    ],
    sources: ['userfaultfd(2), ioctl_userfaultfd(2)', 'fs/userfaultfd.c (handle_userfault)'],
  },
});
