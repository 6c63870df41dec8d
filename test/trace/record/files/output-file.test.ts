import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFile } from '../../../../src/trace/record/files/output-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'procdiag-output-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a file whose name has been taken by a directory leaves nothing', () => {
  const file = new OutputFile(join(directory, 'a.jsonl'));
  file.write('text');
  mkdirSync(join(directory, 'a.jsonl'));
  expect(() => file.keep()).toThrow(/EISDIR/);
  file.drop();
  expect(readdirSync(directory)).toEqual(['a.jsonl']);
  expect(readdirSync(join(directory, 'a.jsonl'))).toEqual([]);
});

test('a name may be as long as the file system has names, and two may begin alike', () => {
  const names = ['a', 'b'].map((last) => `${'x'.repeat(248)}${last}.jsonl`);
  const files = names.map((name) => new OutputFile(join(directory, name)));
  for (const file of files) file.keep();
  expect(readdirSync(directory).sort()).toEqual(names);
});
