import { rule } from './rule.ts';

export default rule({
  id: 'inotify-watches',
  family: 'leak',
  title: 'The user has no inotify watches left',
  explanation: {
    meaning:
      'inotify_add_watch fails with ENOSPC: the user has fs.inotify.max_user_watches of them, counted over all of its ' +
      'processes (and user namespaces). It has nothing to do with disk space. One watch is one directory or file, so a tool ' +
      'that follows a tree needs one for each directory in it: editors, bundlers, test watchers, file synchronisers, and ' +
      'kubelet and log shippers on servers. Most programs go on without: they miss changes, or fall back to reading all ' +
      'files again and again. The processes that hold most are to blame, not always the one that failed.',
    byHand: [
      '`cat /proc/sys/fs/inotify/max_user_watches`: the limit.',
      '`grep -c "^inotify" /proc/[0-9]*/fdinfo/* 2>/dev/null | grep -v ":0$" | sort -t: -k2 -rn | head`: who has how many.',
      '`strace -f -e trace=inotify_add_watch -p PID`: which path, and ENOSPC.',
    ],
    resolves: [
      '`sysctl -w fs.inotify.max_user_watches=524288`, and the same in /etc/sysctl.d: at once; programs must add their ' +
        'watches again.',
      'Let the tool leave out what need not be watched: node_modules, build output, .git.',
      'End a process that holds many and is not needed (SIGKILL frees them as well): they go with its inotify descriptor.',
    ],
    doesNot: [
      'Freeing disk space: ENOSPC means another space here.',
      'Raising fs.inotify.max_queued_events: that is how many events wait to be read.',
      'Raising it inside a container: it is a setting of the host, counted by user.',
    ],
    lookAlikes: [
      'ENOSPC of write, mkdir, open: the disk, or its inodes.',
      'ENOMEM of inotify_add_watch: the kernel has no memory for it (of its cgroup).',
      'EMFILE of inotify_init1: `inotify-instances`.',
    ],
    sources: [
      'inotify(7), inotify_add_watch(2)',
      'kernel: fs/notify/inotify/inotify_user.c (inotify_new_watch), since 5.11 the default grows with memory',
    ],
  },
});
