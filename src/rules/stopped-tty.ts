import { findingAt, who } from './build.ts';
import { inForeground } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'stopped-tty',
  family: 'stopped',
  title: 'Background process stopped because it touched its terminal',
  find: (blame) =>
    blame.stepsOf('stopped-tty').map((step) => {
      const { tty, foreground, signal } = step.wait.detail ?? {};
      return findingAt(blame, step, {
        severity: 'warning',
        title: `stopped by ${signal}: it is in the background of ${tty}`,
        summary: `${who(step)} ${signal === 'SIGTTIN' ? 'reads from' : 'writes to'} its terminal ${tty} while process group ${foreground} is in the foreground there.`,
        remedies: inForeground(signal),
      });
    }),
  explanation: {
    meaning:
      'The process is not in the foreground group of its terminal, and read from it (SIGTTIN), or ' +
      'wrote or set its modes (SIGTTOU): the terminal driver stopped the whole process group. State ' +
      'T, `do_signal_stop`; the system call is still the read, write or ioctl on the terminal. The ' +
      'last field of /proc/PID/stat is 21 (SIGTTIN) or 22 (SIGTTOU), from 6.1 on; on 5.10 the ' +
      "groups and the call tell. The culprit is the arrangement: the terminal's foreground group is " +
      'another one. SIGKILL works.',
    byHand: [
      "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f3,5,6,50`: pgrp, " +
        'tty_nr, tpgid, and the stop signal; tty_nr is not 0, pgrp is not tpgid.',
      '`timeout -s KILL 2 cat /proc/PID/syscall`: 0 is read, 1 write, 16 ioctl on x86-64, then the ' +
        'descriptor.',
      '`timeout -s KILL 5 pgrep -g TPGID -l`: who has the terminal (can hang if a process is stuck ' +
        'in execve, 6.12 and 6.18).',
    ],
    resolves: [
      '`fg` in the shell that started it: it gets the terminal and goes on.',
      'Start it without the terminal: `COMMAND < /dev/null > LOG 2>&1 &`, or setsid(1).',
      '`stty -tostop` on that terminal, for writers only (SIGTTOU of plain output); a reader needs ' +
        'the foreground.',
      '`kill -KILL PID`.',
    ],
    doesNot: [
      '`kill -CONT PID` alone: it touches the terminal again, and is stopped again.',
      '`nohup`: ignores SIGHUP, not SIGTTIN.',
    ],
    lookAlikes: [
      'Ctrl+Z and SIGSTOP: signal 20 or 19: `stopped`.',
      'A write that blocks because the output is stopped (Ctrl+S) is S, not T: `tty-write-blocked`.',
    ],
    sources: [
      'termios(3) (TOSTOP), credentials(7), setpgid(2)',
      'drivers/tty/tty_jobctrl.c (__tty_check_change), drivers/tty/n_tty.c',
    ],
  },
});
