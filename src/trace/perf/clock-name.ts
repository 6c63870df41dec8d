const CLOCKS: Readonly<Record<number, string>> = {
  0: 'realtime',
  1: 'monotonic',
  4: 'monotonic_raw',
  7: 'boottime',
  11: 'tai',
};

/** The name that perf gives a CLOCK_ number (clock_gettime(2)). */
export function clockById(id: number): string {
  return CLOCKS[id] ?? `clock ${id}`;
}
