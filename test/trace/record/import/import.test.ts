import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { importTrace } from '../../../../src/trace/record/import/import.ts';
import { type Imported, imported, unpacked, workplace } from './imported.ts';

/** All calls that both could see were put together, none with a wrong one. */
function expectAllMatched({ analysed: { correlation } }: Imported, calls: number): void {
  expect(correlation).toMatchObject({
    straceSyscalls: calls,
    eligible: calls,
    matched: calls,
    matchRate: 1,
    wrongPairsRefused: 0,
  });
  // Number and first argument were compared for all; results for all that return one which strace shows as a number.
  expect(correlation!.resultsCompared).toBeGreaterThan(0.9 * calls);
  expect(correlation!.residualNs.min).toBeGreaterThan(0);
}

const linesOf = (path: string): string[] => readFileSync(path, 'latin1').split('\n');
const callsIn = (path: string): number =>
  linesOf(path).filter((line) => /^\d+ .*\w\(/.test(line) && !/<\.\.\. \w+ resumed>/.test(line)).length;

describe('strace and perf of one run', () => {
  test("by perf's own header", () => {
    const files = unpacked('ttt');
    const result = imported({ strace: [files['ttt.strace']!], perf: [files['ttt.data']!] });
    expectAllMatched(result, callsIn(files['ttt.strace']!));
    expect(result.notes).toMatch(/by perf's own header: 4 μs off at most/);
    expect(result.analysed.correlation).toMatchObject({ clockOffsetErrorNs: 4000 });
    expect(result.trace.target.comm).toBe('sh');
    expect(result.trace.originNs).toBeTypeOf('bigint');
  });

  test('by the header of the text of perf script, and without it by the calls', () => {
    const files = unpacked('ttt');
    const strace = [files['ttt.strace']!];
    const told = imported({ strace, perf: [files['ttt.script.txt']!] });
    const plain = imported({ strace, perf: [files['ttt.plain.txt']!] });
    expectAllMatched(told, callsIn(strace[0]!));
    expectAllMatched(plain, callsIn(strace[0]!));
    expect(plain.notes).toMatch(/by the calls themselves/);
    // The header is the truth, to 4 μs: the estimate keeps its word about itself.
    const offsetOf = (result: Imported): bigint => BigInt(result.analysed.correlation!.clockOffsetNs!);
    const apart = Math.abs(Number(offsetOf(told) - offsetOf(plain)));
    expect(apart).toBeLessThan(plain.analysed.correlation!.clockOffsetErrorNs! + 4000);
    expect(apart).toBeLessThan(15_000);
  });

  test.each(['sched', 'threads'])('by the calls alone: %s', (name) => {
    const files = unpacked(name);
    const log = files[`${name}.strace`]!;
    const result = imported({ strace: [log], perf: [files[`${name}.data`]!] });
    expectAllMatched(result, callsIn(log));
    expect(result.notes).toMatch(/by the calls themselves \(\d+ runs/);
    expect(result.analysed.correlation!.clockOffsetErrorNs).toBeLessThan(50_000);
  });

  test('times of day in another time zone', () => {
    const files = unpacked('tt');
    const result = imported({ strace: [files['tt.strace']!], perf: [files['tt.data']!] });
    expectAllMatched(result, callsIn(files['tt.strace']!));
    expect(result.notes).toMatch(/The log's times are UTC\+05:30/);
    expect(result.notes).toMatch(/no durations \(-T\)/);
  });

  test('times since the first line', () => {
    const files = unpacked('r');
    const result = imported({ strace: [files['r.strace']!], perf: [files['r.data']!] });
    expectAllMatched(result, callsIn(files['r.strace']!));
    expect(result.notes).toMatch(/since its first line alone/);
    // Nothing in it tells the time of day.
    expect(result.analysed.correlation!.clockOffsetNs).toBeNull();
  });

  test('a file for each thread, also by their PREFIX', () => {
    const files = unpacked('ff');
    const logs = Object.keys(files).filter((name) => name.startsWith('ff.strace'));
    expect(logs.length).toBeGreaterThan(5);
    const perf = [files['ff.data']!];
    const each = imported({ strace: logs.map((name) => files[name]!), perf });
    const prefix = imported({ strace: [join(dirname(perf[0]!), 'ff.strace')], perf });
    const calls = logs
      .flatMap((name) => linesOf(files[name]!))
      .filter((line) => /^\d+\.\d+ \w+\(/.test(line)).length;
    expectAllMatched(each, calls);
    expect(prefix.analysed.correlation).toEqual(each.analysed.correlation);
  });

  test('a log without thread numbers is of the thread whose calls it shows', () => {
    const files = unpacked('alone');
    const result = imported({ strace: [files['alone.strace']!], perf: [files['alone.data']!] });
    expect(result.analysed.correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
    expect(result.analysed.correlation!.matched).toBe(
      linesOf(files['alone.strace']!).filter((line) => /^\d+\.\d+ \w+\(/.test(line)).length,
    );
    expect(result.notes).toMatch(/The log has no thread numbers/);
  });

  test('a program that does the same again and again is refused without a clock, and not with one', () => {
    const files = unpacked('periodic');
    const request = { strace: [files['periodic.strace']!], perf: [files['periodic.data']!] };
    expect(() => imported(request)).toThrow(/does the same again and again/);
  });

  test('half of the log, and half of the recording', () => {
    const files = unpacked('sched');
    const log = files['sched.strace']!;
    const lines = linesOf(log);
    writeFileSync(log, lines.slice(Math.floor(lines.length / 2)).join('\n'), 'latin1');
    const { correlation } = imported({ strace: [log], perf: [files['sched.data']!] }).analysed;
    expect(correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
    expect(correlation!.perfOnly.beforeAttach).toBeGreaterThan(50);
  });

  test('a log that was filtered', () => {
    const files = unpacked('sched');
    const log = files['sched.strace']!;
    const kept = linesOf(log).filter((line) => /openat|mmap|resumed|\+\+\+|---/.test(line));
    writeFileSync(log, kept.join('\n'), 'latin1');
    const result = imported({ strace: [log], perf: [files['sched.data']!] });
    expect(result.analysed.correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
    expect(result.analysed.correlation!.perfOnly.filtered).toBeGreaterThan(50);
  });

  test('recordings of different runs are refused', () => {
    const files = unpacked('sched', 'threads', 'ttt');
    expect(() => imported({ strace: [files['sched.strace']!], perf: [files['threads.data']!] })).toThrow(
      /no thread occurs in both recordings/,
    );
    // The same threads at another time: the wall clock of this log is a day late.
    const late = linesOf(files['ttt.strace']!).map((line) =>
      line.replace(/ (\d{10})\./, (_, seconds: string) => ` ${Number(seconds) + 86_400}.`),
    );
    writeFileSync(files['ttt.strace']!, late.join('\n'), 'latin1');
    const moved = imported({ strace: [files['ttt.strace']!], perf: [files['ttt.data']!] });
    expect(moved.analysed.correlation).toMatchObject({ matchRate: 1, wrongPairsRefused: 0 });
    expect(moved.notes).toMatch(/by the calls themselves/);
  });

  test.each(['sched', 'threads', 'ttt'])('a log of strace in another PID namespace: %s', (name) => {
    const files = unpacked(name);
    const log = files[`${name}.strace`]!;
    const perf = [files[`${name}.data`]!];
    const calls = callsIn(log);
    const own = imported({ strace: [log], perf });
    writeFileSync(
      log,
      linesOf(log)
        .map((line) => line.replace(/^\d+/, (tid) => String(1 + (Number(tid) % 997))))
        .join('\n'),
      'latin1',
    );
    const result = imported({ strace: [log], perf });
    expectAllMatched(result, calls);
    expect(result.notes).toMatch(/are of another PID namespace than perf's/);
    expect(result.trace.target).toEqual(own.trace.target);
    const threadsOf = ({ events }: Imported): Set<number> => new Set(events.map(({ tid }) => tid));
    expect(threadsOf(result)).toEqual(threadsOf(own));
  });

  test('--clock-offset-ns counts, and is told when the calls do not bear it out', () => {
    const files = unpacked('ttt');
    const request = { strace: [files['ttt.strace']!], perf: [files['ttt.plain.txt']!] };
    const right = BigInt(
      imported({ ...request, perf: [files['ttt.data']!] }).analysed.correlation!.clockOffsetNs!,
    );
    const given = imported({ ...request, clockOffsetNs: right });
    expectAllMatched(given, callsIn(files['ttt.strace']!));
    expect(given.notes).toMatch(/by --clock-offset-ns/);
    const wrong = imported({ ...request, clockOffsetNs: right + 3_000_000n });
    expect(wrong.notes).toMatch(/the calls do not bear it out/);
    expect(wrong.analysed.correlation!.matched).toBeLessThan(right > 0n ? 300 : 0);
  });
});

describe('one of the two', () => {
  test('strace alone says what its durations are', () => {
    const { trace, analysed, events, notes } = imported({ strace: [unpacked('ttt')['ttt.strace']!] });
    expect(analysed.correlation).toBeNull();
    expect(notes).toMatch(/each holds some 20 to 200 μs of the stops/);
    expect(trace.originNs).toBeUndefined();
    expect(trace.startedAt).toMatch(/^20\d\d-/);
    // The shell that was traced goes on as cat.
    expect(events.findLast(({ type }) => type === 'comm')).toMatchObject({ comm: 'cat' });
  });

  test('a log without times keeps the order of the calls', () => {
    const log = unpacked('ttt')['ttt.strace']!;
    const bare = linesOf(log).map((line) =>
      line.replace(/^(\d+) +\d+\.\d+ /, '$1 ').replace(/ <\d\.\d+>$/, ''),
    );
    writeFileSync(log, bare.join('\n'), 'latin1');
    const { events, notes } = imported({ strace: [log] });
    const names = events.flatMap((event) => (event.type === 'syscall' && event.pid > 0 ? [event.name] : []));
    expect(names.length).toBe(callsIn(log));
    expect(events.every(({ startNs }) => startNs === 0)).toBe(true);
    expect(notes).toMatch(/has no times: it tells the order/);
    const perf = [unpacked('ttt')['ttt.data']!];
    expect(() => imported({ strace: [log], perf })).toThrow(/has no times that its calls could be found by/);
  });

  test('whole seconds are told, and are too coarse to be put beside perf', () => {
    const files = unpacked('ttt');
    const log = files['ttt.strace']!;
    writeFileSync(
      log,
      linesOf(log)
        .map((line) => line.replace(/^(\d+ +\d+)\.\d+/, '$1'))
        .join('\n'),
      'latin1',
    );
    expect(imported({ strace: [log] }).notes).toMatch(/of whole seconds \(-t\)/);
    expect(() => imported({ strace: [log], perf: [files['ttt.data']!] })).toThrow(/too coarse/);
  });

  test('perf alone: whom it was asked for', () => {
    const files = unpacked('ttt');
    const { trace, events } = imported({ perf: [files['ttt.data']!] });
    expect(trace.target).toEqual({
      pid: Number(linesOf(files['ttt.strace']!)[0]!.split(' ')[0]),
      comm: 'sh',
    });
    expect(events.filter(({ type }) => type === 'syscall').length).toBeGreaterThan(300);
  });
});

describe('files that are none', () => {
  const refusals =
    (of: 'strace' | 'perf', path: string): (() => void) =>
    () =>
      importTrace({ strace: of === 'strace' ? [path] : [], perf: of === 'perf' ? [path] : [] }).close();

  test.each(['strace', 'perf'] as const)('%s: not there, empty, a directory, a FIFO', (of) => {
    const place = workplace();
    expect(refusals(of, join(place, 'x'))).toThrow(/there is no file/);
    writeFileSync(join(place, 'empty'), '');
    expect(refusals(of, join(place, 'empty'))).toThrow(/is empty/);
    mkdirSync(join(place, 'directory'));
    expect(refusals(of, join(place, 'directory'))).toThrow(/is a directory/);
    execFileSync('mkfifo', [join(place, 'fifo')]);
    expect(refusals(of, join(place, 'fifo'))).toThrow(/is no regular file/);
  });

  test('neither of the two', () => {
    const place = workplace();
    const path = join(place, 'text');
    writeFileSync(path, 'Dear all,\nplease find enclosed\n');
    expect(refusals('strace', path)).toThrow(/is no log of strace: no strace records in 2 lines/);
    expect(refusals('perf', path)).toThrow(/neither a perf.data nor text of `perf script`/);
    writeFileSync(path, gzipSync('1 openat(AT_FDCWD, "x", O_RDONLY) = 3\n'));
    expect(refusals('strace', path)).toThrow(/compressed with gzip/);
    expect(refusals('perf', path)).toThrow(/compressed with gzip/);
    expect(refusals('strace', unpacked('ttt')['ttt.data']!)).toThrow(/is no log of strace/);
    expect(refusals('perf', unpacked('ttt')['ttt.strace']!)).toThrow(/cannot be read/);
  });

  test('not for this user', () => {
    const path = join(workplace(), 'mine');
    writeFileSync(path, 'x');
    chmodSync(path, 0);
    // root may read all.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(refusals('strace', path)).toThrow(/may not be read by this user/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('a file twice', () => {
    const log = unpacked('ttt')['ttt.strace']!;
    expect(() => importTrace({ strace: [log, join(dirname(log), '.', 'ttt.strace')], perf: [] })).toThrow(
      /is given twice/,
    );
  });

  test('recordings of perf that saw the same threads', () => {
    const files = unpacked('ttt');
    const perf = [files['ttt.data']!, files['ttt.script.txt']!];
    expect(() => importTrace({ strace: [], perf })).toThrow(/have both recorded thread \d+/);
  });

  test('a recording without anything that is told here says so', () => {
    const place = workplace();
    const perf = join(place, 'cycles.txt');
    writeFileSync(
      perf,
      'prog 7/7 [000] 12.000001: 250000 cycles:  ffffffff81000000 do_it ([kernel.kallsyms])\n',
    );
    expect(imported({ perf: [perf] }).notes).toMatch(/neither system calls nor scheduling/);
    const strace = join(place, 'summary');
    writeFileSync(
      strace,
      '% time     seconds  usecs/call     calls    errors syscall\n------ ----------- ----------- --------- --------- ----------------\n100.00    0.000012           1        12           read\n------ ----------- ----------- --------- --------- ----------------\n100.00    0.000012           1        12           total\n',
    );
    expect(imported({ strace: [strace] }).notes).toMatch(/a summary \(-c\) alone/);
  });

  test('a damaged line in each', () => {
    const files = unpacked('ttt');
    const log = files['ttt.strace']!;
    const lines = linesOf(log);
    const at = lines.findIndex((line) => line.includes(' brk(NULL)'));
    lines[at] = lines[at]!.replace('brk(NULL)', 'getpid()');
    writeFileSync(log, lines.join('\n'), 'latin1');
    for (const perf of ['ttt.data', 'ttt.plain.txt']) {
      const { correlation } = imported({ strace: [log], perf: [files[perf]!] }).analysed;
      expect(correlation!.wrongPairsRefused).toBe(1);
      expect(correlation!.matched).toBe(callsIn(log) - 1);
    }
  });

  test('several logs whose lines tell no thread', () => {
    const place = workplace();
    for (const name of ['a', 'b']) writeFileSync(join(place, name), 'getpid() = 7\n');
    expect(() => importTrace({ strace: [join(place, 'a'), join(place, 'b')], perf: [] })).toThrow(
      /have no thread numbers/,
    );
  });
});
