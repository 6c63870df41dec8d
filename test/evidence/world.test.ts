import { describe, expect, it } from 'vitest';
import { Evidence } from '../../src/evidence/evidence.ts';
import type { Outcome } from '../../src/evidence/outcome.ts';
import type { Source } from '../../src/evidence/source.ts';
import { World } from '../../src/evidence/world.ts';
import { fakeHost } from '../support/fake-host.ts';

/** A source that answers `KEY@ROUND` to everything, and keeps what it was asked in which batch. */
function echo(now: readonly string[] = []) {
  const batches: string[][] = [];
  const answer = (key: string, round: number): Outcome => ({ kind: 'text', text: `${key}@${round}` });
  const source: Source = {
    startedAt: '',
    elapsedMs: (round) => round * 100,
    pause: () => Promise.resolve(),
    now: (key, round) => (now.includes(key) ? answer(key, round) : undefined),
    fetch(keys, round) {
      batches.push([...keys]);
      return Promise.resolve(new Map(keys.map((key) => [key, answer(key, round)])));
    },
  };
  return { source, world: new World(source), batches };
}

describe('settle', () => {
  it('asks for what was wanted in one batch, and runs again until nothing is', async () => {
    const { world, batches } = echo();
    const result = await world.settle(() => {
      const first = [world.text('a'), world.text('b')];
      return first.every((text) => text !== undefined) ? world.text('c') : undefined;
    });
    expect(result).toBe('c@0');
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('asks for nothing that can be had at once', async () => {
    const { world, batches } = echo(['a']);
    expect(await world.settle(() => world.text('a'))).toBe('a@0');
    expect(batches).toEqual([]);
  });

  it('ends at its limit of batches, with what is known then', async () => {
    const { world, batches } = echo();
    let next = 0;
    await world.settle(() => world.text(`k${next++}`), 5);
    expect(batches).toHaveLength(5);
  });

  it('takes what was begun before, and asks for none of it again', async () => {
    const { world, batches } = echo();
    world.want(['a', 'b']);
    world.begin();
    world.want(['a']);
    expect(await world.settle(() => world.text('a'))).toBe('a@0');
    expect(batches).toEqual([['a', 'b']]);
  });

  it('says so when the source leaves a key out', async () => {
    const source = {
      ...fakeHost({ processes: [] }),
      now: () => undefined,
      fetch: () => Promise.resolve(new Map()),
    };
    const world = new World(source);
    expect(await world.settle(() => world.outcome('a'))).toEqual({
      kind: 'skipped',
      why: 'the source gave no answer',
      lost: true,
    });
  });
});

describe('looks', () => {
  it('keep what was seen before', async () => {
    const { world } = echo();
    await world.settle(() => world.text('a'));
    await world.sampleAgain(['a'], 100);
    expect(world.rounds).toBe(2);
    expect(world.text('a')).toBe('a@1');
    expect(world.parsedHistory('a', (text) => text.toUpperCase())).toEqual(['A@0', 'A@1']);
    expect(world.roundTimes).toEqual([0, 100]);
    expect(world.log.map(({ key, round }) => `${key} ${round}`)).toEqual(['a 0', 'a 1']);
  });

  it('have the time of the last read that was judged by', async () => {
    let now = 0;
    const world = new World({ ...echo().source, elapsedMs: () => ++now });
    await world.settle(() => world.text('a'));
    await world.settle(() => world.text('b'));
    const times = [...world.roundTimes];
    expect(times[0]).toBeGreaterThan(1);
    world.judged();
    await world.settle(() => world.text('c'));
    expect(world.text('c')).toBe('c@0');
    expect(world.roundTimes).toEqual(times);
  });

  it('peek asks for nothing', async () => {
    const { world, batches } = echo();
    await world.settle(() => world.peek('a'));
    expect(batches).toEqual([]);
  });

  it('parse each text once', async () => {
    const { world } = echo();
    let calls = 0;
    const count = (text: string) => `${text}${calls++}`;
    await world.settle(() => [world.parsed('a', count), world.parsed('a', count)]);
    expect(calls).toBe(1);
  });
});

it('fewer than two dozen keys are read of a healthy sleeper whose host is quiet', async () => {
  const source = fakeHost({ processes: [{ pid: 60 }, { pid: 70 }] });
  const evidence = new Evidence(new World(source));
  await evidence.world.settle(() => evidence.process(60)?.leader.frames);
  expect(new Set(source.asked).size).toBeLessThan(24);
  expect(source.asked.some((key) => key.startsWith('/proc/70/'))).toBe(false);
});
