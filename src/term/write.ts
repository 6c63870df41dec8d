import { writeSync } from 'node:fs';

/**
 * Writes all of `text` before it returns, so that process.exit() after it cuts nothing (streams lose what is beyond the
 * pipe's 64 kB). For a reader that has gone (`| head`) the rest is dropped quietly: nobody is left to tell anything, but
 * the exit code stays the answer's, which `set -o pipefail` looks at.
 */
export function writeAll(fd: 1 | 2, text: string): void {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A non-blocking pipe or terminal that is full: its reader is slow, not gone.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === 'EPIPE') return;
      else if (fd === 1) {
        // The disk behind it is full, or it is broken: what was asked for cannot be given.
        writeAll(2, `procdiag: cannot write to stdout: ${code ?? 'unknown'}\n`);
        process.exit(2);
      } else process.exit(2);
    }
  }
}
