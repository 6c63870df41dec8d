import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeStrace, type StraceProbe } from '../../../../src/trace/record/import/probe-strace.ts';
import { workplace } from './imported.ts';

function probe(lines: readonly string[], name = 'log'): StraceProbe {
  const path = join(workplace(), name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return probeStrace(path);
}

test('the thread that was alone at first gets its number when a child is there, whose lines may come before', () => {
  const { tid, first } = probe([
    '1795649557.258057 execve("/usr/bin/make", ["make"], 0x7ffc /* 3 vars */) = 0 <0.000019>',
    '1795649557.258126 vfork(strace: Process 22632 attached',
    ' <unfinished ...>',
    '[pid 22632] 1795649557.260001 getpid() = 22632 <0.000022>',
    '[pid 22631] 1795649557.260389 <... vfork resumed>) = 22632 <0.002242>',
    '[pid 22632] 1795649557.260431 +++ exited with 0 +++',
    '1795649557.260451 exit_group(0) = ?',
  ]);
  expect(tid).toBe(22_631);
  expect(first).toEqual({ tid: 22_631, comm: 'make' });
});

test('the first thread has no name by the program that another one starts', () => {
  const { first } = probe([
    '100 1795649557.000000 --- stopped by SIGSTOP ---',
    '200 1795649557.000100 execve("/bin/y", ["y"], 0x7ffe /* 1 var */) = 0 <0.000300>',
  ]);
  expect(first).toEqual({ tid: 100, comm: '' });
});

test('lines without a number are of the thread that the name of the file ends in, as of strace -ff', () => {
  expect(probe(['getpid() = 7'], 'log.4711')).toMatchObject({ tid: 4711, first: { tid: 4711 } });
  // Higher than any thread's number: a date.
  expect(probe(['getpid() = 7'], 'log.20261125')).toMatchObject({ tid: 0 });
  // The lines know better.
  expect(probe(['12 getpid() = 7'], 'log.4711')).toMatchObject({ tid: 0, first: { tid: 12 } });
});

test.each([
  ['7 1795649557.258057 getpid() = 7 <0.000019>', { stamps: 'unix', wholeSeconds: false, durations: true }],
  ['7 1795649557 getpid() = 7', { stamps: 'unix', wholeSeconds: true, durations: false }],
  ['7 22:18:38.076323 getpid() = 7', { stamps: 'time-of-day', wholeSeconds: false, relative: false }],
  ['7 22:18:38 getpid() = 7', { stamps: 'time-of-day', wholeSeconds: true }],
  ['7      0.002062 getpid() = 7', { stamps: 'relative', relative: true, finerThanMicroseconds: false }],
  ['7 22:18:38 (+     0.002062) getpid() = 7', { stamps: 'time-of-day', wholeSeconds: true, relative: true }],
  ['7 1795649557.258057001 (+ 0.002062007) getpid() = 7', { relative: true, finerThanMicroseconds: true }],
  ['7 getpid() = 7', { stamps: 'none', relative: false }],
])('what the lines have: %s', (line, expected) => {
  expect(probe([line, line])).toMatchObject(expected);
});
