import { lines } from './kernel-log/each-line.ts';
import { type Frame, parseFrameLine } from './kernel-log/frames.ts';

export type { Frame } from './kernel-log/frames.ts';

/** What kernels print for nearly all functions; suffixes, modules and older ways are left to the patterns for logs. */
const AS_NOW = /^\[<0>\] ([A-Za-z_]\w{0,180})\+0x[\da-f]{1,16}\/0x[\da-f]{1,16}$/;

/**
 * /proc/PID/stack (root only, proc_pid_stack() in fs/proc/base.c): one `[<0>] name+0x1/0x2 [module]` a line, innermost
 * first; empty for zombies. Functions of the scheduler and of locks are not shown by kernels since 5.11 or so.
 */
export function parseStack(text: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of lines(text)) {
    const name = AS_NOW.exec(line)?.[1];
    if (name !== undefined) {
      frames.push({ name, raw: line });
      continue;
    }
    const parsed = parseFrameLine(line.trim());
    if (parsed) frames.push(...parsed.frames);
  }
  return frames;
}
