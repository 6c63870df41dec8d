import { culpritOf, named, neighbourOf } from './blame.ts';
import { findingAt, stateAside, who } from './build.ts';
import { advice, remediesFor } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'queue-full',
  family: 'wait',
  title: 'Blocked send: the message queue is full and nobody receives from it',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('queue-write').map((step) => {
      const reader = neighbourOf(step);
      const culprit = culpritOf(step);
      const queue = step.wait.detail?.queue ?? 'the message queue';
      const isKnown = reader?.pid !== undefined;
      return findingAt(blame, step, {
        severity: 'warning',
        title: isKnown
          ? `message queue full: ${named(reader)} does not receive`
          : 'sends to a full message queue',
        summary: `${who(step)} waits in ${step.wait.point}: ${queue} is full, and ${isKnown ? `${named(reader)}${stateAside(blame, reader)}, who receives from it, does not take anything out` : 'who should receive from it could not be found'}.`,
        culprit,
        remedies: [
          // The queue outlives its receiver: to end that one frees nobody.
          ...remediesFor(blame, culprit).filter(({ command }) => command !== `kill ${culprit.pid}`),
          {
            command: 'ipcs -q; grep . /dev/mqueue/*',
            effect: 'shows how much is in the queues of System V and POSIX (where mqueue is mounted)',
            risk: 'none: reads only',
          },
          advice('In the program: send with a limit of time (mq_timedsend) or IPC_NOWAIT.'),
        ],
      });
    }),
  explanation: {
    meaning:
      'The queue has as many messages or bytes as it may (msg_qbytes of System V, mq_maxmsg of ' +
      'POSIX), and the sender sleeps in S until somebody receives: `do_msgsnd`, or `wq_sleep` under ' +
      '`do_mq_timedsend`. Messages outlive their processes: a receiver that has ended, or takes ' +
      'only other types of message, leaves the queue full. The culprit is the receiver, and what it ' +
      'does instead. SIGKILL of the sender works.',
    byHand: [
      '`timeout -s KILL 2 cat /proc/PID/task/TID/syscall`: 69 is msgsnd on x86-64, then the id of the ' +
        'queue; 242 is mq_timedsend, then the descriptor N.',
      '`cat /proc/sysvipc/msg`: qnum messages, cbytes bytes, lrpid the last that received (0: nobody ' +
        'ever did). Of the reader’s own IPC namespace.',
      '`timeout -s KILL 2 readlink /proc/PID/fd/N`, then `timeout -s KILL 10 find /proc/[0-9]*/fd -lname ' +
        'NAME`: who has the queue open (a process stuck in execve makes it hang on 6.12 and 6.18).',
      '`grep State /proc/RECEIVER/task/*/status; timeout -s KILL 2 cat /proc/RECEIVER/task/*/wchan`: ' +
        'stopped, or at something else.',
    ],
    resolves: [
      '`kill -CONT RECEIVER` if it is stopped, else fix what it waits for, or start it again: the sender goes on.',
      '`ipcrm -q ID` (System V): the senders get EIDRM, and the messages are lost.',
      'For later: IPC_NOWAIT, mq_timedsend, or a non-blocking queue (O_NONBLOCK).',
    ],
    doesNot: [
      'Ending only the sender: the next one meets the same queue.',
      'A larger queue (`kernel.msgmnb`, `fs.mqueue.msg_max`): later, but the same; queues that are there keep their size.',
    ],
    lookAlikes: [
      'A slow receiver: the context switches of the sender grow.',
      'A receiver that waits for a message (msgrcv, mq_receive): healthy, `idle-ipc`.',
    ],
    sources: [
      'msgop(2), mq_send(3), mq_overview(7), sysvipc(7)',
      'ipc/msg.c (do_msgsnd), ipc/mqueue.c (do_mq_timedsend)',
    ],
  },
});
