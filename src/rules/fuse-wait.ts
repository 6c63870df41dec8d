import { chainOf, culpritOf, named } from './blame.ts';
import { findingAt, stateClause, who } from './build.ts';
import { fuseRemedies, sigkillDoesNot } from './remedies.ts';
import { rule } from './rule.ts';

export default rule({
  id: 'fuse-wait',
  family: 'd-state',
  title: 'Waits for a FUSE daemon that does not answer',
  absorbs: ['stopped', 'stopped-tty'],
  find: (blame) =>
    blame.stepsOf('fuse').map((step) => {
      const culprit = culpritOf(step);
      const connection = chainOf(step)
        .find(({ to }) => to.kind === 'fuse-connection')
        ?.to.id.split(':')[1];
      const stuck = step.wait.detail?.execStuck === true;
      return findingAt(blame, step, {
        severity: 'critical',
        title:
          culprit.pid === undefined
            ? 'a FUSE request is not answered'
            : `FUSE daemon ${named(culprit)} does not answer`,
        summary: `${who(step)} waits in ${step.wait.point}; ${culprit.pid === undefined ? 'its daemon could not be found' : `it has to be answered by ${named(culprit)}${stateClause(blame, culprit)}`}.${stuck ? ' Until then ps, top, lsof and every other reader of its /proc files hang.' : ''}`,
        remedies: [
          ...fuseRemedies(blame, culprit, connection),
          ...(step.wait.killable === false
            ? [sigkillDoesNot('the daemon has already taken the request')]
            : []),
        ],
      });
    }),
  explanation: {
    meaning:
      'The thread called into a FUSE file system (sshfs, s3fs, gluster, rclone, …), and its daemon ' +
      'does not answer. Requests wait in S, `request_wait_answer` under `fuse_simple_request` ' +
      '(6.12, 6.18: `__fuse_simple_request`; 7.2: `fuse_chan_send`); cached reads wait in killable ' +
      'D on the page (`folio_wait_bit_common`, 5.10: `wait_on_page_bit_common`). S does not mean ' +
      'killable here: when the daemon has already taken the request, SIGKILL turns the waiter into ' +
      'an unkillable D until the request is answered or aborted; when it has not (the daemon is ' +
      'stopped) SIGKILL works, and page reads die too. The culprit is the daemon and its own state: ' +
      'stopped, blocked, busy, or waiting for its network. Without a request timeout ' +
      '(`/proc/sys/fs/fuse/default_request_timeout`, 6.18 and 7.2, 0 by default) it is for ever.',
    byHand: [
      "`grep -E ' - fuse' /proc/PID/mountinfo`: the third word is 0:N, and N the number of the " +
        'connection.',
      "`grep -s '^fuse_connection' /proc/[0-9]*/fdinfo/*` (6.18, 7.2): whose descriptor serves N. " +
        'On older kernels only `find /proc/[0-9]*/fd -lname /dev/fuse`: all FUSE daemons (on 6.12 it ' +
        'can hang if a process is stuck in execve).',
      '`grep State /proc/DAEMON/task/*/status; timeout -s KILL 2 cat /proc/DAEMON/wchan`: T is ' +
        'stopped; `fuse_dev_do_read` waits for requests, so a request that still hangs was taken and ' +
        'forgotten; anything else is what the daemon waits for.',
      '`mount -t fusectl none /sys/fs/fuse/connections; cat /sys/fs/fuse/connections/N/waiting` ' +
        'twice: above 0 and not falling: no answers.',
    ],
    resolves: [
      '`kill -CONT DAEMON` if it is stopped, else fix what it waits for: all requests go on, ' +
        'nothing is lost.',
      '`echo 1 > /sys/fs/fuse/connections/N/abort`: frees all waiters at once, also those that were ' +
        'killed and could not die. Their calls fail, and the mount is dead: `umount MNT`, mount ' +
        'again.',
      '`kill -KILL DAEMON`: does the same.',
    ],
    doesNot: [
      '`kill -9` of the waiter, once the daemon has its request: it goes from S to unkillable D.',
      '`umount MNT` says busy; `umount -l MNT` succeeds and frees nobody: it hides the mount and ' +
        'the way to its number N.',
      '`strace -p` of the waiter: leaves it in D for good.',
      '`ls`, `df`, `stat`, `readlink -f` on the mount: they hang as well (plain `readlink` and ' +
        'mountinfo do not).',
    ],
    lookAlikes: [
      'A slow daemon (sshfs over a bad line): `waiting` goes up and down.',
      'An idle daemon sleeps in `fuse_dev_do_read` and nobody waits for it: healthy.',
      "A page wait on a local disk has the same frames: the file's mount tells.",
    ],
    sources: [
      'fuse(4), fs/fuse/dev.c (request_wait_answer)',
      'Documentation/filesystems/fuse.rst (Interrupting filesystem operations; Aborting a ' +
        'filesystem connection)',
      'fs/fuse/control.c',
    ],
  },
});
