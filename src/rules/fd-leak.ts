import { rule } from './rule.ts';

export default rule({
  id: 'fd-leak',
  family: 'leak',
  title: 'Opens descriptors and neither closes nor uses them',
  explanation: {
    meaning:
      'A code path opens files, sockets, pipes … and does not close them: an error, a timeout or an early return that ' +
      'forgets to, a response body that nobody reads to its end, a child whose pipes stay open. The numbers rise until ' +
      'RLIMIT_NOFILE is reached; then open, accept, pipe and socket fail with EMFILE, and what worked for weeks stops at ' +
      'once. A socket whose peer has closed and which the program does not close stays in CLOSE_WAIT for ever. The kernel ' +
      'closes everything when the process ends, by SIGKILL too: a restart buys time.',
    byHand: [
      "`ls -l /proc/PID/fd | awk '{print $NF}' | sed 's/\\[.*//' | sort | uniq -c | sort -rn | head`, twice, some minutes " +
        'apart: which kind grows.',
      '`grep -E "^FDSize" /proc/PID/status` is the size of the table, which never shrinks: the most there have been.',
      '`ss -tnp state close-wait | grep pid=PID`: connections that the peer has ended and PID has not.',
      '`procdiag trace PID --duration 60`: which call makes those that stay, with its arguments and thread.',
      '`grep "Max open files" /proc/PID/limits`: how far it is to the end.',
    ],
    resolves: [
      'Repair the path that the trace names: close in `finally`, `defer`, a destructor; read or cancel response bodies.',
      'Restart the process: all of its descriptors are closed.',
      '`prlimit --pid PID --nofile=65536:65536` raises the limit of the running process: time until then. The hard limit ' +
        'goes no higher than fs.nr_open.',
    ],
    doesNot: [
      '`ulimit -n` in a shell, or limits.conf: they hold for what is started afterwards, not for the process that runs.',
      'Raising fs.file-max: that is the limit of the host (ENFILE), not of the process (EMFILE).',
      'Closing one of them from outside with a debugger: the program may still use that number, and then of another file.',
    ],
    lookAlikes: [
      'A pool or cache that fills: it stops growing. Watch it longer than it takes to fill.',
      'A server with many clients: its connections are watched by epoll or read by a thread, and go when the clients go.',
      'A burst: the count comes down again to where it was.',
    ],
    sources: [
      'proc(5), getrlimit(2) (RLIMIT_NOFILE), open(2), tcp(7)',
      'kernel: fs/file.c (alloc_fd, expand_files)',
    ],
  },
});
