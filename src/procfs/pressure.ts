import { decimal, fraction, keyed, lines, words } from './text.ts';

export interface PressureLine {
  /** Percent of the last 10, 60, 300 seconds. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds since boot. */
  readonly totalUs: number;
}

/** /proc/pressure/* and a cgroup's *.pressure, Documentation/accounting/psi.rst. `io` counts waits for I/O only, not every D. */
export interface Pressure {
  readonly some?: PressureLine;
  /** All non-idle tasks at once. */
  readonly full?: PressureLine;
}

export function parsePressure(text: string): Pressure {
  const pressure: { some?: PressureLine; full?: PressureLine } = {};
  for (const line of lines(text)) {
    const [kind, ...rest] = words(line);
    const values = keyed(rest.join('\n').replaceAll('=', ':'));
    const [avg10, avg60, avg300] = ['avg10', 'avg60', 'avg300'].map((key) => fraction(values.get(key)));
    const totalUs = decimal(values.get('total'));
    if (kind !== 'some' && kind !== 'full') continue;
    if (avg10 === undefined || avg60 === undefined || avg300 === undefined || totalUs === undefined) continue;
    pressure[kind] = { avg10, avg60, avg300, totalUs };
  }
  return pressure;
}
