import { describe, expect, test } from 'vitest';
import { story } from '../../../src/trace/digest/story.ts';
import { told } from '../ledgers/told.ts';
import { summarised } from './summarised.ts';

const foreign = (script: string) => summarised(told(script), { askedUnknown: true });

/** What every program does. */
const WHOLE = `
  10 0 execve("/bin/x", ["x"], 0x7ffd /* 3 vars */) = 0
  10 0 exec /bin/x ["x"]
  10 1 brk(NULL) = 0x5000
  10 2 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
  10 3 close(3) = 0
  10 90 exit_group(0) = ?
  10 91 exit 0
`;
const without = (call: RegExp) =>
  WHOLE.split('\n')
    .filter((line) => !call.test(line))
    .join('\n');
const reads = (from: number) =>
  Array.from({ length: 10 }, (_, nth) => `10 ${from + nth} read(0, "", 1) = 0`).join('\n');

test('a log with what every program does is not called a part', () => {
  const { partial, sources, criticalPath } = foreign(WHOLE);
  expect(partial).toEqual([]);
  expect(sources.strace?.filtered).toBeUndefined();
  expect(criticalPath.map(({ did }) => did)).toEqual(['ran']);
});

describe('that some of the calls were recorded only shows', () => {
  test.each([
    ['an end without exit_group', without(/exit_group/), 'without a call of exit_group'],
    ['a program without memory', `${without(/brk/)}${reads(20)}`, 'without a call for memory'],
    [
      'descriptors that nobody closes and that are given out again',
      Array.from({ length: 4 }, (_, nth) => `10 ${nth} openat(AT_FDCWD, "/x", O_RDONLY) = 3`).join('\n'),
      'that no call has closed',
    ],
    ['a process that nobody made', `${WHOLE}\n11 50 read(0, "", 1) = 0`, 'that no call has made'],
  ])('by %s', (_, script, why) => {
    const summary = foreign(script);
    expect(summary.partial).toEqual([expect.stringContaining(why)]);
    expect(summary.sources.strace?.filtered).toBe(true);
    // Our own recordings say themselves what was asked for.
    expect(summarised(told(script)).partial).toEqual([]);
  });

  test('not by an end that was no exit, by few calls, or by a child', () => {
    expect(foreign(`${without(/exit/)}\n10 91 killed SIGKILL`).partial).toEqual([]);
    expect(foreign(without(/brk/)).partial).toEqual([]);
    const child = '10 20 +fork 11\n11 21 read(0, "", 1) = 0';
    expect(foreign(`${WHOLE}\n${child}`).partial).toEqual([]);
  });
});

test('what lies between the calls is not called work then, nor where the log does not show itself whole', () => {
  const cut = foreign(without(/exit_group/));
  expect(cut.criticalPath.map(({ did }) => did)).toEqual(['unknown']);
  expect(story(cut)[1]).toContain('between these calls, in others perhaps');
  const attached = foreign('10 0 read(0, "", 1) = 1\n10 100 read(0, "", 1) = 1');
  expect(attached.partial).toEqual([]);
  expect(attached.criticalPath.map(({ did }) => did)).toEqual(['unknown']);
});

describe('of children that nobody is seen to wait for', () => {
  const forks = Array.from({ length: 20 }, (_, nth) =>
    [`10 ${nth * 100} +fork ${20 + nth}`, `${20 + nth} ${nth * 100 + 1} exit_group(0) = ?`].join('\n'),
  );
  const ends = Array.from({ length: 20 }, (_, nth) => `${20 + nth} ${nth * 100 + 2} exit 0`).join('\n');
  const script = `${forks.join('\n')}\n${ends}\n10 3000 getpid() = 10`;
  const causes = (options: Parameters<typeof summarised>[1]) => {
    const { findings, ledgers } = summarised(told(script), options);
    return [findings.map(({ cause }) => cause), ledgers.processes.totals.zombies];
  };

  test('is said that they are left, where all calls were recorded', () => {
    expect(causes({})).toEqual([['zombie-leak'], 20]);
  });

  test('is not, where those that wait may not have been', () => {
    expect(causes({ filtered: true })).toEqual([[], 0]);
    // perf tells of them whatever it was asked for.
    expect(causes({ filtered: true, scheduled: true })).toEqual([['zombie-leak'], 20]);
  });
});
