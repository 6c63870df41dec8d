import { rule } from './rule.ts';
import { unansweredFindings } from './unanswered.ts';

export default rule({
  id: 'seccomp-notify-wait',
  family: 'd-state',
  title: "Waits for a seccomp supervisor's answer",
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    unansweredFindings(
      blame,
      'seccomp-notify',
      'its seccomp supervisor',
      'the seccomp supervisor',
      (supervisor, waiter) => ({
        command: `kill ${supervisor}`,
        effect: `ends ${supervisor}: the call of ${waiter} fails with ENOSYS`,
        risk: 'all later calls that the filter hands over fail so too, and the program may not cope',
      }),
    ),
  explanation: {
    meaning:
      'A seccomp filter of the process hands some system calls to a supervisor (a container ' +
      'runtime, a sandbox). The call sleeps in S, `seccomp_do_user_notification` under ' +
      '`__seccomp_filter` (with a compiler suffix such as `.isra.0`), until the supervisor answers, ' +
      'however innocent the call is. The culprit is the process that holds the notify descriptor. ' +
      'SIGKILL works; if the supervisor ends, the call fails with ENOSYS.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan` (5.10: 0, look at `stack` as root): ' +
        '`seccomp_do_user_notification`.',
      '`grep Seccomp /proc/PID/status`: 2 means that a filter is installed.',
      "`timeout -s KILL 10 find /proc/[0-9]*/fd -lname 'anon_inode:seccomp notify'`: the " + 'supervisors.',
      '`grep State /proc/SUPERVISOR/task/*/status; timeout -s KILL 2 cat ' +
        '/proc/SUPERVISOR/task/*/wchan`: stopped, or waiting for something else.',
    ],
    resolves: [
      '`kill -CONT SUPERVISOR` if it is stopped, else fix what it waits for: the call is answered.',
      'End the supervisor: the waiting call, and all later ones that the filter hands over, fail ' +
        'with ENOSYS; the program may not cope.',
      '`kill -KILL PID`: the waiter can be killed.',
    ],
    doesNot: ["Changing the program's call: the filter decides, and cannot be taken off."],
    lookAlikes: [
      '`Seccomp: 2` alone: each container and browser has it, and it holds nobody up.',
      'A supervisor at work (mounting, loading): answers within milliseconds to seconds.',
    ],
    sources: ['seccomp_unotify(2), seccomp(2)', 'kernel/seccomp.c (seccomp_do_user_notification)'],
  },
});
