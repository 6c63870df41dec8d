import { describe, expect, test } from 'vitest';
import { HostNumbers } from '../../../src/trace/perf/host-numbers.ts';

describe('numbers of the host, and of the PID namespace that perf was started in', () => {
  test('are one where both are the same, and nobody knows before the first row', () => {
    const numbers = new HostNumbers();
    expect([numbers.areApart, numbers.local(4711)]).toEqual([undefined, undefined]);
    expect(numbers.learn(12, 12)).toBe(true);
    expect(numbers.learn(13, 13)).toBe(false);
    expect([numbers.areApart, numbers.local(4711)]).toEqual([false, 4711]);
  });

  test('are learnt from each thread that runs, and given to nobody else', () => {
    const numbers = new HostNumbers();
    expect(numbers.learn(19_195, 2)).toBe(true);
    expect(numbers.learn(19_195, 2)).toBe(false);
    expect([numbers.areApart, numbers.local(19_195), numbers.local(2)]).toEqual([true, 2, undefined]);
    // Its number has been given to another by now.
    expect(numbers.learn(19_195, 7)).toBe(true);
    expect(numbers.local(19_195)).toBe(7);
  });

  test('that are the same by chance are no proof that all are', () => {
    const numbers = new HostNumbers();
    numbers.learn(300, 300);
    numbers.learn(19_195, 2);
    expect([numbers.local(19_195), numbers.local(301)]).toEqual([2, undefined]);
    numbers.learn(300, 300);
    expect(numbers.local(300)).toBe(300);
  });

  test('of whoever is outside, and of the idle task, tell nothing', () => {
    const numbers = new HostNumbers();
    expect(numbers.learn(4711, 0)).toBe(false);
    expect(numbers.learn(0, 0)).toBe(false);
    expect(numbers.areApart).toBeUndefined();
  });

  test('of a child are known from its birth on', () => {
    const numbers = new HostNumbers();
    numbers.learn(19_195, 2);
    numbers.born(2, 3);
    numbers.forked(2, 19_221);
    expect(numbers.local(19_221)).toBe(3);
    numbers.forked(2, 19_222);
    expect(numbers.local(19_222)).toBeUndefined();
  });

  test('of a child are not guessed where rows were lost between its two births', () => {
    const numbers = new HostNumbers();
    numbers.learn(19_195, 2);
    numbers.born(2, 3);
    numbers.lost();
    numbers.forked(2, 19_230);
    expect(numbers.local(19_230)).toBeUndefined();
  });
});
