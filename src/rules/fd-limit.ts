import { rule } from './rule.ts';

export default rule({
  id: 'fd-limit',
  family: 'limit',
  title: 'The limit of open files is reached',
  explanation: {
    meaning:
      'EMFILE: the process has as many descriptors as its RLIMIT_NOFILE allows (the soft limit; the lowest free number would ' +
      'be at or above it). ENFILE: the whole host has fs.file-max open files. open, socket, accept, pipe, dup, epoll_create, ' +
      'eventfd … fail, and so does starting programs, which needs pipes and libraries. A server whose accept fails so and ' +
      'which tries again at once spins: the connection stays in the queue, and its listener stays readable. Mostly it is a ' +
      'leak that has come to its end (`fd-leak`); else a limit of 1024 that is too low for the work.',
    byHand: [
      '`ls /proc/PID/fd | wc -l; grep "Max open files" /proc/PID/limits`: how many, of how many (soft, hard).',
      "`ls -l /proc/PID/fd | awk '{print $NF}' | sed 's/\\[.*//' | sort | uniq -c | sort -rn | head`: of what kind.",
      '`cat /proc/sys/fs/file-nr`: open on the host, unused, allowed.',
      '`strace -f -Z -e trace=%desc,%network -p PID`: which calls fail with EMFILE.',
    ],
    resolves: [
      '`prlimit --pid PID --nofile=65536:65536`: raises the limit of the running process at once.',
      'For the next start: `LimitNOFILE=` of the systemd unit, `--ulimit nofile=` of a container.',
      'A leak: restart (SIGTERM, SIGKILL: the kernel closes all), and repair it.',
    ],
    doesNot: [
      '`ulimit -n` in a shell and /etc/security/limits.conf: for what is started from a login afterwards; services of ' +
        'systemd do not read them.',
      'fs.file-max for EMFILE; prlimit for ENFILE.',
      'Beyond fs.nr_open no limit of a process can be set.',
    ],
    lookAlikes: [
      'EMFILE of inotify_init1: may be `inotify-instances`; of fanotify_init: the groups of the user.',
      'EBADF of dup2, EINVAL of F_DUPFD: a number at or above the limit was asked for.',
      'A program that closes all numbers up to the limit before exec: slow with a limit of millions, and harmless.',
    ],
    sources: [
      'getrlimit(2) (RLIMIT_NOFILE), open(2), accept(2), proc_sys_fs(5), prlimit(1)',
      'kernel: fs/file.c (alloc_fd), fs/file_table.c (alloc_empty_file)',
    ],
  },
});
