import { type Rule, rule } from './rule.ts';

/**
 * The healthy sleeps that a verdict may name. They have no finding; their pages say why nothing is wrong, and here
 * `lookAlikes` is the trouble that looks the same.
 */
export const idleRules: readonly Rule[] = [
  rule({
    id: 'idle-poll',
    family: 'none',
    title: 'Healthy: waits in poll for its descriptors',
    explanation: {
      meaning:
        'The thread is in poll or ppoll and sleeps until one of its descriptors is ready, a timeout ' +
        'ends or a signal comes: S, wchan `poll_schedule_timeout` (6.18, 7.2; 5.10 to 6.12: ' +
        '`do_sys_poll`; on 5.10 only in `stack`). Interactive programs, gdb at its prompt and many ' +
        'servers rest here. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 7 is poll, 271 ' +
          'ppoll on x86-64.',
        "`ls /proc/PID/fd | wc -l`; poll's list of descriptors is in the memory of the process: " +
          '`timeout 2 strace -p PID` shows it (poll is restarted afterwards).',
      ],
      resolves: ['Nothing to repair. If it should be doing something, ask why nobody sends it anything.'],
      doesNot: [],
      lookAlikes: ['It waits for the end of a pipe that somebody else holds: `pipe-held`.'],
      sources: ['poll(2), fs/select.c'],
    },
  }),
  rule({
    id: 'idle-epoll',
    family: 'none',
    title: 'Healthy: waits in epoll_wait for its descriptors',
    explanation: {
      meaning:
        'The thread is in epoll_wait and sleeps until a descriptor of its set is ready: S, ' +
        "`do_epoll_wait` (on 5.10 only in `stack`). Event loops (Node, nginx, Go's netpoller, Java " +
        'NIO) rest here. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 232 is ' +
          "epoll_wait, 281 epoll_pwait on x86-64, then the epoll's descriptor.",
        '`cat /proc/PID/fdinfo/EPFD`: the descriptors that it watches (`tfd:`).',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: ['`strace -p PID`: epoll_wait is not restarted but returns EINTR to the program.'],
      lookAlikes: [
        'It watches a pipe whose write end somebody else holds: `pipe-held`.',
        'A database client that waits for a row lock rests here too: the server knows more.',
      ],
      sources: ['epoll_wait(2), epoll(7), fs/eventpoll.c'],
    },
  }),
  rule({
    id: 'idle-select',
    family: 'none',
    title: 'Healthy: waits in select for its descriptors',
    explanation: {
      meaning:
        'The thread is in select or pselect and sleeps until one of its descriptors is ready or a ' +
        'timeout ends: S, `poll_schedule_timeout` under `do_select` (5.10 to 6.12: `do_select`; on ' +
        '5.10 only in `stack`). SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 23 is select, ' +
          '270 pselect6 on x86-64.',
        '`timeout 2 strace -p PID`: the descriptors (select is restarted afterwards).',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: [],
      lookAlikes: ['It waits for the end of a pipe that somebody else holds: `pipe-held`.'],
      sources: ['select(2), fs/select.c'],
    },
  }),
  rule({
    id: 'idle-timer',
    family: 'none',
    title: 'Healthy: sleeps for a time',
    explanation: {
      meaning:
        'The thread sleeps until a clock says so: nanosleep or clock_nanosleep (S, ' +
        '`hrtimer_nanosleep`; on 5.10 only in `stack`), or a read of a timerfd. After a tracer came ' +
        'and went, or after stop and continue, the call is `restart_syscall` (219 on x86-64): the ' +
        'same sleep goes on. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 35 is ' +
          'nanosleep, 230 clock_nanosleep on x86-64.',
        '`grep ctxt /proc/PID/task/TID/status` twice: it grows with each short sleep.',
      ],
      resolves: [
        'Nothing to repair, unless the time is a mistake: `timeout 2 strace -p PID` shows how long ' +
          '(the sleep is resumed afterwards).',
      ],
      doesNot: [],
      lookAlikes: ['It holds a lock while it sleeps, and others wait for that: `futex-held`, `file-lock`.'],
      sources: ['nanosleep(2), timerfd_create(2), restart_syscall(2)'],
    },
  }),
  rule({
    id: 'idle-wait-child',
    family: 'none',
    title: 'Healthy: waits for a child that lives',
    explanation: {
      meaning:
        'The thread is in wait4 or waitid (S, `do_wait`; on 5.10 only in `stack`) and its child works ' +
        'or sleeps: shells, supervisors and init are here most of the time. `do_wait` is an ' +
        "interruptible sleep, not D; dash's `wait` builtin sits in `sigsuspend` instead. SIGKILL " +
        'works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 61 is wait4, ' +
          '247 waitid on x86-64.',
        '`cat /proc/PID/task/*/children`, and `grep State /proc/CHILD/status`: ask the child, if ' +
          'something hangs.',
      ],
      resolves: ['Nothing to repair in the parent.'],
      doesNot: [],
      lookAlikes: [
        'The child is stopped: `wait-on-stopped-child`; a zombie that a tracer withholds: ' +
          '`ptrace-zombie-held`.',
        'The child itself hangs: then its cause is reported for the parent, too.',
      ],
      sources: ['wait(2), kernel/exit.c'],
    },
  }),
  rule({
    id: 'idle-futex',
    family: 'none',
    title: 'Healthy: a thread waits to be woken by another',
    explanation: {
      meaning:
        'The thread sleeps in futex (S; `futex_do_wait`, 6.1 and 6.12: `futex_wait_queue`, 5.10: ' +
        '`futex_wait_queue_me`): condition variables, joins, idle threads of pools, of the JVM and of ' +
        'Go. No owner of a lock is known that would be to blame, or the wait has a timeout. SIGKILL ' +
        'works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 202 (x86-64), address, operation: 0x189 ' +
          '= condition variable, 0x109 with a TID as value = pthread_join.',
        '`timeout -s KILL 2 grep -H . /proc/PID/task/*/wchan`: what the other threads do.',
      ],
      resolves: ['Nothing to repair. If the program as a whole hangs, one of its other threads says why.'],
      doesNot: ['Concluding a deadlock from many threads in futex: that is what idle pools look like.'],
      lookAlikes: [
        'Locks of glibc with owners: `futex-deadlock`, `futex-held`, `futex-dead-owner`.',
        'A deadlock of goroutines or Java monitors: the kernel cannot see it, a goroutine dump or ' +
          'jstack can.',
      ],
      sources: ['futex(2), kernel/futex/waitwake.c'],
    },
  }),
  rule({
    id: 'idle-read',
    family: 'none',
    title: 'Healthy: waits for input',
    explanation: {
      meaning:
        'The thread reads from a pipe, socket, terminal or eventfd, and nothing has come yet: S in ' +
        '`anon_pipe_read` (before 6.18: `pipe_read`), `__skb_wait_for_more_packets`, `wait_woken` ' +
        "under `n_tty_read` or a socket's receive, `do_wait_intr_irq` under `eventfd_read` (5.10, " +
        '6.1: `eventfd_read`). The other end lives and may send. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`, and `timeout -s KILL 2 readlink ' +
          '/proc/PID/fd/N`: 0 is read, 45 recvfrom on x86-64, and from what.',
        "`timeout -s KILL 10 find /proc/[0-9]*/fd -lname 'pipe:\\[INO\\]' -perm -200`: who could write " +
          'to that pipe (a process stuck in execve makes it hang on 6.12 and 6.18).',
      ],
      resolves: ['Nothing to repair. If input is overdue, look at the sender.'],
      doesNot: [],
      lookAlikes: [
        'The writer is gone and somebody else holds the write end: `pipe-held`.',
        'State D in the same function: waits for the lock of the pipe or file: `d-lock-contention`.',
        'A TCP peer that vanished without a word: the connection stays established, and only ' +
          'keepalive or a write would tell.',
      ],
      sources: ['read(2), pipe(7), fs/pipe.c'],
    },
  }),
  rule({
    id: 'idle-accept',
    family: 'none',
    title: 'Healthy: waits for connections',
    explanation: {
      meaning:
        'The thread is in accept and nobody connects: S in `inet_csk_accept` for TCP, ' +
        '`__skb_wait_for_more_packets` for Unix sockets (on 5.10 only in `stack`). SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 43 is accept, ' +
          '288 accept4 on x86-64.',
        '`nsenter -t PID -n ss -ltnp`: the listener; Recv-Q is how many connections wait to be ' +
          'accepted.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: [],
      lookAlikes: [
        'Clients cannot connect and Recv-Q is above 0: then nobody accepts, and another thread hangs.',
      ],
      sources: ['accept(2), listen(2), net/ipv4/inet_connection_sock.c'],
    },
  }),
  rule({
    id: 'idle-signal',
    family: 'none',
    title: 'Healthy: waits for a signal',
    explanation: {
      meaning:
        'The thread is in pause, sigsuspend, sigwait or sigtimedwait, or reads a signalfd: S in ' +
        '`__do_sys_pause`, `sigsuspend` (also `sigsuspend.isra.0`), `do_sigtimedwait`, ' +
        '`signalfd_read_iter` (5.10, 6.1: `signalfd_read`). The `wait` builtin of dash sits in ' +
        'sigsuspend. A blocked signal is meant to be so here. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 34 is pause, ' +
          '130 rt_sigsuspend, 128 rt_sigtimedwait on x86-64.',
        '`grep -H sigmask /proc/PID/fdinfo/*`: the signals of a signalfd.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: ['`strace -p PID` of a sigtimedwait: it returns EINTR to the program.'],
      lookAlikes: ['Blocked, pending, and nobody fetches it: `signal-blocked-pending`.'],
      sources: ['pause(2), sigsuspend(2), sigwaitinfo(2), signalfd(2)'],
    },
  }),
  rule({
    id: 'idle-inotify',
    family: 'none',
    title: 'Healthy: waits for file events',
    explanation: {
      meaning:
        'The thread reads from an inotify or fanotify descriptor, and no event has come: S in ' +
        '`wait_woken` under `inotify_read` (look at the second frame: `wait_woken` is generic), or in ' +
        '`fanotify_read`. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/stack` (root): `wait_woken`, `inotify_read`.',
        '`grep -H inotify /proc/PID/fdinfo/*`: its watches, with inode and device in hex.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: [],
      lookAlikes: [
        'Events are missed since the file was replaced by rename: the watch is still on the old ' + 'inode.',
        'Another process shares the description (fork) and reads the events instead.',
      ],
      sources: ['inotify(7), fanotify(7), fs/notify/inotify/inotify_user.c'],
    },
  }),
  rule({
    id: 'idle-ipc',
    family: 'none',
    title: 'Healthy: waits for a semaphore or message',
    explanation: {
      meaning:
        'The thread waits in System V or POSIX IPC for somebody to send or to release: S in ' +
        '`__do_semtimedop` (5.10: `do_semtimedop`), `do_msgrcv` and alike. The kernel keeps no owner ' +
        'for a semaphore: any process may raise it. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: 65 is semop, ' +
          '220 semtimedop, 70 msgrcv on x86-64, then the id.',
        '`ipcs -s -i ID`: value, waiters and the last PID of each semaphore; `ipcs -q`: the queues.',
      ],
      resolves: [
        'Nothing to repair, if somebody will post. If the last holder is gone without SEM_UNDO, ' +
          'restart those that use it.',
      ],
      doesNot: ['`strace -p PID`: semop returns EINTR to the program.'],
      lookAlikes: ['A semaphore used as a lock whose holder died: the last PID of `ipcs -s -i ID` is gone.'],
      sources: ['semop(2), msgrcv(2), ipcs(1), ipc/sem.c'],
    },
  }),
  rule({
    id: 'idle-io-uring',
    family: 'none',
    title: 'Healthy: waits for completions of its io_uring',
    explanation: {
      meaning:
        'The thread is in io_uring_enter (S; `io_cqring_wait` on 6.12 and later, ' +
        '`__do_sys_io_uring_enter` alone on 5.10 and 6.1) or is a worker of the ring. Stuck or idle ' +
        'look the same here: only the requests in the ring and the device behind them tell. SIGKILL ' +
        'works; a request on a dead device lives on in the ring.',
      byHand: [
        "`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 426 on x86-64, then the ring's " +
          'descriptor N.',
        '`timeout -s KILL 2 cat /proc/PID/fdinfo/N`: the ring, with its heads and tails.',
      ],
      resolves: ['Nothing to repair, if it is a network or idle ring.'],
      doesNot: [],
      lookAlikes: ['Disk requests that do not end: `/sys/block/X/inflight` does not fall: `d-block-io`.'],
      sources: ['io_uring(7), io_uring_enter(2), io_uring/'],
    },
  }),
  rule({
    id: 'idle-aio',
    family: 'none',
    title: 'Healthy: waits for kernel AIO events',
    explanation: {
      meaning:
        'The thread is in io_getevents (S, `read_events`) and waits for AIO that it has submitted or ' +
        'will submit. Only a device whose requests in flight do not fall makes it a hang. A sleeping ' +
        'waiter is killable only while its device answers: on a dead one SIGKILL turns it into D in ' +
        '`exit_aio`.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/syscall`: `read_events`; ' +
          '208 is io_getevents, 333 io_pgetevents on x86-64.',
        '`cat /sys/block/*/inflight` twice: falls or is 0 when all is well.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: ['`strace -p PID`: io_getevents returns EINTR to the program.'],
      lookAlikes: ['The same sleep over a dead device: `d-block-io`. Do not kill it first.'],
      sources: ['io_getevents(2), fs/aio.c'],
    },
  }),
  rule({
    id: 'idle-fuse-daemon',
    family: 'none',
    title: 'Healthy: a FUSE daemon without requests',
    explanation: {
      meaning:
        "The thread serves a FUSE file system and waits for the kernel's next request: S in " +
        '`fuse_dev_do_read` (on 5.10 only in `stack`). SIGKILL works, and ends its mount: all who use ' +
        'it get errors.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/*/wchan`: `fuse_dev_do_read`.',
        '`grep -H fuse_connection /proc/PID/fdinfo/*` (6.18, 7.2): the connection that it serves.',
        '`cat /sys/fs/fuse/connections/N/waiting` (mount -t fusectl): 0.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: [],
      lookAlikes: [
        '`waiting` above 0 and not falling: it took a request and forgot it, or another of its ' +
          'threads hangs: `fuse-wait`.',
      ],
      sources: ['fuse(4), fs/fuse/dev.c'],
    },
  }),
  rule({
    id: 'idle-kthread',
    family: 'none',
    title: 'Healthy: a kernel thread that waits for work',
    explanation: {
      meaning:
        'Kernel threads (kworker, jbd2, md, nfsd …) sleep in I or S until there is work. They have no ' +
        'program, command line or memory; a few are D by design, and count as load. They cannot be ' +
        'killed or traced, and a hang of one is the hang of what it works on.',
      byHand: [
        "`grep -E '^(Name|State|Kthread)' /proc/PID/status`: `Kthread: 1` (6.12 and later).",
        "`timeout -s KILL 2 cat /proc/PID/stat | sed 's/.*) //' | cut -d' ' -f7`: flags; 2097152 " +
          '(0x200000) is set on all kernels.',
        '`timeout -s KILL 2 cat /proc/PID/stack` (root): `worker_thread`, `kthread` or its own loop.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: ['SIGKILL: kernel threads do not react.'],
      lookAlikes: [
        '`[name]` with `Kthread: 0`: a user process in exit that cannot go, a zombie, or one whose ' +
          'command line cannot be read.',
        'A kworker or jbd2 in D for long: a victim of the device: `d-block-io`.',
        'State I of a user process: a thread that waits for a core dump: `coredump-wait`.',
      ],
      sources: ['proc(5) (stat field 9), kernel/kthread.c'],
    },
  }),
  rule({
    id: 'idle-leader-exited',
    family: 'none',
    title: 'Healthy: the main thread has exited, others live on',
    explanation: {
      meaning:
        'The first thread has ended by pthread_exit and stays as Z until the last thread has ended; ' +
        'the process works on. It is reported as info in `zombie-leader-live-threads`. SIGKILL works, ' +
        'unless a thread is in unkillable D.',
      byHand: [
        "`grep -E '^(State|Threads)' /proc/PID/status`: Z with 2 or more threads.",
        '`grep State /proc/PID/task/*/status`: the living ones.',
      ],
      resolves: ['Nothing to repair.'],
      doesNot: [],
      lookAlikes: [
        'A true zombie has `Threads: 1`: `zombie-parent-not-waiting`.',
        "Killed, and one thread in D: that thread's wait is the cause.",
      ],
      sources: ['pthread_exit(3), kernel/exit.c'],
    },
  }),
  rule({
    id: 'idle-other',
    family: 'none',
    title: 'Healthy: sleeps where the kernel function is known to be an idle wait',
    explanation: {
      meaning:
        'The thread sleeps interruptibly (S) in a function of the kernel in which programs and helpers rest until there is ' +
        'work, and no resolver knows more about who would bring it. SIGKILL works.',
      byHand: [
        '`timeout -s KILL 2 cat /proc/PID/task/TID/wchan /proc/PID/task/TID/stack`: the function it sleeps in.',
      ],
      resolves: ['Nothing is to be done.'],
      doesNot: [],
      lookAlikes: [
        'The same function in D waits for a lock of that function: then it is told as `d-lock-contention`.',
      ],
      sources: ['proc(5)'],
    },
  }),
];
