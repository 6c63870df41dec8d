import { processNode } from '../waits/nodes.ts';
import type { Wait } from '../waits/wait.ts';
import type { Step } from '../waits/walk.ts';
import { type Blame, culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, who } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

const CTRL_Q = advice('In that terminal: Ctrl+Q starts output again that was stopped by Ctrl+S.');

export default rule({
  id: 'tty-write-blocked',
  family: 'wait',
  title: 'Blocked write to a terminal',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('tty-write').map((step) => {
      const tty = step.wait.detail?.tty;
      const terminal = step.wait.hops[0]?.edges[0]?.to;
      const reader = heldReader(step);
      const culprit = reader === undefined ? terminal : culpritOf(step);
      return findingAt(blame, step, {
        severity: 'warning',
        title: `terminal ${tty ?? ''} does not take output`,
        summary: `${who(step)} waits in ${step.wait.point}: ${reasonOf(step, reader)}.`,
        ...(reader === undefined ? {} : sureness(blame, step, reader)),
        ...(culprit === undefined ? {} : { culprit }),
        remedies: [
          ...(reader === undefined ? [] : remediesFor(blame, processNode(reader.process))),
          ...(reader !== undefined && STOPS.has(reader.kind) ? [] : [CTRL_Q]),
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
      'Continue or fix the process on the master side (`kill -CONT MASTER`).',
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

/** Sleeps of which it is known, or may be, that one in them reads the terminal. */
const MAY_READ = new Set(['watch', 'tty-read', 'running', 'unknown']);
/** Nobody reads in these, by the kernel's own word. */
const STOPS = new Set(['stopped', 'stopped-tty', 'ptrace-stop', 'frozen']);

/** The wait of one that should read the terminal and cannot, or does something else. */
function heldReader(step: Step): Wait | undefined {
  const waits = step.next.map(({ wait }) => wait);
  const { reading } = step.wait.detail ?? {};
  const stopped = waits.find(({ kind }) => STOPS.has(kind));
  if (stopped !== undefined || reading === 'ready') return stopped;
  return (
    waits.find(
      ({ idle, kind, thread }) => idle === undefined && !MAY_READ.has(kind) && thread.moved !== true,
    ) ?? (reading === 'away' ? waits[0] : undefined)
  );
}

function reasonOf(step: Step, reader: Wait | undefined): string {
  const shows = neighbourOf(step);
  if (reader !== undefined)
    return reader.process === step.wait.process
      ? 'it holds the other side of that terminal itself, and nobody reads there'
      : `what shows the terminal does not read: ${named(processNode(reader.process))} is in ${reader.point}`;
  return step.wait.detail?.reading === 'ready' && shows !== undefined
    ? `output is stopped (Ctrl+S): ${named(shows)} is ready to show what comes, and nothing does`
    : 'output is stopped (Ctrl+S), or what shows the terminal does not read';
}

/** A stop is certain. That somebody who sleeps elsewhere will not read soon is likely when he was seen not to move. */
function sureness(blame: Blame, step: Step, { kind, process, thread, point }: Wait) {
  if (STOPS.has(kind)) return {};
  const seen = thread.moved === false ? 'and has not moved' : 'seen once';
  return {
    confidence: thread.moved === false ? ('likely' as const) : ('possible' as const),
    because: `${blame.steadiness(step)}; ${named(processNode(process))}, who should read, sleeps in ${point}, ${seen}`,
  };
}
