import { processNode } from '../waits/nodes.ts';
import type { Wait } from '../waits/wait.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, culpritOf, named } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'tty-write-blocked',
  family: 'wait',
  title: 'Blocked write to a terminal',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('tty-write').map((step) => {
      const tty = step.wait.detail?.tty;
      const terminal = step.wait.hops[0]?.edges[0]?.to;
      const reader = heldReader(step.next);
      return findingAt(blame, step, {
        severity: 'warning',
        title: `terminal ${tty ?? ''} does not take output`,
        summary: `${who(step)} waits in ${step.wait.point}: ${reader === undefined ? 'output is stopped (Ctrl+S), or what shows the terminal does not read' : `what shows the terminal does not read: ${named(processNode(reader.process))} is in ${reader.point}`}.`,
        ...(reader === undefined ? {} : sureness(blame, step, reader)),
        ...(reader !== undefined
          ? { culprit: culpritOf(step) }
          : terminal === undefined
            ? {}
            : { culprit: terminal }),
        remedies: [
          ...(reader === undefined ? [] : remediesFor(blame, processNode(reader.process))),
          advice('In that terminal: Ctrl+Q starts the output again.'),
        ],
      });
    }),
  explanation: {
    meaning:
      'The program writes to its terminal, and the terminal takes nothing: its output was stopped ' +
      'by Ctrl+S (XOFF), or nobody reads the other side of the pseudo-terminal (a hung ssh, tmux, ' +
      'expect or container runtime). It sleeps in S, `wait_woken` under `n_tty_write` (all kernels ' +
      'alike). It is not stopped itself, its terminal is. The culprit is the terminal: whoever ' +
      'pressed Ctrl+S, or the process that holds the master side. SIGKILL works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `wait_woken`, `n_tty_write`. ' +
        'Without root `/proc/PID/wchan` says only `wait_woken`, which is generic.',
      '`timeout -s KILL 2 readlink /proc/PID/fd/1 /proc/PID/fd/2`: `/dev/pts/N`.',
      "`grep -s '^tty-index:.N$' /proc/[0-9]*/fdinfo/*`: who holds the master side (/dev/ptmx); " +
        'never blocks.',
      '`grep State /proc/MASTER/task/*/status; timeout -s KILL 2 cat /proc/MASTER/task/*/wchan`: in ' +
        'poll or epoll: it reads, so the output was stopped; else it hangs itself.',
    ],
    resolves: [
      'Press Ctrl+Q in that terminal: the output goes on.',
      'Continue or heal the process on the master side (`kill -CONT MASTER`).',
      'End the process on the master side: the terminal hangs up, its session gets SIGHUP, writers ' +
        'get EIO.',
      'For later: `stty -ixon` switches Ctrl+S off; write logs to a file.',
    ],
    doesNot: [
      '`kill -CONT PID`: it is not stopped.',
      'Ctrl+C, if the program ignores it; a serial line without carrier or with hardware flow ' +
        'control waits for its other end.',
    ],
    lookAlikes: [
      'State T with SIGTTOU: a background process: `stopped-tty`.',
      'A slow terminal (a serial console at 9600 baud, a far ssh): goes on bit by bit.',
    ],
    sources: [
      'termios(3) (IXON), tty_ioctl(4), pty(7)',
      'drivers/tty/n_tty.c (n_tty_write), drivers/tty/tty_io.c',
    ],
  },
});

/** Sleeps in which a reader of terminals is ready to read: with one of these it is the terminal that is held up. */
const READS = new Set(['watch', 'tty-read', 'running', 'unknown']);
/** Nobody reads in these, by the kernel's own word. */
const STOPS = new Set(['stopped', 'stopped-tty', 'ptrace-stop', 'frozen']);

/** The wait of one that should read the terminal and cannot, or does something else. */
function heldReader(readers: readonly Step[]): Wait | undefined {
  const waits = readers.map(({ wait }) => wait);
  return (
    waits.find(({ kind }) => STOPS.has(kind)) ??
    waits.find((wait) => wait.idle === undefined && isAway(wait)) ??
    waits.find((wait) => isAway(wait) && isAlone(wait, waits))
  );
}

const isAway = ({ kind, thread }: Wait) => !READS.has(kind) && thread.moved !== true;

/** Nobody else could read, and no other thread of its process. */
const isAlone = (wait: Wait, all: readonly Wait[]) =>
  wait.process.tids.length === 1 && all.every(({ process }) => process.pid === wait.process.pid);

/** A stop is certain. That somebody who sleeps elsewhere will not read soon is likely when he was seen not to move. */
function sureness(blame: Blame, step: Step, { kind, process, thread, point }: Wait) {
  if (STOPS.has(kind)) return {};
  const seen = thread.moved === false ? 'and has not moved' : 'seen once';
  return {
    confidence: thread.moved === false ? ('likely' as const) : ('possible' as const),
    because: `${blame.steadiness(step)}; ${named(processNode(process))}, who should read, sleeps in ${point}, ${seen}`,
  };
}
