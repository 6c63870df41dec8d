import { named } from './blame.ts';
import { findingAt, who } from './build.ts';
import { deadlockAt } from './deadlock.ts';
import { advice } from './remedies.ts';
import { type Finding, rule } from './rule.ts';

export default rule({
  id: 'pipe-held',
  family: 'wait',
  title: 'Waits for the end of a pipe whose write end somebody else still holds',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) => {
    const reads = blame
      .stepsOf('pipe-read')
      .filter(
        ({ wait, depth }) =>
          wait.detail?.held === true ||
          (depth === 0 && (wait.detail?.maybeHeld === true || wait.detail?.maybeAdopted === true)),
      );
    const watches = blame.stepsOf('watch').filter((step) => step.wait.detail?.held === true);
    const circles = blame
      .stepsOf('pipe-read')
      .filter(({ wait }) => wait.detail?.maybeHeld !== true)
      .map((step) =>
        deadlockAt(
          blame,
          step,
          'In the program: close (or flush) what the other one reads before you wait for it.',
        ),
      )
      .filter((finding) => finding !== undefined);
    const others = [...reads, ...watches].filter((step) => circles.every((circle) => circle.step !== step));
    const held = others.map((step): Finding => {
      const hop = step.wait.hops.find((candidate) => candidate.soft !== true) ?? step.wait.hops[0];
      const holder = hop?.edges.at(-1)?.to;
      const own = step.wait.detail?.self === true;
      const selfToo = step.wait.detail?.selfToo === true;
      const adopted = step.wait.detail?.maybeAdopted === true;
      const maybe = step.wait.detail?.maybeHeld === true || adopted;
      const watched = step.wait.kind === 'watch';
      const process = blame.evidence.process(holder?.pid);
      return findingAt(blame, step, {
        severity: maybe ? 'info' : 'warning',
        ...(maybe ? { weight: 13 } : {}),
        title: own
          ? 'waits for the end of a pipe whose write end it holds itself'
          : `waits for the end of a pipe that ${named(holder)} keeps open`,
        summary: own
          ? `${who(step)} reads from a pipe, and the only write end left is its own: the end of the file never comes.`
          : adopted
            ? `${who(step)} reads from a pipe that only ${named(holder)} can write into, a child in a session of its own. If that is a daemon which an ended child has left behind, the end of the file comes no sooner than the daemon ends.`
            : `${who(step)} ${watched ? 'watches' : 'reads from'} a pipe; whoever was to write into it is gone, but ${named(holder)}${process === undefined ? '' : ` (child of ${process.status?.ppid})`} has inherited the write end. The end of the file comes when it closes it: this is why timeouts on exec do not fire.`,
        ...(holder === undefined ? {} : { culprit: holder }),
        chain: [...step.chain, ...(hop?.edges ?? [])],
        facts: [...step.wait.facts, ...(hop?.edges.flatMap(({ facts }) => facts) ?? [])],
        ...(maybe
          ? {
              confidence: 'possible' as const,
              because: adopted
                ? 'as an init it may have adopted the holder; it may as well have begotten it, and wait for what it writes'
                : 'another of its threads, or the handler of a signal, may write into it as well',
            }
          : own
            ? {}
            : {
                confidence: 'likely' as const,
                because: `${blame.steadiness(step)}; ${selfToo ? 'but for itself ' : ''}no other process holds a write end (${blame.evidence.host.fdCoverage.seen} processes looked at)`,
              }),
        remedies: own
          ? [
              advice(
                'In the program: close the write end in the reader after fork, and open pipes with O_CLOEXEC.',
              ),
            ]
          : [
              {
                command: `kill ${holder?.pid ?? 'PID'}`,
                effect: selfToo
                  ? 'closes its write end; the reader has one itself, and sees no end of the file before it closes that'
                  : 'closes the last write end: the reader sees the end of the file at once',
                risk: 'ends that process',
              },
              advice(
                'In the program: Go: set cmd.WaitDelay; start children in a group of their own (Setpgid) and kill the group; give background children their own output.',
              ),
            ],
      });
    });
    return [...circles, ...held];
  },
  explanation: {
    meaning:
      'A reader sees the end of a pipe only when no process has its write end open any more. The ' +
      'writer it thinks of has ended, but another process (a grandchild or daemon that inherited ' +
      'stdout, or the reader itself) still holds the write end and writes nothing. This is why exec ' +
      'timeouts do not fire: the child was killed, and the library goes on reading its output. The ' +
      'reader is S in `anon_pipe_read` (before 6.18: `pipe_read`); in Go, Node and Java no thread ' +
      'is in read at all: they sit in futex or epoll_wait, and the pipe is one of the epoll set. ' +
      'SIGKILL of the reader works. The culprit is the holder.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 0 is read on x86-64, then the descriptor ' +
        'N; `timeout -s KILL 2 readlink /proc/PID/fd/N`: `pipe:[INO]`.',
      "`grep '^tfd' /proc/PID/fdinfo/EPFD`: the descriptors which an epoll watches, if the threads " +
        'are in epoll_wait.',
      "`timeout -s KILL 10 find /proc/[0-9]*/fd -lname 'pipe:\\[INO\\]' -perm -200`: who holds the " +
        'write end (a process stuck in execve makes it hang on 6.12 and 6.18).',
      "`grep -E '^(Name|State|PPid)' /proc/HOLDER/status`: typically PPid 1: left over from the " + 'child.',
    ],
    resolves: [
      'End the holder, if nobody needs it: `kill HOLDER`. The reader gets the end of file at once.',
      'Start daemons with their output elsewhere: `COMMAND > /dev/null 2>&1 < /dev/null &`.',
      'In the program: start the child in a process group of its own and kill the group; in Go ' +
        '`cmd.WaitDelay` (1.20), or hand over a file instead of a buffer; close the own copy of the ' +
        'write end after fork.',
    ],
    doesNot: [
      '`kill -9` of the direct child: it is dead already, or its death does not close the ' +
        "grandchild's copy.",
      'A longer timeout or a context: it ends the child, not the wait for the pipe.',
    ],
    lookAlikes: [
      'A quiet writer that is alive and meant to write (a pipeline, a log shipper): healthy.',
      'Event loops and Go hold both ends of an own wake-up pipe: healthy as long as nobody blocks ' +
        'in read of it; one that does, and has other threads or catches signals, may be woken by ' +
        'them: told as a note.',
      "D in the same function: waits for the pipe's lock: `d-lock-contention`.",
    ],
    sources: [
      'pipe(7), fork(2), execve(2)',
      'fs/pipe.c (pipe_read, anon_pipe_read)',
      'https://pkg.go.dev/os/exec#Cmd (WaitDelay)',
    ],
  },
});
