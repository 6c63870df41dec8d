import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import type { Outcome } from '../outcome.ts';

/** Bytes of one file that are kept; more is cut and said to be. */
const FILE_LIMIT = 8 * 1024 * 1024;

/**
 * Files whose read takes no lock that a stuck process can hold. Measured on 5.10, 6.1, 6.12, 6.18 and 7.2 with targets
 * inside execve, with mmap_lock held, exiting and dumping core; all else of /proc/PID is read by a child that can be killed.
 */
const OF_A_PROCESS = new Set(
  'status comm statm sched schedstat cgroup limits mountinfo oom_score oom_score_adj timers children'.split(
    ' ',
  ),
);
const PROCESS_FILE = /^\/proc\/(?:\d+|self)(?:\/task\/\d+)?\/([a-z_]+)$/;
const OTHER_LOCK_FREE =
  /^\/proc\/(?:(?:\d+|self)(?:\/task\/\d+)?\/(?:fdinfo\/\d+|net\/[a-z0-9_]+)|stat|locks|swaps|uptime|version|mounts|sys\/.*|pressure\/\w+)$/;

/** Directories whose names can be listed without such a lock (their entries' links cannot all be read without). */
const LISTABLE = /^\/(?:proc|sys)(?:\/.*)?$/;

/** Whether no read of this file waits for a lock that a stuck process may hold. */
export function isLockFree(path: string): boolean {
  const file = PROCESS_FILE.exec(path)?.[1];
  // The second pattern is asked in few runs, and takes V8 longer to compile than a read takes.
  return file === undefined ? OTHER_LOCK_FREE.test(path) : OF_A_PROCESS.has(file);
}
export const isListable = (directory: string): boolean => LISTABLE.test(directory);

const buffer = Buffer.allocUnsafe(64 * 1024);

/** Reads a lock-free file at once, in this process. Synchronous reads cost a quarter of promises here. */
export function readNow(path: string): Outcome {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    let text = '';
    for (;;) {
      const got = readSync(descriptor, buffer, 0, buffer.length, null);
      if (got === 0) return { kind: 'text', text };
      text += buffer.toString('latin1', 0, got);
      if (text.length >= FILE_LIMIT) return { kind: 'text', text, cut: true };
    }
  } catch (error) {
    return { kind: 'error', errno: errnoOf(error) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The names in a directory, one a line. */
export function listNow(directory: string): Outcome {
  try {
    return { kind: 'text', text: readdirSync(directory, 'latin1').join('\n') };
  } catch (error) {
    return { kind: 'error', errno: errnoOf(error) };
  }
}

/** `ENOENT` &c. of what fs throws. */
export function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : 'EIO';
}
