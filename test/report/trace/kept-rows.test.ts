import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DURATION, KeptRows } from '../../../src/report/trace/kept-rows.ts';

const MOST = 16;

function kept(durations: readonly number[]): { rows: KeptRows; stay: number[]; gone: number[] } {
  const gone: number[] = [];
  const rows = new KeptRows(2, MOST, (row) => gone.push(row[DURATION]!));
  for (const [at, duration] of durations.entries()) rows.add([duration, at]);
  const stay = Array.from({ length: rows.length }, (_, row) => rows.at(row, DURATION));
  return { rows, stay, gone };
}

function ordered(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

describe('rows of which the longest are kept', () => {
  it('are never too many, never lost, and the longest of all stay', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 200 }), (durations) => {
        const { rows, stay, gone } = kept(durations);
        expect(stay.length).toBeLessThanOrEqual(MOST);
        expect(ordered([...stay, ...gone])).toEqual(ordered(durations));
        if (durations.length > 0) expect(Math.max(...stay)).toBe(Math.max(...durations));
        if (durations.length <= MOST) expect(gone).toEqual([]);
        const complete = durations.filter((duration) => duration >= rows.completeFrom);
        if (rows.completeFrom > 0)
          expect(ordered(stay.filter((duration) => duration >= rows.completeFrom))).toEqual(
            ordered(complete),
          );
      }),
    );
  });

  it('come in order', () => {
    const rows = new KeptRows(3, MOST, () => {});
    for (const [start, group] of [
      [5, 2],
      [3, 2],
      [9, 1],
      [4, 2],
      [9, 1],
    ])
      rows.add([1, start!, group!]);
    expect([...rows.grouped(2)]).toEqual([2, 4, 1, 3, 0]);
  });
});
