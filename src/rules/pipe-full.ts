import { besideOthers } from './beside.ts';
import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { deadlockAt } from './deadlock.ts';
import { remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'pipe-full',
  family: 'wait',
  title: 'Blocked write: the pipe is full and its reader does not read',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) => [
    ...blame.stepsOf('pipe-write').map((step) => {
      const circle = deadlockAt(
        blame,
        step,
        'In the program: read while you write and before you wait (communicate(), poll, a thread).',
      );
      if (circle !== undefined) return circle;
      const culprit = culpritOf(step);
      const reader = neighbourOf(step);
      const nobody = reader?.pid === undefined;
      return findingAt(blame, step, {
        severity: 'warning',
        title: nobody ? 'writes into a full pipe' : `pipe full: ${named(reader)} does not read`,
        summary: `${who(step)} waits in ${step.wait.point}: the pipe is full, and ${nobody ? 'its reader could not be found' : `its reader ${named(reader)}${stateAside(blame, reader)} does not take anything out`}.`,
        culprit,
        remedies: remediesFor(blame, culprit),
      });
    }),
    ...besideOthers(blame, 'pipe-write'),
  ],
  explanation: {
    meaning:
      "The pipe's buffer is full (64 KiB by default), and the writer sleeps in S, `anon_pipe_write` " +
      '(before 6.18: `pipe_write`), until somebody reads. The classic: a parent waits for the ' +
      "child's exit, the child waits for the parent to read its output: both are in S, and neither " +
      'moves. The culprit is the reader, and what it does instead of reading. SIGKILL of the writer ' +
      'works. If the reader ends, the write fails with EPIPE and SIGPIPE.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: ' +
        '`anon_pipe_write`; 1 is write on x86-64, then the descriptor N.',
      '`timeout -s KILL 2 readlink /proc/PID/fd/N`: `pipe:[INO]`.',
      "`timeout -s KILL 10 find /proc/[0-9]*/fd -lname 'pipe:\\[INO\\]' -perm -400`: who holds the " +
        'read end (a process stuck in execve makes it hang on 6.12 and 6.18).',
      '`grep State /proc/READER/task/*/status; timeout -s KILL 2 cat /proc/READER/task/*/wchan`: ' +
        'stopped, or in `do_wait` for the writer itself.',
    ],
    resolves: [
      '`kill -CONT READER` if it is stopped, else fix what it waits for: the writer goes on.',
      'In an emergency read once in its place: `timeout 5 cat /proc/READER/fd/N > FILE`. The reader ' +
        'misses that data.',
      'Repair the reader: drain stdout *and* stderr before or while it waits (communicate() instead ' +
        'of wait()), or send them to a file.',
      'End the reader: the writer gets SIGPIPE or EPIPE.',
    ],
    doesNot: [
      'Ending only the writer: the next one fills the same pipe.',
      'A larger pipe (F_SETPIPE_SZ): later, but the same.',
    ],
    lookAlikes: [
      "A slow reader (a pager, a compressor, `tee` on a slow disk): the writer's context switches " + 'grow.',
      "D in the same function: waits for the pipe's lock: `d-lock-contention`. Under " +
        '`elf_core_dump`: `coredump-wait`.',
    ],
    sources: ['pipe(7), fcntl(2) (F_GETPIPE_SZ)', 'fs/pipe.c (pipe_write, anon_pipe_write)'],
  },
});
