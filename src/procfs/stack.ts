import { type Frame, parseFrameLine } from './kernel-log/frames.ts';
import { lines } from './kernel-log/lines.ts';

export type { Frame } from './kernel-log/frames.ts';

/**
 * /proc/PID/stack (root only, proc_pid_stack() in fs/proc/base.c): one `[<0>] name+0x1/0x2 [module]` a line, innermost
 * first; empty for zombies. Functions of the scheduler and of locks are not shown by kernels since 5.11 or so.
 */
export function parseStack(text: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of lines(text)) {
    const parsed = parseFrameLine(line.trim());
    if (parsed) frames.push(...parsed.frames);
  }
  return frames;
}
