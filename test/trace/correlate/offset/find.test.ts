import { describe, expect, test } from 'vitest';
import {
  findOffset,
  type OffsetFound,
  type OffsetQuestion,
} from '../../../../src/trace/correlate/offset/find.ts';
import { pairUp } from '../../../../src/trace/correlate/offset/fit.ts';
import { cutByLines, type Program, random, seen } from './made-up.ts';

const KINDS = 20;
const anything: Program = { key: (_, chance) => Math.floor(chance * KINDS), calls: 3000 };
const SHIFT = 5_000_000_000;

function found(question: OffsetQuestion): OffsetFound {
  const answer = findOffset(question);
  if ('refused' in answer) throw new Error(answer.refused);
  return answer;
}

describe('from the calls alone', () => {
  test.each([1, 2, 3, 4, 5])('a program that does this and that, seed %i', (seed) => {
    const { shift, errorNs } = found(seen(anything, { clock: (at) => at + SHIFT }, seed));
    expect(Math.abs(shift.at(SHIFT) - SHIFT)).toBeLessThan(10_000);
    expect(Math.abs(shift.at(SHIFT) - SHIFT)).toBeLessThanOrEqual(errorNs!);
  });

  test('several threads, of which each recording has another half of the calls', () => {
    const program = { ...anything, threads: 4 };
    const how = { clock: (at: number) => at - SHIFT, strace: [0, 2000], perf: [1000, 3000] } as const;
    const { shift } = found(seen(program, how));
    expect(Math.abs(shift.at(0) + SHIFT)).toBeLessThan(10_000);
  });

  test('half of the events of perf lost', () => {
    const { shift } = found(seen(anything, { clock: (at) => at + SHIFT, lost: { perf: 0.5 } }));
    expect(Math.abs(shift.at(SHIFT) - SHIFT)).toBeLessThan(15_000);
  });

  test('clocks that drift apart', () => {
    const program = { ...anything, calls: 20_000 };
    const drift = 1e-4;
    const { shift, notes } = found(seen(program, { clock: (at) => at * (1 + drift) + SHIFT }));
    expect(notes.join()).toMatch(/following how the clocks drift apart/);
    for (const at of [2e8, 1e9, 1.5e9]) {
      const raw = at * (1 + drift) + SHIFT;
      expect(Math.abs(raw - shift.at(raw) - at)).toBeLessThan(15_000);
    }
  });

  test('a long log of -r, of which each line is cut to microseconds', () => {
    const question = seen({ ...anything, calls: 30_000 }, { clock: cutByLines(SHIFT, 3) });
    const { shift, notes } = found(question);
    expect(notes.join()).toMatch(/(29\d{3}|30000) of (29\d{3}|30000) calls/);
    const { pairs, agreeing } = pairUp(question.strace, question.straceKeys, question.perf, shift);
    expect(agreeing).toBe(pairs);
    expect(pairs).toBeGreaterThan(29_950);
  });

  test('a loop that is interrupted once', () => {
    const program = { key: (nth: number) => (nth > 900 && nth < 912 ? nth - 900 : nth % 3), calls: 2000 };
    const { shift } = found(seen(program, { clock: (at) => at + SHIFT }));
    expect(Math.abs(shift.at(SHIFT) - SHIFT)).toBeLessThan(10_000);
  });
});

describe('refused', () => {
  test.each([1, 3, 40])('a loop of %i calls', (length) => {
    const program = { key: (nth: number) => nth % length, calls: 3000 };
    expect(findOffset(seen(program, { clock: (at) => at + SHIFT }))).toMatchObject({
      refused: expect.stringMatching(/again and again/),
    });
  });

  test('the same done twice, of which each saw another time', () => {
    const dice = random(7);
    const once = Array.from({ length: 1500 }, () => Math.floor(dice() * KINDS));
    const program = { key: (nth: number) => once[nth % once.length]!, calls: 3000 };
    const how = { clock: (at: number) => at + SHIFT, strace: [0, 1500], perf: [1500, 3000] } as const;
    expect(findOffset(seen(program, how))).toMatchObject({
      refused: expect.stringMatching(/nowhere enough/),
    });
  });

  test('too few calls', () => {
    const answer = findOffset(seen({ ...anything, calls: 12 }, { clock: (at) => at + SHIFT }));
    expect(answer).toMatchObject({ refused: expect.stringMatching(/20 calls are asked for/) });
  });

  test('other threads', () => {
    const one = seen(anything, { clock: (at) => at });
    const other = new Map([[99, one.perf.get(1)!]]);
    expect(findOffset({ ...one, perf: other })).toMatchObject({
      refused: expect.stringMatching(/no thread occurs in both/),
    });
    expect(findOffset({ ...one, perf: new Map() })).toMatchObject({
      refused: expect.stringMatching(/no system calls/),
    });
  });

  test('--clock-offset-ns for a log that tells no time of day', () => {
    expect(findOffset({ ...seen(anything, { clock: (at) => at }), given: 1n })).toMatchObject({
      refused: expect.stringMatching(/--clock-offset-ns is of no use/),
    });
  });
});

describe('by a header', () => {
  const day = 86_400_000_000_000n;
  const realNs = 20_000n * day + 3_600_000_000_000n;
  const clocked = (
    clock: (at: number) => number,
    stamps: 'unix' | 'time-of-day',
    apartNs = 0n,
  ): OffsetQuestion => ({
    ...seen(anything, { clock }),
    stamps,
    straceOriginNs: 20_000n * day,
    header: { clock: 'monotonic', reference: { realNs: realNs + apartNs, clockNs: 0n } },
  });
  const hour = 3_600_000_000_000;

  test('as it stands where the calls allow it', () => {
    const { offsetNs, errorNs, shift } = found(clocked((at) => at + hour + 3000, 'unix'));
    expect(offsetNs).toBe(realNs);
    expect(errorNs).toBe(4000);
    expect(shift.at(hour)).toBe(hour);
  });

  test('corrected where they do not', () => {
    const { offsetNs, notes } = found(clocked((at) => at + hour, 'unix', 60_000n));
    expect(Math.abs(Number(offsetNs! - realNs))).toBeLessThan(10_000);
    expect(notes.join()).toMatch(/corrected by \d+ μs as the calls demand/);
  });

  test('not at all after a step of the wall clock: then the calls tell', () => {
    const { offsetNs, notes } = found(clocked((at) => at + hour, 'unix', 700_000_000n));
    expect(Math.abs(Number(offsetNs! - realNs))).toBeLessThan(10_000);
    expect(notes.join()).toMatch(/by the calls themselves/);
  });

  test.each([
    [-5 * hour, /UTC-05:00/],
    [0, /are UTC\./],
    [5.75 * hour, /UTC\+05:45/],
    [13 * hour, /UTC-11:00/],
  ])('times of day in a zone %d ns ahead', (ahead, words) => {
    const ofDay = (((hour + ahead) % (24 * hour)) + 24 * hour) % (24 * hour);
    const { notes, offsetNs } = found(clocked((at) => at + ofDay, 'time-of-day'));
    expect(notes.join()).toMatch(words);
    expect(offsetNs).toBe(realNs);
  });
});
