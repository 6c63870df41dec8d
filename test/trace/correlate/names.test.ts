import { describe, expect, test } from 'vitest';
import { at } from '../../support/fake-strace.ts';
import { correlate, enter, exit } from './correlating.ts';

describe('the name of a thread', () => {
  test('is the one of perf, where strace still has that before the exec', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, '10<sh> ')],
      perf: [
        { kind: 'comm', at: 500, pid: 10, tid: 10, text: 'date' },
        enter(10, 21_000, 39),
        exit(10, 22_000, 39, 10),
      ],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ comm }) => comm)).toEqual(['date']);
  });

  test('is not one that perf found at its start, where a newer one is known', () => {
    const { events } = correlate({
      perf: [
        { kind: 'comm', at: 500, pid: 10, tid: 10, text: 'node' },
        { kind: 'comm', at: 600, pid: 10, tid: 10, text: 'sh', b: 1 },
        { kind: 'comm', at: 700, pid: 11, tid: 11, text: 'sh', b: 1 },
      ],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ tid, comm }) => [tid, comm])).toEqual([
      [10, 'node'],
      [11, 'sh'],
    ]);
  });

  test('is the one of strace, where perf tells none', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, '10<sh> ')],
      perf: [enter(10, 21_000, 39), exit(10, 22_000, 39, 10)],
    });
    expect(events.filter((event) => event.type === 'comm').map(({ comm }) => comm)).toEqual(['sh']);
  });
});

describe('a name that strace quotes', () => {
  const line = (name: string) =>
    at(10, 1000, '[  39] getpid() = 10 <0.000010000>').replace(/^10 /, () => `10<${name}> `);
  const namesOf = (name: string, comm = '') =>
    correlate({
      strace: [line(name)],
      more: { tasks: [{ pid: 10, tid: 10, ppid: 1, comm, startTime: 1, nspid: [10] }] },
    }).events.flatMap((event) => (event.type === 'comm' ? [event.comm] : []));

  test.each([
    ['\\346\\227\\245', '\xe6\x97\xa5'],
    ['\\33]0;x\\7z', '\x1b]0;x\x07z'],
    ['\\76 \\74y\\t', '> <y\t'],
    ['a\\\\74b\\"', 'a\\74b"'],
  ])('%s is told as it is', (quoted, comm) => {
    expect(namesOf(quoted)).toEqual([comm]);
  });

  test('or cuts at a newline is known better from /proc, unless it is another', () => {
    expect(namesOf('one', 'one\ntwo')).toEqual(['one\ntwo']);
    expect(namesOf('on', 'one\ntwo')).toEqual(['one\ntwo', 'on']);
  });
});

describe('the program of an exec', () => {
  test('has no quotes, also where strace alone saw it', () => {
    const { events } = correlate({
      strace: [at(10, 1000, '[  59] execve("/usr/bin/date", ["date"], 0x7ffd) = 0 <0.000010000>')],
    });
    const exec = events.find((event) => event.type === 'exec');
    expect(exec?.path).toBe('/usr/bin/date');
  });
});

test('threads without a record of their names have those by which they left the CPU', () => {
  const { events } = correlate({
    perf: [
      enter(13, 200_000, 7),
      { kind: 'switch', at: 210_000, pid: 13, tid: 13, a: 1, b: 0, text: 'sh' },
      exit(13, 400_000, 7, 1),
      { kind: 'switch', at: 410_000, pid: 13, tid: 13, a: 1, b: 0, text: 'ls' },
    ],
  });
  expect(events.flatMap((event) => (event.type === 'comm' ? [event.comm] : []))).toEqual(['sh', 'ls']);
});
