import { expect, test } from 'vitest';
import { measureClockOffset, offsetOf } from '../../../src/trace/record/clock.ts';
import {
  bufferMegabytes,
  descriptorsNeeded,
  perfArguments,
} from '../../../src/trace/record/perf/recorder.ts';
import { attachments, straceArguments } from '../../../src/trace/record/strace/recorder.ts';
import { straceAbilities } from '../../../src/trace/record/tools.ts';

const strace = (version: string, syscalls?: string) =>
  straceArguments(
    { path: '/usr/bin/strace', version, can: straceAbilities(version) },
    { pids: [1], follow: true, ...(syscalls === undefined ? {} : { syscalls }) },
    'FILE',
  ).join(' ');

test('strace is asked for what its version can', () => {
  expect(strace('4.15+ds')).toBe('-f -s 256 -y -ttt -r -T -o FILE -p');
  expect(strace('5.5')).toBe('-f -s 256 -y -ttt -r -T -o FILE -p');
  const precise =
    '--absolute-timestamps=format:unix,precision:ns --relative-timestamps=ns --syscall-times=ns';
  expect(strace('5.6')).toBe(`-f -s 256 -y ${precise} -o FILE -p`);
  expect(strace('5.10')).toBe(`-f -n -s 256 -y ${precise} -o FILE -p`);
  expect(strace('6.1', '%file')).toBe(
    `-f -n -s 256 -y ${precise} --decode-pids=comm,pidns -e trace=%file -o FILE -p`,
  );
  expect(strace('7.2')).toBe(strace('6.1'));
});

test('perf records a tree without its children when they are not followed, and the whole host for wake-ups', () => {
  const tree = { role: 'tree', ids: [1], follow: true, threads: 1, sight: 'tracepoints' } as const;
  expect(perfArguments(tree, 'FILE', 2)).toEqual(
    expect.arrayContaining(['-D', '-1', '-k', 'CLOCK_MONOTONIC', '16M']),
  );
  expect(perfArguments(tree, 'FILE', 2)).not.toContain('-i');
  expect(perfArguments(tree, 'FILE', 2).at(-1)).toBe('-p');
  expect(perfArguments({ ...tree, follow: false }, 'FILE', 2)).toContain('-i');
  expect(perfArguments({ ...tree, role: 'late' }, 'FILE', 2).at(-1)).toBe('-t');
  expect(perfArguments({ ...tree, role: 'host', ids: [] }, 'FILE', 2)).toContain('-a');
});

test('buffers and descriptors grow with the CPUs, within bounds', () => {
  expect([1, 2, 16, 48, 512].map((cpus) => bufferMegabytes('tree', cpus))).toEqual([16, 16, 16, 4, 1]);
  expect(descriptorsNeeded(100, 64)).toBeGreaterThan(100 * 64 * 8);
});

test('whom strace attached to, and whom not, by its own words', () => {
  const said = [
    '/usr/bin/strace: Process 10 attached with 3 threads',
    'strace: attach: ptrace(PTRACE_SEIZE, 11): Operation not permitted',
    'strace: Process 12 attached',
  ].join('\n');
  expect(attachments(said)).toEqual({ attached: new Set([10, 12]), failed: new Set([11]) });
});

test('the offset of the clocks is measured, with an error that it keeps to', () => {
  const [first, second] = [measureClockOffset(), measureClockOffset()];
  const roughly = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  expect(Math.abs(Number(first.offsetNs - roughly))).toBeLessThan(100e6);
  expect(Math.abs(Number(first.offsetNs - second.offsetNs))).toBeLessThanOrEqual(
    first.errorNs + second.errorNs,
  );
});

test('a tick that the scheduler came between does not hurt', () => {
  const offset = 1_700_000_000_000_000_000n;
  const tick = (milliseconds: number, before: bigint, after: bigint) => {
    const at = BigInt(milliseconds) * 1_000_000n - offset;
    return { milliseconds, beforeNs: at - before, afterNs: at + after };
  };
  const ticks = [tick(1_700_000_000_001, 300n, 100n), tick(1_700_000_000_002, 100n, 5_000_000n)];
  const measured = offsetOf([...ticks, tick(1_700_000_000_003, 3_000_000n, 100n)]);
  expect(measured).toEqual({ offsetNs: offset, errorNs: 2100 });
  // A step of 1 ms between two ticks is in the error.
  const stepped = offsetOf([
    tick(1_700_000_000_001, 100n, 100n),
    tick(1_700_000_000_003, 1_000_100n, -999_900n),
  ]);
  expect(stepped.errorNs).toBeGreaterThan(400_000);
});
