import { fraction, words } from './text.ts';

/** /proc/uptime, proc_uptime(5). Seconds since boot, suspended time included; `idle` is summed over all CPUs. */
export interface Uptime {
  readonly seconds: number;
  readonly idle: number;
}

export function parseUptime(text: string): Uptime | undefined {
  const [seconds, idle] = words(text.trimEnd()).map(fraction);
  return seconds === undefined || idle === undefined ? undefined : { seconds, idle };
}
