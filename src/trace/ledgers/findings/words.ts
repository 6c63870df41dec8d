import type { Ns } from '../../event.ts';

/** `4711 api-worker`. */
export function named(pid: number, comm: string): string {
  return comm === '' ? `${pid}` : `${pid} ${comm}`;
}

/** `1 descriptor`, `3 descriptors`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `4.2 s`, `310 ms`. */
export function span(ns: Ns): string {
  if (ns >= 9_950_000_000) return `${Math.round(ns / 1e9)} s`;
  return ns >= 995_000_000 ? `${(ns / 1e9).toFixed(1)} s` : `${Math.round(ns / 1e6)} ms`;
}

/** `64 KiB`, `9.2 MiB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = Math.abs(bytes);
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  const shown = value >= 9.95 || unit === 0 ? Math.round(value) : Number(value.toFixed(1));
  return `${bytes < 0 ? '-' : ''}${shown} ${units[unit]}`;
}

/** `3x ENOSPC`. */
export function times(n: number, what: string): string {
  return n === 1 ? what : `${n}x ${what}`;
}
