const UNITS: readonly (readonly [ns: number, name: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** `4.98 s`, `250.9 ms`, `3.00 µs`, `17 ns`: four digits at most. */
export function durationText(ns: number): string {
  if (ns >= 600e9) return `${(ns / 60e9).toFixed(1)} min`;
  const [unit, name] = UNITS.find(([size]) => Math.abs(ns) >= size) ?? [1, 'ns'];
  const value = ns / unit;
  const digits = unit === 1 ? 0 : Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return `${value.toFixed(digits)} ${name}`;
}

/** A moment, with as many digits as a view of that length tells apart: `1.204 317 s`. */
export function timeText(ns: number, lengthNs: number): string {
  const wanted = Math.ceil(-Math.log10(Math.max(lengthNs, 1) / 1e9)) + 2;
  const digits = Math.min(9, Math.max(3, Math.ceil(wanted / 3) * 3));
  const [whole, fraction = ''] = (ns / 1e9).toFixed(digits).split('.');
  const groups = fraction.replace(/(\d{3})(?=\d)/g, '$1\u2009');
  return `${whole}${groups === '' ? '' : `.${groups}`} s`;
}

/** `12 345`, with thin spaces. */
export function countText(count: number): string {
  return String(count).replace(/(?<=\d)(?=(?:\d{3})+$)/g, '\u2009');
}

export function percentText(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  if (percent > 99.9 && percent < 100) return `${percent.toFixed(3)} %`;
  return `${percent.toFixed(percent > 0 && percent < 10 ? 1 : 0)} %`;
}

/** The time of day of a moment, in UTC, to the microsecond. */
export function clockText(realtimeNs: string, ns: number): string {
  const total = BigInt(realtimeNs) + BigInt(Math.round(ns));
  const iso = new Date(Number(total / 1_000_000n)).toISOString();
  const micro = String((total / 1000n) % 1_000_000n).padStart(6, '0');
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${micro} UTC`;
}

/** Steps for an axis: 1, 2 or 5 times a power of ten. */
export function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= atLeast) ?? 10;
  return Math.max(1, factor * power);
}
