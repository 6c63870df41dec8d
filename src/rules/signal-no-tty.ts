import { familyFact } from '../waits/facts.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'signal-no-tty',
  family: 'signal',
  title: 'Has no controlling terminal: Ctrl+C cannot reach it',
  find: (blame) => {
    const { evidence, target } = blame;
    const { stat } = target;
    if (
      stat === undefined ||
      target.isKernelThread ||
      target.state === 'Z' ||
      target.isExiting ||
      stat.ttyNr !== 0 ||
      stat.session === 0
    )
      return [];
    // A process that nobody could want to reach by Ctrl+C is the rule for services: said only where that is a surprise.
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: 'field 7 (tty_nr) of its stat is 0',
        title: 'has no terminal: Ctrl+C cannot reach it',
        summary: `${target.pid} ${target.comm} has no controlling terminal (a daemon, setsid, docker exec without -t): keys reach no process of its session ${stat.session}.`,
        culprit: blame.node,
        chain: [],
        facts: familyFact(evidence, target, `session ${stat.session}, tty_nr 0`),
        weight: -10,
        remedies: [
          {
            command: `kill -INT ${target.pid}`,
            effect: 'sends what Ctrl+C would',
            risk: 'ends it, unless it handles SIGINT',
          },
        ],
      },
    ];
  },
  explanation: {
    meaning:
      'Ctrl+C, Ctrl+\\ and Ctrl+Z are sent by a terminal to its foreground process group. This ' +
      'process has no controlling terminal (tty_nr is 0): it was started by setsid, a daemon, cron, ' +
      'a service manager, or `docker exec` and `ssh` without a terminal. Nothing is wrong with its ' +
      'signals: `kill` works, as does SIGKILL. The reason is the session that it lives in.',
    byHand: [
      "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f3-6`: pgrp, session, " +
        'tty_nr (0 = none), tpgid (-1 = none).',
      '`ps -o pid,pgid,sid,tty,tpgid,stat,args -p PID`: `?` as TTY (can hang when PID is stuck in ' +
        'execve, 6.12 and 6.18).',
      '`timeout -s KILL 2 readlink /proc/PID/fd/0`: may still be a terminal: having it open does ' +
        'not make it the controlling one.',
    ],
    resolves: [
      '`kill -INT PID`, or `kill -INT -- -PGID` for its whole group.',
      'Start it with a terminal: `docker run -it`, `docker exec -it`, `ssh -t`, and without setsid.',
    ],
    doesNot: [
      'Ctrl+C, however often.',
      'Closing the terminal: no SIGHUP comes from a terminal that is not its own.',
    ],
    lookAlikes: [
      'It has the terminal, but is not in the foreground: `signal-not-foreground`.',
      'It gets SIGINT and ignores it: `signal-ignored`.',
      'A daemon without a terminal is healthy.',
    ],
    sources: [
      'credentials(7), setsid(2), termios(3) (ISIG), proc(5) (stat fields 5 to 8)',
      'drivers/tty/tty_jobctrl.c',
    ],
  },
});
