/** strace's other names of system calls, by the kernel's. */
const OTHER: ReadonlyMap<string, string> = new Map([
  ['newfstatat', 'fstatat64'],
  ['pread64', 'pread'],
  ['pwrite64', 'pwrite'],
  ['umount2', 'umount'],
  ['sendfile', 'sendfile64'],
  ['newstat', 'stat'],
  ['newfstat', 'fstat'],
  ['newlstat', 'lstat'],
  ['newuname', 'uname'],
  ['fadvise64', 'posix_fadvise'],
]);

/** One name for a system call, however the kernel's table or a version of strace calls it: what two names are compared by. */
export function nameInStrace(name: string): string {
  return OTHER.get(name) ?? name;
}
