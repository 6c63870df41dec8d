import { rule } from './rule.ts';

export default rule({
  id: 'fd-inherited',
  family: 'leak',
  title: 'Holds descriptors of its parent that were not close-on-exec',
  explanation: {
    meaning:
      'fork copies all descriptors, and execve keeps those without close-on-exec: the new program holds files, sockets and ' +
      'pipes of which it knows nothing. A pipe gives no end of file as long as any process holds its write end, so its ' +
      'reader waits for a stranger. A port stays taken after the server has ended, since a child holds the listening ' +
      'socket. A flock stays held. The space of a deleted file is not freed. The culprit is the parent, which opened ' +
      'without O_CLOEXEC, and did not close between fork and exec. Ending the child, by SIGTERM or SIGKILL, lets go of all.',
    byHand: [
      '`ls -l /proc/CHILD/fd`: what it holds beyond 0, 1, 2.',
      '`grep flags /proc/PARENT/fdinfo/FD`: octal; with 02000000 it is close-on-exec.',
      '`find /proc/[0-9]*/fd -lname "pipe:\\[INODE\\]" 2>/dev/null`: everybody who holds an end of that pipe; likewise ' +
        '`socket:\\[INODE\\]`.',
      '`procdiag trace PARENT`: which call made it, and when it was passed on.',
    ],
    resolves: [
      'In the parent: O_CLOEXEC, SOCK_CLOEXEC, pipe2, accept4, dup3, F_DUPFD_CLOEXEC; setting FD_CLOEXEC afterwards leaves ' +
        'a moment in which another thread may fork.',
      'In the child, before exec: `close_range(3, ~0U, 0)` (Linux 5.9), closefrom; `close_fds=True` in Python.',
      'Now: end the child that holds it, if it is not needed: `kill CHILD`.',
    ],
    doesNot: [
      'Closing it in the parent: the copy of the child is another one, and goes on.',
      'FD_CLOEXEC set in the parent after the fork: the flag belongs to each descriptor, not to the file.',
      'SO_REUSEADDR: it lets a port in TIME_WAIT be used again, not one on which a copy still listens.',
    ],
    lookAlikes: [
      'Descriptors passed on purpose: LISTEN_FDS of socket activation, the pipes of the jobserver of make, `exec 3<file` in ' +
        'a shell, a lock that flock(1) lets its command hold.',
      'Children that live for moments: they hold copies between fork and exec, and for their short lives.',
    ],
    sources: [
      'open(2) (O_CLOEXEC), fcntl(2) (FD_CLOEXEC), execve(2), close_range(2), pipe(7), flock(2)',
      'kernel: fs/file.c (do_close_on_exec)',
    ],
  },
});
