import { decimal, lines, words } from './text.ts';

/**
 * Flat keyed files of cgroups: cgroup.events, memory.events, pids.events, cpu.stat, memory.stat, v1 memory.oom_control …
 * (Documentation/admin-guide/cgroup-v2.rst). `max` is Infinity. No prototype: a key may be called anything.
 */
export function parseFlatKeyed(text: string): Record<string, number> {
  const values = Object.create(null) as Record<string, number>;
  for (const line of lines(text)) {
    const [key, word, ...more] = words(line);
    const value = parseAmount(word ?? '');
    if (key !== undefined && value !== undefined && more.length === 0) values[key] = value;
  }
  return values;
}

/** Nested keyed files: `8:0 rbps=max wiops=120` of io.max, io.stat. Infinity: max. */
export function parseNestedKeyed(text: string): Map<string, Record<string, number>> {
  const byKey = new Map<string, Record<string, number>>();
  for (const line of lines(text)) {
    const [key, ...pairs] = words(line);
    if (key === undefined || pairs.length === 0) continue;
    byKey.set(key, parseFlatKeyed(pairs.map((pair) => pair.replace('=', ' ')).join('\n')));
  }
  return byKey;
}

/** Files of one number, or `max` (Infinity): pids.max, pids.current, memory.max, cgroup.freeze … */
export function parseAmount(text: string): number | undefined {
  const word = text.trim();
  return word === 'max' ? Number.POSITIVE_INFINITY : decimal(word);
}

/** cpu.max: microseconds of CPU time (Infinity: max) in each period. */
export function parseCpuMax(
  text: string,
): { readonly quotaUs: number; readonly periodUs: number } | undefined {
  const [quota, period] = words(text.trimEnd());
  const quotaUs = parseAmount(quota ?? '');
  const periodUs = decimal(period);
  return quotaUs === undefined || periodUs === undefined ? undefined : { quotaUs, periodUs };
}

export type FreezerState = 'THAWED' | 'FREEZING' | 'FROZEN';

/** freezer.state of cgroup v1. */
export function parseFreezerState(text: string): FreezerState | undefined {
  const word = text.trim();
  return word === 'THAWED' || word === 'FREEZING' || word === 'FROZEN' ? word : undefined;
}
