import { existsSync } from 'node:fs';

/** Why the system starts no program at all, and what helps. */
export interface NotStarted {
  /** A clause: `no more processes may be started (EAGAIN)`. */
  readonly why: string;
  /** A sentence. */
  readonly remedy: string;
}

const ROOM: Readonly<Record<string, NotStarted>> = {
  EAGAIN: {
    why: 'no more processes may be started (EAGAIN)',
    remedy: 'Raise the limit: ulimit -u, or pids.max of the cgroup.',
  },
  EMFILE: { why: 'too many files are open (EMFILE)', remedy: 'Raise the limit: ulimit -n 1024.' },
  ENFILE: {
    why: 'the host has too many files open (ENFILE)',
    remedy: 'Raise the limit: sysctl fs.file-max.',
  },
  ENOMEM: { why: 'there is too little memory (ENOMEM)', remedy: 'Make room, or raise the limit.' },
};

/** What is wrong with the host and not with the program: undefined where it is the program (fork(2), execve(2), pipe(2)). */
export function notStarted(errno: string | undefined): NotStarted | undefined {
  if (errno === 'ENOENT' && !existsSync('/dev/null'))
    return { why: 'there is no /dev/null', remedy: 'Mount /dev, or: mknod -m 666 /dev/null c 1 3.' };
  return errno === undefined ? undefined : ROOM[errno];
}
