import { rule } from './rule.ts';
import { unansweredFindings } from './unanswered.ts';

export default rule({
  id: 'fanotify-wait',
  family: 'd-state',
  title: 'Waits for a fanotify listener to allow an access',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    unansweredFindings(blame, 'fanotify', 'a fanotify permission', 'the fanotify listener', (listener) => ({
      command: `kill ${listener}`,
      effect: 'as its descriptor closes everything is allowed: all waiters go on',
      risk: 'files are not scanned any more',
    })),
  explanation: {
    meaning:
      'A scanner (antivirus, access control, a hierarchical store) asked the kernel by fanotify to ' +
      'be consulted before a file is opened, read or executed. The thread sleeps in D, ' +
      '`fanotify_handle_event` under `fsnotify` (all kernels alike), until the listener answers. ' +
      'The culprit is the process which holds the fanotify descriptor with a permission mask that ' +
      'covers the file. This D is killable: SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/wchan` (5.10: 0, look at `stack` as root): ' +
        '`fanotify_handle_event`.',
      "`grep -s '^fanotify ' /proc/[0-9]*/fdinfo/*`: the listeners; never blocks. A `mask:` with " +
        '10000 (open), 20000 (access) or 40000 (execute) asks for permission; `mnt_id:` or `sdev:` ' +
        'says where.',
      '`grep State /proc/LISTENER/task/*/status; timeout -s KILL 2 cat /proc/LISTENER/wchan`: ' +
        'stopped, or waiting elsewhere than for events.',
      '`timeout -s KILL 2 stat -c %s /proc/PID/fd` one above `ls /proc/PID/fd | wc -l` (6.12 and ' +
        'later): an open() is stuck with its number reserved.',
    ],
    resolves: [
      '`kill -CONT LISTENER` if it is stopped, else fix what it waits for: accesses go on one by ' + 'one.',
      'End or restart the listener: as its descriptor closes, everything is allowed and all waiters ' +
        'go on. Files are not scanned meanwhile.',
      '`kill -KILL PID`: the waiter can be killed.',
    ],
    doesNot: [
      '`strace -p` of the waiter: attaches and hangs.',
      'Restarting the waiting service: it opens the same files, and waits again.',
      'SIGTERM to a stopped listener: pending until SIGCONT; SIGKILL works.',
    ],
    lookAlikes: [
      'A healthy scanner takes milliseconds (large files: seconds): the waiter is another one at ' +
        'each look.',
      'Listeners without a permission bit in their mask never hold anybody up.',
    ],
    sources: ['fanotify(7), fanotify_mark(2)', 'fs/notify/fanotify/fanotify.c (fanotify_handle_event)'],
  },
});
