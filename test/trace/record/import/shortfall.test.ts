import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imported, unpacked, workplace } from './imported.ts';

const WHOLE = `10 1700000000.000001 openat(AT_FDCWD, "/x", O_RDONLY) = 3 <0.000020>
10 1700000000.000100 close(3) = 0 <0.000010>
10 1700000000.000200 +++ exited with 0 +++
`;

/** What a log falls short of. */
function shortfallOf(text: string) {
  const path = join(workplace(), 'log');
  writeFileSync(path, text);
  return imported({ strace: [path] }).trace.shortfall?.();
}

describe('a log of strace', () => {
  test('that is whole falls short of nothing, with its last newline or without', () => {
    expect(shortfallOf(WHOLE)).toEqual({ partial: [] });
    expect(shortfallOf(WHOLE.trimEnd())).toEqual({ partial: [] });
  });

  test.each([
    ['without durations', WHOLE.replaceAll(/ <.*?>/g, ''), [/no durations.*strace -T adds them/]],
    ['without times', WHOLE.replaceAll(/ 17\d+\.\d+/g, ''), [/no times.*strace -ttt adds them/]],
    ['that is cut in a call', WHOLE.slice(0, 90), [/ends in the middle of a line/]],
    ['that is cut before a duration', WHOLE.slice(0, WHOLE.indexOf(' <0.000010')), [/ends in the middle/]],
  ])('%s is answered in part, with the remedy', (_, text, expected) => {
    const { nothing, partial = [] } = shortfallOf(text) ?? {};
    expect(nothing).toBeUndefined();
    expect(partial).toHaveLength(expected.length);
    for (const [nth, pattern] of expected.entries()) expect(partial[nth]).toMatch(pattern);
  });

  test('that is a summary of -c alone is refused with the way to record', () => {
    const text = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000060          60         1           execve
 40.00    0.000040          10         4         1 openat
------ ----------- ----------- --------- --------- ----------------
100.00    0.000100          20         5         1 total
`;
    expect(shortfallOf(text)?.nothing).toMatch(/is a summary \(strace -c\).*record with strace -f -ttt -T/);
    expect(shortfallOf(WHOLE + text)?.nothing).toBeUndefined();
  });
});

describe('a recording of perf', () => {
  test('whose end is cut off, and with it how to read it, is refused', () => {
    const path = unpacked('sched')['sched.data']!;
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    expect(imported({ perf: [path] }).trace.shortfall?.().nothing).toMatch(/has been cut.*record again/);
  });

  test('that is whole falls short of nothing', () => {
    expect(imported({ perf: [unpacked('sched')['sched.data']!] }).trace.shortfall?.()).toEqual({
      partial: [],
    });
  });
});

test('perf without system calls is refused beside a log of strace, with what to record', () => {
  const log = join(workplace(), 'log');
  writeFileSync(log, WHOLE);
  const perf = join(workplace(), 'perf.txt');
  writeFileSync(perf, 'sh    10/10    [000]  1.000100:  1 cycles:  ffffffff81415af0 syscall_trace_enter\n');
  expect(() => imported({ strace: [log], perf: [perf] })).toThrow(
    /recorded no system calls.*Give the log of strace alone, or record with perf record -e raw_syscalls/,
  );
});
