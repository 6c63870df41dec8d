import { describe, expect, it } from 'vitest';
import { type Key, pidOf } from '../../src/evidence/keys.ts';
import { isLost, NO_TIME, type Outcome } from '../../src/evidence/outcome.ts';
import type { Source } from '../../src/evidence/source.ts';
import { type FakeHost, fakeHost } from '../support/fake-host.ts';
import { diagnosed, told } from '../support/looks.ts';
import { STORIES } from '../support/stories.ts';

/** A host on which some reads do not come about. What is read without a lock needs no time. */
function starved(
  host: FakeHost,
  isStarved: (key: Key, round: number) => boolean,
  outcome: Outcome = NO_TIME,
): Source & { readonly missed: Set<Key> } {
  const source = fakeHost(host);
  const missed = new Set<Key>();
  return {
    ...source,
    missed,
    async fetch(keys, round) {
      const answers = new Map(await source.fetch(keys, round));
      for (const key of keys) {
        if (key === 'canary' || !isStarved(key, round)) continue;
        answers.set(key, outcome);
        missed.add(key);
      }
      return answers;
    },
  };
}

/** Whoever was to write is gone; 80 was left behind with the write end. */
const PIPE_KEPT: FakeHost = {
  processes: [
    { pid: 1 },
    { pid: 60, comm: 'sh', session: 60, call: 'wait4(70)', stack: 'do_wait' },
    {
      pid: 70,
      comm: 'cat',
      ppid: 60,
      session: 60,
      call: 'read(0)',
      stack: 'anon_pipe_read < vfs_read',
      fds: { 0: 'r pipe:[9]' },
    },
    { pid: 80, comm: 'left', session: 60, fds: { 1: 'w pipe:[9]' } },
  ],
};
const TIMER: FakeHost = {
  processes: [{ pid: 1 }, { pid: 60, call: 'nanosleep()', stack: 'hrtimer_nanosleep' }, { pid: 70 }],
};
const KINDS = ['stack', 'fd', 'maps', 'mem', 'ss'];
const kindOf = (key: Key) => /^(mem|pagemap|ss|sem):/.exec(key)?.[1] ?? key.slice(key.lastIndexOf('/') + 1);

describe('what could not be read in time', () => {
  it.each([
    ['EMFILE', 'allow more open files: ulimit -n 1024'],
    ['EAGAIN', 'allow more processes: ulimit -u, or pids.max of the cgroup'],
  ])('advises more room, not more time, on %s', async (errno, remedy) => {
    const why = `no process could be started to read it safely (${errno})`;
    const source = starved(PIPE_KEPT, (key) => kindOf(key) === 'stack', { kind: 'skipped', why, lost: true });
    const { unseen } = await diagnosed(source, 70);
    expect(unseen[0]).toMatchObject({ why, remedy });
  });

  it.each(Object.entries(STORIES))('never has %s called healthy', async (_cause, { host, ask }) => {
    const whole = await diagnosed(host, ask);
    if (whole.verdict.state === 'healthy') return;
    for (const kind of KINDS) {
      const source = starved(host, (key) => kindOf(key) === kind);
      const { verdict } = await diagnosed(source, ask);
      expect(`${kind}: ${verdict.state}`).not.toMatch(/healthy$/);
    }
    const { verdict } = await diagnosed(
      starved(host, () => true),
      ask,
    );
    expect(verdict.state).not.toBe('healthy');
  });

  it('is told in the verdict and first among the unseen, with what helps', async () => {
    const source = starved(PIPE_KEPT, (key) => key.startsWith('links:') && pidOf(key) === 1);
    const { verdict, unseen } = await diagnosed(source, 70);
    expect(verdict.state).toBe('unknown');
    expect(verdict.summary).toMatch(
      /^asleep in read\(0, pipe:\[9\]\); .*descriptors.*\(of 1\).*no time left.*--timeout/,
    );
    expect(unseen[0]).toMatchObject({
      what: expect.stringContaining('descriptors') as string,
      why: 'no time left',
      remedy: expect.stringContaining('--timeout') as string,
    });
  });

  it('leaves a verdict alone that did not need it', async () => {
    const source = starved(TIMER, (key) => pidOf(key) === 70);
    expect((await diagnosed(source, 60)).verdict).toMatchObject({ state: 'healthy', idle: 'idle-timer' });
  });

  it('takes nothing away from what was read at the first look', async () => {
    const source = starved(PIPE_KEPT, (_key, round) => round > 0);
    const diagnosis = await diagnosed(source, 70);
    expect(source.missed.size).toBeGreaterThan(0);
    expect(told(diagnosis)).toEqual(['pipe-held → process:80']);
  });

  it('makes no finding: who else holds a pipe is not known while descriptors were not read', async () => {
    const source = starved(PIPE_KEPT, (key) => key === 'links:/proc/1/fd');
    expect(told(await diagnosed(source, 70))).toEqual([]);
  });

  it('is unknown, too, where the holder of the other end does not answer', async () => {
    const source = starved(PIPE_KEPT, (key) => key === 'links:/proc/80/fd', {
      kind: 'blocked',
      afterMs: 120,
    });
    expect((await diagnosed(source, 70)).verdict.state).toBe('unknown');
  });

  it('does not make a reader unknown whose writer is seen, for a bystander that does not answer', async () => {
    const writer = { pid: 80, ppid: 60, session: 60, call: 'nanosleep()', stack: 'hrtimer_nanosleep' };
    const processes = [
      ...PIPE_KEPT.processes.filter(({ pid }) => pid !== 80),
      { ...writer, fds: { 1: 'w pipe:[9]' } },
      { pid: 90, comm: 'stuck' },
    ];
    const source = starved({ ...PIPE_KEPT, processes }, (key) => key === 'links:/proc/90/fd', {
      kind: 'blocked',
      afterMs: 120,
    });
    const { verdict } = await diagnosed(source, 70);
    expect(source.missed.size).toBe(1);
    expect(verdict.state).toBe('healthy');
  });
});

it.each<[Outcome, boolean]>([
  [NO_TIME, true],
  [{ kind: 'blocked', afterMs: 120 }, true],
  [{ kind: 'skipped', why: 'no ss (iproute2) on this host' }, false],
  [{ kind: 'error', errno: 'EACCES' }, false],
  [{ kind: 'text', text: '' }, false],
])('%o is lost: %s', (outcome, lost) => {
  expect(isLost(outcome)).toBe(lost);
});
