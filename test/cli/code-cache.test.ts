import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'procdiag-cache-'));
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Whether V8 took the cache of each file that `inspect` loaded: false = it rejected it, null = none was given to it. */
function taken(): Record<string, boolean | null> {
  const script = `
    globalThis.madeForCodeCache = new Map();
    process.once('exit', () => {
      const all = [...madeForCodeCache].map(([file, { cachedDataRejected: rejected }]) => [file, rejected === undefined ? null : !rejected]);
      require('node:fs').writeSync(2, JSON.stringify(Object.fromEntries(all)));
    });
    require(${JSON.stringify(join(copy, 'dist/main.cjs'))}).main(['inspect', String(process.pid), '--json']);`;
  const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 30_000 });
  // Before it there may be a sentence of the diagnosis itself: of a busy process not all can be read.
  return JSON.parse(stderr.slice(stderr.indexOf('{'))) as Record<string, boolean | null>;
}

test('compiled code is taken from the cache by the Node that made it', () => {
  const all = Object.values(taken());
  expect(all.length).toBeGreaterThan(1);
  expect(all).not.toContain(false);
  expect(all).toContain(true);
});

test('what a Node for another architecture compiled is not given to V8, which would not notice', () => {
  const dist = join(copy, 'dist');
  for (const name of readdirSync(dist).filter((each) => each.endsWith('.cache'))) {
    const cache = readFileSync(join(dist, name));
    expect(cache.toString('latin1', 0, 200)).toContain(`${process.arch} {"node":"${process.versions.node}"`);
    cache.write('mips');
    writeFileSync(join(dist, name), cache);
  }
  const all = Object.values(taken());
  expect(all.length).toBeGreaterThan(1);
  expect(all.every((each) => each === null)).toBe(true);
});
