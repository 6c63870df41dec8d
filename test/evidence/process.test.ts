import { describe, expect, it } from 'vitest';
import { Evidence } from '../../src/evidence/evidence.ts';
import type { ProcessEvidence } from '../../src/evidence/process.ts';
import { World } from '../../src/evidence/world.ts';
import { type FakeHost, type FakeProcess, fakeHost } from '../support/fake-host.ts';

async function seen<T>(
  host: FakeHost,
  ask: (process: ProcessEvidence, evidence: Evidence) => T,
): Promise<T | undefined> {
  const evidence = new Evidence(new World(fakeHost(host)));
  return evidence.world.settle(() => {
    const process = evidence.process(60);
    return process === undefined ? undefined : ask(process, evidence);
  });
}
const one = (changes: Partial<FakeProcess>): FakeHost => ({
  processes: [{ pid: 60, comm: 'x', ...changes }],
});

describe('kernel threads', () => {
  it.each(['5.10.223', '6.1.176', '6.18.44'])('are known on %s', async (kernel) => {
    expect(await seen({ ...one({ kthread: true }), kernel }, (p) => p.isKernelThread)).toBe(true);
    expect(await seen({ ...one({}), kernel }, (p) => p.isKernelThread)).toBe(false);
  });
});

describe('a process that is exiting', () => {
  it.each([
    ['is in exit', { state: 'D', flags: 4 }, true],
    ['is a zombie: over', { state: 'Z', flags: 4 }, false],
    ['lives', { state: 'S' }, false],
  ])('%s', async (_, changes, expected) => {
    expect(await seen(one(changes), (p) => p.isExiting)).toBe(expected);
  });
});

describe('how long it has not run', () => {
  it.each([0.2, 5, 7200])('%d s', async (asleep) => {
    expect(await seen(one({ asleep }), (p) => p.leader.secondsAsleep)).toBeCloseTo(asleep, 1);
  });

  it('is never negative, when another CPU’s clock is ahead', async () => {
    expect(await seen(one({ asleep: -3 }), (p) => p.leader.secondsAsleep)).toBe(0);
  });
});

describe('moved', () => {
  const after = async (first: Partial<FakeProcess>, second: Partial<FakeProcess>) => {
    const host: FakeHost = { ...one(first), looks: [{ 60: second }] };
    const evidence = new Evidence(new World(fakeHost(host)));
    await evidence.world.settle(() => evidence.process(60)?.leader.moved);
    expect(evidence.process(60)?.leader.moved).toBeUndefined();
    await evidence.world.sampleAgain(evidence.process(60)?.volatileKeys ?? [], 100);
    return evidence.process(60)?.leader.moved;
  };

  it.each<[string, Partial<FakeProcess>, boolean]>([
    ['nothing changed', {}, false],
    ['a context switch', { switches: 49 }, true],
    ['CPU time', { stime: 9 }, true],
    ['another state', { state: 'D' }, true],
    ['another stack', { stack: 'do_wait < kernel_wait4' }, true],
    ['another process of that number', { startTime: 9 }, true],
  ])('%s', async (_, second, moved) => {
    expect(await after({ stack: 'pause' }, second)).toBe(moved);
  });
});

describe('the leader of several threads', () => {
  // The stat of a process counts the CPU time of all of them.
  it.each<[string, Partial<FakeProcess>, boolean]>([
    ['has not moved while another one burns CPU', { utime: 40 }, false],
    ['has moved when it ran itself', { utime: 40, asleep: 0 }, true],
    ['has moved when it slept elsewhere', { switches: 49 }, true],
  ])('%s', async (_, second, moved) => {
    const host: FakeHost = { ...one({ threads: [{ tid: 61, state: 'R' }] }), looks: [{ 60: second }] };
    const evidence = new Evidence(new World(fakeHost(host)));
    await evidence.world.settle(() => evidence.process(60)?.leader.moved);
    await evidence.world.sampleAgain(evidence.process(60)?.volatileKeys ?? [], 100);
    expect(evidence.process(60)?.leader.moved).toBe(moved);
  });
});

describe('very many threads', () => {
  const threads = Array.from({ length: 400 }, (_, i) => ({
    tid: 100 + i,
    stack: i % 2 === 0 ? 'futex_do_wait' : 'do_epoll_wait',
    ...(i === 399 ? { state: 'D', stack: 'kernel_clone' } : {}),
  }));

  it('are sampled by kind of sleep, and the odd one is read in full', async () => {
    const deep = await seen(one({ threads }), (p) => p.threads.filter((t) => t.deep).map((t) => t.tid));
    expect(deep).toHaveLength(1 + 4 + 4 + 1);
    expect(deep).toContain(60);
    expect(deep).toContain(499);
  });

  it('of 300 all are read in full', async () => {
    const deep = await seen(one({ threads: threads.slice(0, 299) }), (p) => p.threads.every((t) => t.deep));
    expect(deep).toBe(true);
  });
});

describe('the host', () => {
  it('does not list ourselves', async () => {
    expect(await seen(one({}), (_, { host }) => host.pids)).toEqual([60]);
  });

  it('knows who has what open, and of how many it was not told', async () => {
    const others: FakeProcess[] = [
      { pid: 70, fds: { 1: 'w pipe:[9]', 2: 'w pipe:[9]' } },
      { pid: 71, fds: { 1: 'w pipe:[9]' }, denied: ['fd'] },
    ];
    const host = { processes: [{ pid: 60, fds: { 0: 'r pipe:[9]' } }, ...others] };
    expect(
      await seen(host, (_, evidence) =>
        evidence.host.holders('pipe:[9]').map(({ pid, fd, access }) => `${pid}/${fd} ${access}`),
      ),
    ).toEqual(['60/0 r', '70/1 w', '70/2 w']);
    expect(await seen(host, (_, evidence) => evidence.host.fdCoverage)).toEqual({
      seen: 2,
      missing: 1,
      lost: 0,
      late: 0,
    });
  });

  it('asks each process’s stat before its links: what hangs there hangs here', async () => {
    const source = fakeHost({ processes: [{ pid: 60 }, { pid: 70 }] });
    const evidence = new Evidence(new World(source));
    await evidence.world.settle(() => evidence.host.holders('pipe:[9]'));
    expect(source.asked.indexOf('/proc/70/stat')).toBeLessThan(source.asked.indexOf('links:/proc/70/fd'));
  });
});

it('a process that is gone is undefined', async () => {
  const evidence = new Evidence(new World(fakeHost(one({}))));
  expect(await evidence.world.settle(() => evidence.process(61))).toBeUndefined();
});
