import { rule } from './rule.ts';

export default rule({
  id: 'inotify-instances',
  family: 'leak',
  title: 'The user has no inotify instances left',
  explanation: {
    meaning:
      'inotify_init1 fails with EMFILE: the user has fs.inotify.max_user_instances (128 unless set otherwise), counted over ' +
      'all of its processes. Each inotify descriptor that was made is one, however few its watches. Programs that make one ' +
      'for each file, each request or each reload use them up; so do many containers under one user, `tail -f` and systemd ' +
      'included. The same number means that RLIMIT_NOFILE is reached: then other calls fail with EMFILE, too.',
    byHand: [
      '`cat /proc/sys/fs/inotify/max_user_instances`: the limit.',
      "`find /proc/[0-9]*/fd -lname 'anon_inode:inotify' 2>/dev/null | cut -d/ -f3 | sort | uniq -c | sort -rn | head`: who " +
        'has how many; copies made by fork and dup are counted here, and not by the limit.',
      '`ls /proc/PID/fd | wc -l; grep "Max open files" /proc/PID/limits`: far from that limit, it is this one.',
    ],
    resolves: [
      '`sysctl -w fs.inotify.max_user_instances=1024`, and the same in /etc/sysctl.d: works at once.',
      'Repair the program that makes many: one instance can hold all of its watches.',
      'End a process that holds many and is not needed: SIGKILL frees them as well.',
    ],
    doesNot: [
      '`ulimit -n` or `prlimit --nofile`: another limit, with the same number.',
      'Raising max_user_watches: that is how much all instances together may watch.',
    ],
    lookAlikes: [
      'EMFILE of open, socket, accept as well: `fd-limit`.',
      'ENOSPC of inotify_add_watch: `inotify-watches`.',
    ],
    sources: ['inotify(7), inotify_init(2)', 'kernel: fs/notify/inotify/inotify_user.c (inotify_new_group)'],
  },
});
