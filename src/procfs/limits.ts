import { decimal, lines } from './text.ts';

export interface ResourceLimit {
  /** Infinity: unlimited. */
  readonly soft: number;
  readonly hard: number;
  /** `files`, `bytes`, `processes` …; empty for priorities. */
  readonly unit: string;
}

/** /proc/PID/limits, proc_pid_limits(5), by the kernel's own names: `Max open files`, `Max processes` … */
export function parseLimits(text: string): Map<string, ResourceLimit> {
  const limits = new Map<string, ResourceLimit>();
  for (const line of lines(text)) {
    const match = /^(Max [a-z ]{1,24}?) +(\d+|unlimited) +(\d+|unlimited) {0,32}([a-z]*) {0,32}$/.exec(line);
    const soft = limitOf(match?.[2]);
    const hard = limitOf(match?.[3]);
    if (match !== null && soft !== undefined && hard !== undefined) {
      limits.set(match[1]!, { soft, hard, unit: match[4]! });
    }
  }
  return limits;
}

function limitOf(word: string | undefined): number | undefined {
  return word === 'unlimited' ? Number.POSITIVE_INFINITY : decimal(word);
}
