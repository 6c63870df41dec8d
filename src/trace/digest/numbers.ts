/** Times and counts in words, for sentences. */

/** `840 ns`, `12.3 μs`, `4.98 s`, `2 min 5 s`: three digits, as more would be noise. */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds === 0) return '0 s';
  // Not `1000 ms` for what rounds to a second.
  if (seconds < 0.9995e-6) return `${Math.round(seconds * 1e9)} ns`;
  if (seconds < 0.9995e-3) return `${three(seconds * 1e6)} μs`;
  if (seconds < 0.9995) return `${three(seconds * 1e3)} ms`;
  if (seconds < 120) return `${three(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function three(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** `48 213`: thousands parted by a thin gap that needs no locale. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `12 %`, `0.4 %`, `<0.1 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '?';
  const hundred = share * 100;
  if (hundred > 0 && hundred < 0.1) return '<0.1 %';
  return `${hundred < 9.95 ? Number(hundred.toFixed(1)) : hundred.toFixed(0)} %`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
