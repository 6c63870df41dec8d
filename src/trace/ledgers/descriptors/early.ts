import type { Early } from './table.ts';

const MOST_EARLY = 256;

/** Of a process whose parent nobody has told yet. */
export function newEarly(): Early {
  return { copies: new Map(), closed: [], closeOnExec: new Map(), marked: [] };
}

export function rememberRange(ranges: Early['closed'] | undefined, first: number, last: number): void {
  if (ranges !== undefined && ranges.length < MOST_EARLY) ranges.push([first, last]);
}

export function rememberCopy(early: Early | undefined, from: number, to: number): void {
  if (early !== undefined && early.copies.size < MOST_EARLY) early.copies.set(to, from);
}

export function isWithin(ranges: Early['closed'] | undefined, fd: number): boolean {
  return ranges?.some(([first, last]) => fd >= first && fd <= last) === true;
}
