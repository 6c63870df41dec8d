import { rule } from './rule.ts';

export default rule({
  id: 'temp-files-left',
  family: 'leak',
  title: 'Makes temporary files over and over and does not delete them',
  explanation: {
    meaning:
      'A program makes files in /tmp, /var/tmp or /dev/shm, or by mkstemp and mkdtemp elsewhere, and a path of it ends without ' +
      'deleting them: an error, a timeout, a child that is killed. The kernel deletes a file with the last name and the last ' +
      'descriptor alone, not with the process that made it: files with a name stay after SIGKILL and after a restart. They take ' +
      'blocks and inodes of the disk, and memory where /tmp or /dev/shm is a tmpfs; when either is used up, everybody gets ' +
      'ENOSPC, and looks into a directory with millions of names take seconds.',
    byHand: [
      '`ls -lt /tmp | head` and `find /tmp -xdev -type f | wc -l`, twice, some minutes apart.',
      '`df -h /tmp /dev/shm; df -i /tmp`: blocks and inodes that are left.',
      '`procdiag trace --strace PID --duration 60`: which of the files that it makes it deletes. perf alone sees no paths.',
      '`find /tmp -xdev -printf "%u %h\\n" | sort | uniq -c | sort -rn | head`: whose they are.',
    ],
    resolves: [
      'Delete them where they are made, on the paths of errors and signals too (`finally`, `defer`, `trap … EXIT` in a shell).',
      'Make files that need no deleting: `O_TMPFILE`, `memfd_create`, or unlink a file as soon as it is open.',
      'A private /tmp for a service (`PrivateTmp=yes` of systemd) goes with the service.',
    ],
    doesNot: [
      'Restarting the program: files with a name stay.',
      'More space or more inodes: it takes longer, and ends the same way.',
    ],
    lookAlikes: [
      'A spool: another program takes the files away, later or elsewhere.',
      'A cache that fills: it deletes the oldest when it is full.',
      'Deleted files that are still open: they have no name, and go with their descriptors (`fd-leak`).',
    ],
    sources: [
      'mkstemp(3), mkdtemp(3), open(2) (O_TMPFILE), unlink(2), tmpfs(5)',
      'systemd-tmpfiles(8), systemd.exec(5) (PrivateTmp)',
    ],
  },
});
