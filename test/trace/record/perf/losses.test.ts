import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Losses } from '../../../../src/trace/record/perf/losses.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-losses-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function record(type: number, words: readonly bigint[]): Buffer {
  const buffer = Buffer.alloc(8 + words.length * 8);
  buffer.writeUInt32LE(type, 0);
  buffer.writeUInt16LE(buffer.length, 6);
  for (const [nth, word] of words.entries()) buffer.writeBigUInt64LE(word, 8 + nth * 8);
  return buffer;
}

test('what perf has lost is counted while it writes, in records that come in pieces', () => {
  const file = join(directory, 'perf.data');
  const losses = new Losses(file);
  expect(losses.readOn()).toBe(0);
  const head = Buffer.alloc(104);
  head.writeBigUInt64LE(104n, 40);
  writeFileSync(file, head);
  expect(losses.readOn()).toBe(0);
  const samples = Array.from({ length: 9000 }, () => record(9, [1n, 2n, 3n]));
  const lost = record(2, [7n, 40n]);
  appendFileSync(file, Buffer.concat([...samples, lost.subarray(0, 12)]));
  expect(losses.readOn()).toBe(0);
  appendFileSync(file, Buffer.concat([lost.subarray(12), record(9, [1n]), record(13, [2n])]));
  expect(losses.readOn()).toBe(42);
  expect(losses.readOn()).toBe(42);
});

test('a file that is none of perf’s tells nothing, and ends', () => {
  const file = join(directory, 'perf.data');
  writeFileSync(file, Buffer.alloc(4096));
  expect(new Losses(file).readOn()).toBe(0);
});
