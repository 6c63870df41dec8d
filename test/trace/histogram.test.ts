import { expect, test } from 'vitest';
import { Histogram } from '../../src/trace/histogram.ts';

test('quantiles are within 3 % of the true ones, ends and sums exact', () => {
  const values = Array.from({ length: 10_000 }, (_, nth) => 100 + ((nth * 7919) % 10_000) ** 2);
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  const sorted = values.toSorted((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.95, 0.99]) {
    const true_ = sorted[Math.ceil(share * sorted.length) - 1]!;
    expect(Math.abs(histogram.quantile(share) - true_) / true_).toBeLessThan(0.03);
  }
  expect(histogram.min).toBe(sorted[0]);
  expect(histogram.max).toBe(sorted.at(-1));
  expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0));
  expect(histogram.quantile(1)).toBe(sorted.at(-1));
});

test('an empty one is all zero, and odd values share the lowest class', () => {
  const histogram = new Histogram();
  expect([histogram.min, histogram.max, histogram.quantile(0.5)]).toEqual([0, 0, 0]);
  for (const value of [-5, 0, 0.5]) histogram.add(value);
  expect(histogram.quantile(0.5)).toBeLessThanOrEqual(1);
  expect(histogram.count).toBe(3);
});
