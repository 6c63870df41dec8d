import { rule } from './rule.ts';

export default rule({
  id: 'epoll-stale',
  family: 'leak',
  title: 'An epoll set watches a descriptor that is closed',
  explanation: {
    meaning:
      'An epoll set watches open files, not numbers. close() takes a file out of the set only when no descriptor leads to ' +
      'it any more: while a dup, or the copy of a forked child, is left, epoll_wait goes on reporting it, under a number ' +
      'that is closed or belongs to another file by now. EPOLL_CTL_DEL with that number answers EBADF or ENOENT. The ' +
      'program handles events of a connection that it has forgotten; level-triggered, it spins at 100 % CPU.',
    byHand: [
      '`grep tfd /proc/PID/fdinfo/EPFD`: a line for each file watched: `tfd:` its number, `ino:` its inode in hexadecimal.',
      '`ls -l /proc/PID/fd/TFD`: closed, or with another inode (`socket:[…]` in decimal) than that line has: stale.',
      '`find /proc/[0-9]*/fd -lname "socket:\\[INODE\\]" 2>/dev/null`: who keeps it alive.',
      '`strace -f -y -e trace=epoll_wait,epoll_ctl,close -p PID`: events come, and nobody reads what they tell of.',
    ],
    resolves: [
      'EPOLL_CTL_DEL before close, always; and close-on-exec on all, so that children keep no copies.',
      'Close the last duplicate: end the child that holds it (`kill CHILD`, SIGKILL too), and the kernel takes it out.',
      'Close the epoll set and make a new one; a restart does it as well.',
    ],
    doesNot: [
      'EPOLL_CTL_DEL after the close: the number leads nowhere, or to another file.',
      'Ignoring the events: level-triggered they come back at once.',
    ],
    lookAlikes: [
      'Between fork and exec of a child there is a copy of everything for some microseconds: what is closed then is stale ' +
        'until the exec, and no longer.',
      'A `tfd` that is open and leads to the same inode is an ordinary registration.',
    ],
    sources: [
      'epoll(7) (“Will closing a file descriptor cause it to be removed from all epoll interest lists?”), epoll_ctl(2), ' +
        'proc_pid_fdinfo(5)',
      'kernel: fs/eventpoll.c (eventpoll_release_file)',
    ],
  },
});
