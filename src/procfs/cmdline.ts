/**
 * /proc/PID/cmdline, proc_pid_cmdline(5): the arguments (latin1 bytes). Empty for kernel threads, zombies, exiting
 * processes and unreadable argument pages. A program that rewrote its title gives one "argument" with blanks.
 */
export function parseCmdline(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
