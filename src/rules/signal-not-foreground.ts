import { ttyName } from '../procfs/stat.ts';
import { familyFact } from '../waits/facts.ts';
import { edge, thing } from '../waits/nodes.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'signal-not-foreground',
  family: 'signal',
  title: "Not in the terminal's foreground group: Ctrl+C goes to others",
  find: (blame) => {
    const { evidence, target } = blame;
    const { stat } = target;
    if (
      stat === undefined ||
      target.state === 'Z' ||
      target.state === 'T' ||
      stat.ttyNr === 0 ||
      stat.tpgid <= 0 ||
      stat.pgrp === stat.tpgid
    )
      return [];
    const tty = ttyName(stat.ttyNr) ?? `tty ${stat.ttyNr}`;
    const foreground = { ...thing('terminal', tty, tty), pid: stat.tpgid };
    return [
      {
        severity: 'info',
        confidence: 'certain',
        because: 'its process group is not the terminal’s foreground group',
        title: `in the background of ${tty}: Ctrl+C does not reach it`,
        summary: `${target.pid} ${target.comm} is in process group ${stat.pgrp}; keys of ${tty} go to group ${stat.tpgid}.`,
        culprit: foreground,
        chain: [edge(blame.node, foreground, 'in the background of', tty, 'pgrp and tpgid differ', [])],
        facts: familyFact(evidence, target, `pgrp ${stat.pgrp}, tpgid ${stat.tpgid}`),
        weight: 6,
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
      "The process has a controlling terminal, but its process group (pgrp) is not the terminal's " +
      'foreground group (tpgid): Ctrl+C, Ctrl+\\ and Ctrl+Z go to that other group only. It was ' +
      'started with `&`, moved to the background, or put into a group of its own by its parent ' +
      '(setpgid). Nothing is wrong with its signals: `kill` works, as does SIGKILL. The reason is ' +
      'the arrangement of groups: who has the foreground is tpgid.',
    byHand: [
      "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f3-6`: pgrp, session, " +
        'tty_nr, tpgid: the first is not the last.',
      '`ps -o pid,pgid,sid,tty,tpgid,stat,args -p PID`: no `+` in STAT (can hang when PID is stuck ' +
        'in execve, 6.12 and 6.18).',
      '`timeout -s KILL 5 pgrep -g TPGID -l`: who has the foreground (can hang too).',
    ],
    resolves: [
      '`kill -INT -- -PGID`: to its whole group.',
      '`fg` in its shell, then Ctrl+C.',
      'In the parent: give the group the terminal (tcsetpgrp), do not make a new group, or pass the ' +
        'signal on.',
    ],
    doesNot: [
      'Ctrl+C, however often.',
      'A SIGINT handler in the background process: the signal is never sent to it.',
    ],
    lookAlikes: [
      'No terminal at all: `signal-no-tty`.',
      'Background processes of a shell are healthy; one that reads the terminal is stopped: ' +
        '`stopped-tty`.',
      "SIGINT ignored, as in `sh -c 'cmd &'`: then `kill -INT` does nothing either: " + '`signal-ignored`.',
    ],
    sources: [
      'credentials(7), setpgid(2), tcsetpgrp(3), proc(5) (stat fields 5 to 8)',
      'drivers/tty/tty_jobctrl.c',
    ],
  },
});
