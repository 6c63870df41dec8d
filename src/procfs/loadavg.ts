import { decimal, fraction, words } from './text.ts';

/** /proc/loadavg, proc_loadavg(5). Counts runnable tasks and every task in D. */
export interface LoadAverage {
  readonly one: number;
  readonly five: number;
  readonly fifteen: number;
  /** Tasks that can run now. */
  readonly running: number;
  /** All tasks. */
  readonly tasks: number;
}

export function parseLoadavg(text: string): LoadAverage | undefined {
  const [first, second, third, counts = ''] = words(text.trimEnd());
  const [one, five, fifteen] = [first, second, third].map(fraction);
  const [running, tasks] = counts.split('/').map(decimal);
  if (one === undefined || five === undefined || fifteen === undefined) return undefined;
  if (running === undefined || tasks === undefined) return undefined;
  return { one, five, fifteen, running, tasks };
}
