/**
 * What can be asked of a source, as one flat name space of strings, so that a capture bundle is a plain list of
 * name → outcome:
 *
 * - `/proc/1/status`: a file's bytes
 * - `/proc/1/task/`: the names in a directory, one a line (the trailing slash says so)
 * - `links:/proc/1/fd`: the links of a directory by lstat and readlink only, never followed: `NAME TAB MODE TAB TARGET NUL`
 * - `mem:PID:HEXADDR:LENGTH`: bytes of the target's memory, at most 64
 * - `pagemap:PID:HEXADDR`: the 8-byte pagemap word of that address's page
 * - `self`: who looks and from where, as JSON (see HostEvidence.self)
 * - `canary`: nothing, once every process let itself be read; not readable where that has to be found out one by one
 * - `ss:unix:PID`: unix sockets and their peers as `ss -xanH` prints them, in PID's network namespace (0 = ours)
 * - `sem:PID:ID`: of each semaphore of a System V set its number, who changed it last, and its value (semctl(2), GETPID and
 *   GETVAL), in PID's IPC namespace (0 = ours)
 */
export type Key = string;

export const SELF: Key = 'self';
export const CANARY: Key = 'canary';
export const links = (directory: string): Key => `links:${directory}`;
export const memory = (pid: number, address: bigint, length: number): Key =>
  `mem:${pid}:${address.toString(16)}:${length}`;
export const pagemap = (pid: number, address: bigint): Key => `pagemap:${pid}:${address.toString(16)}`;
export const unixSockets = (pid: number): Key => `ss:unix:${pid}`;

export const semaphores = (pid: number, id: number): Key => `sem:${pid}:${id}`;

/** The process a key speaks of, or undefined for host-wide keys. */
export function pidOf(key: Key): number | undefined {
  const match = /^(?:links:)?\/proc\/(\d+)(?:\/|$)/.exec(key) ?? /^(?:mem|pagemap):(\d+):/.exec(key);
  return match ? Number(match[1]) : undefined;
}

/** The path that a key stands for, as a person would type it. */
export function pathOf(key: Key): string {
  if (key.startsWith('links:')) return key.slice(6);
  if (key.startsWith('mem:') || key.startsWith('pagemap:')) {
    const [what, pid, address] = key.split(':');
    return `/proc/${pid}/${what}@0x${address}`;
  }
  return key;
}
